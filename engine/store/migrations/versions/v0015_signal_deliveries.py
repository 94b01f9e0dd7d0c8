"""Signals on their way."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
#: Milliseconds since 1970, UTC.
_MOMENT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "signal_delivery",
        sa.Column("delivery_id", _WORDS, nullable=False),
        sa.Column("name", _WORDS, nullable=False),
        sa.Column("thrown_at", _MOMENT, nullable=False),
        sa.Column("on_behalf_of", _WORDS, nullable=False),
        sa.Column("variables", sa.Text(), nullable=False),
        sa.Column("thrown_by", _WORDS),
        sa.Column("sent_by", _WORDS),
        sa.Column("capacity", _WORDS),
        sa.Column("instance_id", _WORDS),
        sa.Column("subscription_id", _WORDS),
        sa.Column("definition_id", _WORDS),
        sa.Column("start_event", _WORDS),
        sa.PrimaryKeyConstraint("delivery_id", name="pk_signal_delivery"),
        sa.CheckConstraint("(instance_id IS NULL) = (definition_id IS NOT NULL)", name="receiver"),
        sa.Index("ix_signal_delivery_thrown_at", "thrown_at"),
    )
