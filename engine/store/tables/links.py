"""Links in messages."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, PrimaryKeyConstraint, Table

from engine.store.tables.columns import Moment, Words, metadata

task_link = Table(
    "task_link",
    metadata,
    Column("instance_id", Words, ForeignKey("process_instance.instance_id"), nullable=False),
    Column("link_id", Words, nullable=False),
    Column("task_id", Words, nullable=False),
    Column("account", Words, ForeignKey("account.name"), nullable=False),
    Column("secret_hash", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Words),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    PrimaryKeyConstraint("instance_id", "link_id"),
    # Not unique: a unique key that does not begin with the instance could not be distributed.
    Index("ix_task_link_secret_hash", "secret_hash"),
    Index("ix_task_link_account", "account"),
    Index("ix_task_link_expires_at", "expires_at"),
)
