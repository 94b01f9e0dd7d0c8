"""Tallies: what was measured in days and months that are over, added up for reports."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table

from engine.store.tables.columns import (
    CanonicalJson,
    Duration,
    LargeNumber,
    Moment,
    Number,
    Words,
    metadata,
)

#: From the first moment to the last, which is no part of it. A row here says that its tallies are
#: whole: whoever adds a measure within a span, or takes one away, takes the span away.
tallied_span = Table(
    "tallied_span",
    metadata,
    Column("span_id", Integer, primary_key=True),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Index("ix_tallied_span_since", "since", "until", unique=True),
)


def _span_id() -> Column[int]:
    return Column(
        "span_id", Integer, ForeignKey("tallied_span.span_id", ondelete="CASCADE"), nullable=False
    )


#: Sums over task_time.
task_tally = Table(
    "task_tally",
    metadata,
    _span_id(),
    Column("definition_key", Words, nullable=False),
    #: Tells apart what differs in the lane alone, which a task may lack.
    Column("place", Number, nullable=False),
    Column("definition_id", Words, nullable=False),
    Column("activity_id", Words, nullable=False),
    Column("lane", Words),
    Column("number", LargeNumber, nullable=False),
    Column("done", LargeNumber, nullable=False),
    Column("dated", LargeNumber, nullable=False),
    Column("late", LargeNumber, nullable=False),
    Column("repeated", LargeNumber, nullable=False),
    Column("waiting", Duration, nullable=False),
    Column("working", Duration, nullable=False),
    PrimaryKeyConstraint("span_id", "definition_key", "place"),
)

#: Sums over instance_time.
instance_tally = Table(
    "instance_tally",
    metadata,
    _span_id(),
    Column("definition_key", Words, nullable=False),
    Column("definition_id", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("course_digest", Words, nullable=False),
    Column("number", LargeNumber, nullable=False),
    Column("elapsed", Duration, nullable=False),
    PrimaryKeyConstraint("span_id", "definition_key", "definition_id", "state", "course_digest"),
)

#: How times are spread: see store/buckets.py. `activity_id`: empty of instances.
spread_tally = Table(
    "spread_tally",
    metadata,
    _span_id(),
    Column("definition_key", Words, nullable=False),
    Column("activity_id", Words, nullable=False),
    Column("measure", Words, nullable=False),
    Column("buckets", CanonicalJson(dict), nullable=False),
    PrimaryKeyConstraint("span_id", "definition_key", "activity_id", "measure"),
)
