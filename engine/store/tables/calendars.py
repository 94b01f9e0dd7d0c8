"""Working calendars."""

from __future__ import annotations

from sqlalchemy import Column, Integer, PrimaryKeyConstraint, Table

from engine.store.tables.columns import CanonicalJson, Moment, Words, metadata

work_calendar = Table(
    "work_calendar",
    metadata,
    Column("key", Words, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("content", CanonicalJson, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("changed_by", Words),
    Column("note", Words, nullable=False),
    PrimaryKeyConstraint("key", "revision"),
)
