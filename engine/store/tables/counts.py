"""Counts: how much is open and running, added up; what changed since, and what is overdue."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table

from engine.store.tables.columns import LargeNumber, Moment, Number, Words, metadata

#: At most one row, which says that counts are there and whole, but for what `work_change` says.
work_counted = Table(
    "work_counted",
    metadata,
    Column("counted_id", Number, nullable=False, autoincrement=False),
    #: What was due before it counts as late.
    Column("late_before", Moment, nullable=False),
    PrimaryKeyConstraint("counted_id"),
)

#: How much there is of a definition, lane and offered lane; running instances have no lane.
work_count = Table(
    "work_count",
    metadata,
    Column("count_id", Integer, primary_key=True),
    Column("definition_id", Words, nullable=False),
    Column("lane", Words),
    Column("offered_lane", Words),
    Column("running", LargeNumber, nullable=False),
    Column("open_tasks", LargeNumber, nullable=False),
    Column("unclaimed_tasks", LargeNumber, nullable=False),
    Column("escalated_tasks", LargeNumber, nullable=False),
    Column("late_tasks", LargeNumber, nullable=False),
    Column("late_instances", LargeNumber, nullable=False),
)

#: What became more or less since it was counted: triggers write a row beside each change.
work_change = Table(
    "work_change",
    metadata,
    Column("change_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("instance_id", Words, nullable=False),
    Column("definition_id", Words, nullable=False),
    Column("lane", Words),
    Column("offered_lane", Words),
    #: When the task is due; None of an instance.
    Column("due_at", Moment),
    Column("running", Number, nullable=False),
    Column("open_tasks", Number, nullable=False),
    Column("unclaimed_tasks", Number, nullable=False),
    Column("escalated_tasks", Number, nullable=False),
)

#: Running instances with a task that is late, and since when, as they were counted.
late_instance = Table(
    "late_instance",
    metadata,
    Column("instance_id", Words, nullable=False),
    Column("definition_id", Words, nullable=False),
    Column("since", Moment, nullable=False),
    PrimaryKeyConstraint("instance_id"),
    Index("ix_late_instance_since", "since", "instance_id", "definition_id"),
    Index("ix_late_instance_definition_id", "definition_id", "since", "instance_id"),
)
