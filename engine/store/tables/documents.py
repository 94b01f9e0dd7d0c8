"""Files that instances hold: each content once, and which instance has which."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
)

from engine.store.tables.columns import LargeNumber, Moment, Number, Words, metadata

#: Append-only, as history is: its events name these digests.
document_content = Table(
    "document_content",
    metadata,
    Column("sha256", Words, primary_key=True),
    Column("size", LargeNumber, nullable=False),
    Column("content", LargeBinary, nullable=False),
    CheckConstraint("size >= 1", name="size"),
)

#: Append-only. `sequence`: the input that brought the document into its instance.
document = Table(
    "document",
    metadata,
    Column("instance_id", Words, ForeignKey("process_instance.instance_id"), nullable=False),
    Column("document_id", Words, nullable=False),
    Column("sequence", Number, nullable=False),
    Column("name", Words, nullable=False),
    Column("mime_type", Words, nullable=False),
    Column("size", LargeNumber, nullable=False),
    Column("sha256", Words, ForeignKey("document_content.sha256"), nullable=False),
    PrimaryKeyConstraint("instance_id", "document_id"),
    Index("ix_document_sha256", "sha256"),
)

#: Files of forms that were refused. No history refers to them; they go after a while.
pending_upload = Table(
    "pending_upload",
    metadata,
    Column("upload_id", Words, primary_key=True),
    Column("account", Words, ForeignKey("account.name"), nullable=False),
    Column("name", Words, nullable=False),
    Column("mime_type", Words, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("kept_at", Moment, nullable=False),
    Index("ix_pending_upload_account", "account", "kept_at"),
    Index("ix_pending_upload_kept_at", "kept_at"),
)
