"""Announcements, subscriptions of web hooks, contacts, and the log of deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
#: Canonical JSON.
_JSON = sa.Text()
#: Milliseconds since 1970, UTC.
_MOMENT = sa.BigInteger()


def upgrade() -> None:
    create_outbox()
    create_receivers()
    create_log()


def create_outbox() -> None:
    op.create_table(
        "announcement",
        sa.Column(
            "instance_id", _WORDS, sa.ForeignKey("process_instance.instance_id"), nullable=False
        ),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("kind", _WORDS, nullable=False),
        sa.Column("subject_id", _WORDS, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("facts", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("instance_id", "sequence", "kind", "subject_id"),
        sa.Index("ix_announcement_at", "at"),
    )


def create_receivers() -> None:
    op.create_table(
        "webhook_subscription",
        sa.Column("subscription_id", _WORDS, primary_key=True),
        sa.Column("name", _WORDS, nullable=False),
        sa.Column("url", _WORDS, nullable=False),
        sa.Column("kinds", _JSON, nullable=False),
        sa.Column("definition_keys", _JSON, nullable=False),
        sa.Column("lanes", _JSON, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("created_by", _WORDS, nullable=False),
        sa.Column("secret", _WORDS, nullable=False),
        sa.Column("former_secret", _WORDS),
        sa.Column("former_until", _MOMENT),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("failing_since", _MOMENT),
        sa.Column("last_success_at", _MOMENT),
        sa.Column("disabled_at", _MOMENT),
        sa.Column("disabled_because", _WORDS),
        sa.CheckConstraint("(former_secret IS NULL) = (former_until IS NULL)", name="former"),
        sa.Index("ix_webhook_subscription_is_active", "is_active"),
    )
    op.create_table(
        "contact",
        sa.Column("account", _WORDS, sa.ForeignKey("account.name"), nullable=False),
        sa.Column("channel", _WORDS, nullable=False),
        sa.Column("value", _WORDS, nullable=False),
        sa.Column("is_on", sa.Boolean, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("account", "channel"),
        sa.Index("ix_contact_is_on", "is_on"),
    )


def create_log() -> None:
    op.create_table(
        "delivery",
        sa.Column("delivery_id", _WORDS, primary_key=True),
        sa.Column("channel", _WORDS, nullable=False),
        sa.Column("subscription_id", _WORDS, sa.ForeignKey("webhook_subscription.subscription_id")),
        sa.Column("account", _WORDS),
        sa.Column("kind", _WORDS, nullable=False),
        sa.Column("instance_id", _WORDS),
        sa.Column("sequence", sa.Integer),
        sa.Column("facts", _JSON, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("state", _WORDS, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("locked_until", _MOMENT),
        sa.Column("ended_at", _MOMENT),
        sa.CheckConstraint("channel IN ('webhook', 'email')", name="channel"),
        sa.CheckConstraint("state IN ('pending', 'delivered', 'failed', 'dropped')", name="state"),
        sa.CheckConstraint("(state = 'pending') = (ended_at IS NULL)", name="ended"),
        sa.CheckConstraint(
            "(channel = 'webhook') = (subscription_id IS NOT NULL)", name="receiver"
        ),
        sa.Index("ix_delivery_subscription_id", "subscription_id", "created_at"),
        sa.Index("ix_delivery_created_at", "created_at"),
        sa.Index("ix_delivery_ended_at", "ended_at"),
        sa.Index(
            "ix_delivery_due_at",
            "due_at",
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        ),
    )
    op.create_table(
        "delivery_attempt",
        sa.Column("delivery_id", _WORDS, sa.ForeignKey("delivery.delivery_id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("is_delivered", sa.Boolean),
        sa.Column("status", sa.Integer),
        sa.Column("duration_ms", sa.Integer),
        sa.Column("failure", _WORDS),
        sa.Column("answer", _WORDS),
        sa.PrimaryKeyConstraint("delivery_id", "number"),
    )
