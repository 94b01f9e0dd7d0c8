"""Other systems that send signed messages."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Table, UniqueConstraint

from engine.store.tables.columns import CanonicalJson, Moment, Words, metadata

message_source = Table(
    "message_source",
    metadata,
    Column("source_id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("message_names", CanonicalJson(str), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Words, nullable=False),
    #: Encrypted with the office's secret key.
    Column("secret", Words, nullable=False),
    Column("former_secret", Words),
    Column("former_until", Moment),
    Column("is_active", Boolean, nullable=False),
    Column("last_used_at", Moment),
    UniqueConstraint("name"),
    CheckConstraint("(former_secret IS NULL) = (former_until IS NULL)", name="former"),
)
