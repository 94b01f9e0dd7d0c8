"""What waits for messages and signals."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
#: Milliseconds since 1970, UTC.
_MOMENT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "event_subscription",
        sa.Column("instance_id", _WORDS, nullable=False),
        sa.Column("subscription_id", _WORDS, nullable=False),
        sa.Column("activity_id", _WORDS, nullable=False),
        sa.Column("activity_instance_id", _WORDS, nullable=False),
        sa.Column("kind", _WORDS, nullable=False),
        sa.Column("name", _WORDS, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("instance_id", "subscription_id", name="pk_event_subscription"),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.instance_id"],
            name="fk_event_subscription_instance_id",
        ),
        sa.CheckConstraint("kind IN ('message', 'signal')", name="kind"),
        sa.Index("ix_event_subscription_name", "kind", "name", "created_at"),
    )
