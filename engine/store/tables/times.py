"""Measured time: a projection that the worker makes of history, and reports are read from."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    false,
    text,
)

from engine.store.tables.columns import CanonicalJson, Duration, Moment, Number, Words, metadata

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
    Column("round", Number, nullable=False),
    Column("sent_by", Words),
    PrimaryKeyConstraint("instance_id", "task_id"),
    ForeignKeyConstraint(
        ["instance_id", "task_id"], ["user_task.instance_id", "user_task.task_id"]
    ),
    CheckConstraint("waiting >= 0 AND working >= 0 AND round >= 1", name="measures"),
    # Each has all that its question reads, so that a report neither sorts nor reads the table: the
    # sums of a time, the waiting times of a step in order, its working times in order, the returns.
    Index(
        "ix_task_time_ended_at",
        *("definition_key", "ended_at", "activity_id", "definition_id", "lane", "is_cancelled"),
        *("due_at", "round", "waiting", "working"),
    ),
    Index(
        "ix_task_time_waiting",
        *("definition_key", "activity_id", "waiting", "ended_at", "is_cancelled"),
    ),
    Index(
        "ix_task_time_working",
        *("definition_key", "activity_id", "working", "ended_at", "is_cancelled"),
    ),
    Index(
        "ix_task_time_sent_by",
        *("definition_key", "ended_at", "sent_by", "activity_id", "round", "instance_id"),
        sqlite_where=text("sent_by IS NOT NULL"),
        postgresql_where=text("sent_by IS NOT NULL"),
    ),
)

#: Ways that instances went, each once.
course = Table(
    "course",
    metadata,
    Column("digest", Words, primary_key=True),
    Column("definition_id", Words, nullable=False),
    Column("steps", CanonicalJson(str), nullable=False),
    Column("visits", CanonicalJson(dict), nullable=False),
    Column("flows", CanonicalJson(dict), nullable=False),
    Column("is_migrated", Boolean, nullable=False, server_default=false()),
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
    Index("ix_instance_time_elapsed", "definition_key", "elapsed", "ended_at", "state"),
    Index(
        "ix_instance_time_ended_at",
        *("definition_key", "ended_at", "state", "course_digest", "definition_id", "elapsed"),
    ),
    Index("ix_instance_time_course_digest", "course_digest"),
)
