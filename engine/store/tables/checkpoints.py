"""Checkpoints, as they were written outside, and how far each instance has been listed in them."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    LargeBinary,
    Table,
)

from engine.store.tables.columns import LargeNumber, Moment, Number, Words, metadata

_Big = LargeNumber().with_variant(Number(), "sqlite")

#: Append-only: triggers refuse to change or delete a row. What counts are the files outside.
checkpoint = Table(
    "checkpoint",
    metadata,
    Column("number", _Big, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("content", LargeBinary, nullable=False),
    # Last: a listing reads a row without the pages that it overflows into.
    Column("heads", LargeBinary, nullable=False),
    CheckConstraint("number >= 1", name="number"),
)

#: The last head of an instance that a checkpoint lists. It only says what the next one lists, so
#: that it has no foreign key: an instance that is gone must not take it away.
listed_head = Table(
    "listed_head",
    metadata,
    Column("instance_id", Words, primary_key=True),
    Column("sequence", Number, nullable=False),
    Column("number", _Big, nullable=False),
)
