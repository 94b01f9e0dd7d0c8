"""What the installation writes down of itself."""

from __future__ import annotations

from sqlalchemy import Column, Table

from engine.store.tables.columns import Moment, Words, metadata

#: When a worker, whichever it was, last did a duty without failing.
duty_pulse = Table(
    "duty_pulse",
    metadata,
    Column("duty", Words, primary_key=True),
    Column("at", Moment, nullable=False),
)
