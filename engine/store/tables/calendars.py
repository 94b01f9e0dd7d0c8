"""Working calendars."""

from __future__ import annotations

from sqlalchemy import Column, PrimaryKeyConstraint, Table

from engine.store.tables.columns import CanonicalJson, Moment, Number, Words, metadata

work_calendar = Table(
    "work_calendar",
    metadata,
    Column("key", Words, nullable=False),
    Column("revision", Number, nullable=False),
    Column("content", CanonicalJson(dict), nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("changed_by", Words),
    Column("note", Words, nullable=False),
    PrimaryKeyConstraint("key", "revision"),
)
