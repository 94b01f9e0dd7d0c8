"""Drafts of forms, and saved filters."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, PrimaryKeyConstraint, Table

from engine.store.tables.columns import CanonicalJson, Moment, Words, metadata

task_draft = Table(
    "task_draft",
    metadata,
    Column("account", Words, ForeignKey("account.name"), nullable=False),
    Column("instance_id", Words, nullable=False),
    Column("task_id", Words, nullable=False),
    Column("texts", CanonicalJson(dict), nullable=False),
    Column("saved_at", Moment, nullable=False),
    PrimaryKeyConstraint("account", "task_id"),
    ForeignKeyConstraint(
        ["instance_id", "task_id"], ["user_task.instance_id", "user_task.task_id"]
    ),
    Index("ix_task_draft_instance_id", "instance_id", "task_id"),
)

saved_filter = Table(
    "saved_filter",
    metadata,
    Column("account", Words, ForeignKey("account.name"), nullable=False),
    Column("name", Words, nullable=False),
    Column("query", Words, nullable=False),
    PrimaryKeyConstraint("account", "name"),
)
