"""One-time codes beside passwords."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, PrimaryKeyConstraint, Table

from engine.store.tables.columns import LargeNumber, Words, metadata

second_factor = Table(
    "second_factor",
    metadata,
    Column("account", Words, ForeignKey("account.name"), primary_key=True),
    Column("sealed_secret", Words, nullable=False),
    Column("is_confirmed", Boolean, nullable=False),
    Column("last_step", LargeNumber),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("account", Words, ForeignKey("account.name"), nullable=False),
    Column("code_hash", Words, nullable=False),
    PrimaryKeyConstraint("account", "code_hash"),
)
