"""What waits for messages and signals."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, PrimaryKeyConstraint, Table

from engine.store.tables.columns import Moment, Words, metadata

event_subscription = Table(
    "event_subscription",
    metadata,
    Column("instance_id", Words, ForeignKey("process_instance.instance_id"), nullable=False),
    Column("subscription_id", Words, nullable=False),
    Column("activity_id", Words, nullable=False),
    Column("activity_instance_id", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    PrimaryKeyConstraint("instance_id", "subscription_id"),
    CheckConstraint("kind IN ('message', 'signal')", name="kind"),
    Index("ix_event_subscription_name", "kind", "name", "created_at"),
)
