"""What waits for messages and signals, and messages that wait."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
)

from engine.store.tables.columns import CanonicalJson, Moment, Number, Words, metadata

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

#: Rows are never deleted. What it brings waits here until it is in the history of an instance.
kept_message = Table(
    "kept_message",
    metadata,
    Column("kept_id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("business_key", Words),
    Column("instance_id", Words),
    Column("correlation", CanonicalJson(dict), nullable=False),
    Column("local_correlation", CanonicalJson(dict), nullable=False),
    Column("variables", CanonicalJson(dict), nullable=False),
    Column("documents", CanonicalJson(list), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("received_from", Words, nullable=False),
    Column("capacity", Words, nullable=False),
    Column("matches", Number, nullable=False),
    Column("looked_at", Moment, nullable=False),
    Column("delivered_to", Words),
    Column("settled_at", Moment),
    Column("settled_by", Words),
    Column("reason", Words),
    CheckConstraint("state IN ('waiting', 'delivered', 'discarded')", name="state"),
    CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name="settled"),
    Index("ix_kept_message_state", "state", "received_at"),
)

#: Signals that were thrown and did not arrive yet: one row for each receiver, gone on arrival.
signal_delivery = Table(
    "signal_delivery",
    metadata,
    Column("delivery_id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("thrown_at", Moment, nullable=False),
    Column("on_behalf_of", Words, nullable=False),
    Column("variables", CanonicalJson(dict), nullable=False),
    Column("thrown_by", Words),
    Column("sent_by", Words),
    Column("capacity", Words),
    Column("instance_id", Words),
    Column("subscription_id", Words),
    Column("definition_id", Words),
    Column("start_event", Words),
    CheckConstraint("(instance_id IS NULL) = (definition_id IS NOT NULL)", name="receiver"),
    Index("ix_signal_delivery_thrown_at", "thrown_at"),
)
