"""Overdue tasks that went up to superiors, and which lane stands above which."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
)

from engine.store.tables.columns import CanonicalJson, Moment, Number, Words, metadata

#: Which lanes a task went up to: an index over user_task.escalations. A row of a level that the
#: task does not stand at any more (its due date was moved) says nothing.
task_escalation = Table(
    "task_escalation",
    metadata,
    Column("instance_id", Words, nullable=False),
    Column("task_id", Words, nullable=False),
    Column("level", Number, nullable=False),
    Column("lane", Words, nullable=False),
    PrimaryKeyConstraint("instance_id", "task_id", "level"),
    ForeignKeyConstraint(
        ["instance_id", "task_id"], ["user_task.instance_id", "user_task.task_id"]
    ),
    CheckConstraint("level >= 1", name="level"),
    Index("ix_task_escalation_lane", "lane", "task_id", "level"),
)

#: Append-only, since history names the revision by which a task went up.
superior_lanes = Table(
    "superior_lanes",
    metadata,
    Column("revision", Number, nullable=False),
    Column("content", CanonicalJson(dict), nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("changed_by", Words),
    PrimaryKeyConstraint("revision"),
)
