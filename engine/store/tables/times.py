"""Measured time: a projection that the worker makes of history, and reports are read from."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
)

from engine.store.tables.columns import CanonicalJson, Duration, Moment, Words, metadata

#: User tasks that have ended. Narrow on purpose: a report reads many.
task_time = Table(
    "task_time",
    metadata,
    Column("instance_id", Words, nullable=False),
    Column("task_id", Words, nullable=False),
    Column("definition_id", Words, nullable=False),
    Column("definition_key", Words, nullable=False),
    Column("activity_id", Words, nullable=False),
    Column("lane", Words),
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=False),
    Column("is_cancelled", Boolean, nullable=False),
    Column("waiting", Duration, nullable=False),
    Column("working", Duration, nullable=False),
    Column("due_at", Moment),
    Column("round", Integer, nullable=False),
    Column("sent_by", Words),
    PrimaryKeyConstraint("instance_id", "task_id"),
    ForeignKeyConstraint(
        ["instance_id", "task_id"], ["user_task.instance_id", "user_task.task_id"]
    ),
    CheckConstraint("waiting >= 0 AND working >= 0 AND round >= 1", name="measures"),
    Index("ix_task_time_definition_key", "definition_key", "ended_at"),
)

#: Ways that instances went, each once.
course = Table(
    "course",
    metadata,
    Column("digest", Words, primary_key=True),
    Column("definition_id", Words, nullable=False),
    Column("steps", CanonicalJson, nullable=False),
    Column("visits", CanonicalJson, nullable=False),
    Column("flows", CanonicalJson, nullable=False),
)

#: Instances that have ended.
instance_time = Table(
    "instance_time",
    metadata,
    Column("instance_id", Words, ForeignKey("process_instance.instance_id"), primary_key=True),
    Column("definition_id", Words, nullable=False),
    Column("definition_key", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=False),
    Column("elapsed", Duration, nullable=False),
    Column("course_digest", Words, ForeignKey("course.digest"), nullable=False),
    Index("ix_instance_time_definition_key", "definition_key", "ended_at"),
    Index("ix_instance_time_course_digest", "course_digest"),
)
