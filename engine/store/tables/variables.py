"""Which event set which variable: where values stand in history, without the values."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
)

from engine.store.tables.columns import Moment, Number, Words, metadata

variable_update = Table(
    "variable_update",
    metadata,
    Column("instance_id", Words, ForeignKey("process_instance.instance_id"), nullable=False),
    Column("sequence", Number, nullable=False),
    Column("name", Words, nullable=False),
    #: The visit of the loop or sub-process in which the variable stays; empty: the instance.
    Column("scope", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("activity_instance_id", Words),
    #: Whether the variable was not there before: such rows stand for variables.
    Column("is_first", Boolean, nullable=False),
    # In this order, so that it finds the first and the last time of one variable.
    PrimaryKeyConstraint("instance_id", "scope", "name", "sequence"),
    # Of one name few were set at one moment; of all, SQLite wants to have the whole order.
    Index("ix_variable_update_name", "name", "at", "is_first"),
    Index("ix_variable_update_at", "at", "instance_id", "sequence", "name", "is_first"),
    # Its rows are small, and a step writes some: they need no second order.
    sqlite_with_rowid=False,
)
