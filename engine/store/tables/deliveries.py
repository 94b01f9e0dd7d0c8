"""Who is told of what happened: the outbox, subscriptions, contacts, and the log of deliveries."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    text,
)

from engine.store.tables.columns import CanonicalJson, Moment, Number, Words, metadata

#: The outbox: written in the step's own transaction, gone when its deliveries are there.
announcement = Table(
    "announcement",
    metadata,
    Column("instance_id", Words, ForeignKey("process_instance.instance_id"), nullable=False),
    Column("sequence", Number, nullable=False),
    Column("kind", Words, nullable=False),
    #: The task or incident that it is about; empty for the instance itself.
    Column("subject_id", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("facts", CanonicalJson(dict), nullable=False),
    PrimaryKeyConstraint("instance_id", "sequence", "kind", "subject_id"),
    Index("ix_announcement_at", "at"),
)

webhook_subscription = Table(
    "webhook_subscription",
    metadata,
    Column("subscription_id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("url", Words, nullable=False),
    Column("kinds", CanonicalJson(str), nullable=False),
    Column("definition_keys", CanonicalJson(str), nullable=False),
    Column("lanes", CanonicalJson(str), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Words, nullable=False),
    #: Encrypted with the office's secret key.
    Column("secret", Words, nullable=False),
    Column("former_secret", Words),
    Column("former_until", Moment),
    Column("is_active", Boolean, nullable=False),
    Column("failing_since", Moment),
    Column("last_success_at", Moment),
    Column("disabled_at", Moment),
    Column("disabled_because", Words),
    CheckConstraint("(former_secret IS NULL) = (former_until IS NULL)", name="former"),
    Index("ix_webhook_subscription_is_active", "is_active"),
)

contact = Table(
    "contact",
    metadata,
    Column("account", Words, ForeignKey("account.name"), nullable=False),
    Column("channel", Words, nullable=False),
    Column("value", Words, nullable=False),
    Column("is_on", Boolean, nullable=False),
    Column("changed_at", Moment, nullable=False),
    PrimaryKeyConstraint("account", "channel"),
    Index("ix_contact_is_on", "is_on"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("delivery_id", Words, primary_key=True),
    Column("channel", Words, nullable=False),
    Column("subscription_id", Words, ForeignKey("webhook_subscription.subscription_id")),
    Column("account", Words),
    Column("kind", Words, nullable=False),
    Column("instance_id", Words),
    Column("sequence", Number),
    Column("facts", CanonicalJson(dict), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("state", Words, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("attempts", Number, nullable=False),
    Column("tries", Number, nullable=False),
    Column("locked_until", Moment),
    Column("ended_at", Moment),
    CheckConstraint("channel IN ('webhook', 'email', 'gateway')", name="channel"),
    CheckConstraint("state IN ('pending', 'delivered', 'failed', 'dropped')", name="state"),
    CheckConstraint("(state = 'pending') = (ended_at IS NULL)", name="ended"),
    CheckConstraint("(channel = 'webhook') = (subscription_id IS NOT NULL)", name="receiver"),
    Index("ix_delivery_subscription_id", "subscription_id", "created_at"),
    Index("ix_delivery_created_at", "created_at"),
    Index("ix_delivery_ended_at", "ended_at"),
    Index(
        "ix_delivery_due_at",
        "due_at",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
)

delivery_attempt = Table(
    "delivery_attempt",
    metadata,
    Column("delivery_id", Words, ForeignKey("delivery.delivery_id"), nullable=False),
    Column("number", Number, nullable=False),
    Column("at", Moment, nullable=False),
    Column("is_delivered", Boolean),
    Column("status", Number),
    Column("duration_ms", Number),
    Column("failure", Words),
    Column("answer", Words),
    PrimaryKeyConstraint("delivery_id", "number"),
)
