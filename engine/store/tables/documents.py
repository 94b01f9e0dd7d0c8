"""Files that instances hold: each content once, and which instance has which."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
)

from engine.store.tables.columns import Words, metadata

#: Append-only, as history is: its events name these digests.
document_content = Table(
    "document_content",
    metadata,
    Column("sha256", Words, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
    CheckConstraint("size >= 1", name="size"),
)

#: Append-only. `sequence`: the input that brought the document into its instance.
document = Table(
    "document",
    metadata,
    Column("instance_id", Words, ForeignKey("process_instance.instance_id"), nullable=False),
    Column("document_id", Words, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("name", Words, nullable=False),
    Column("mime_type", Words, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Words, ForeignKey("document_content.sha256"), nullable=False),
    PrimaryKeyConstraint("instance_id", "document_id"),
    Index("ix_document_sha256", "sha256"),
)
