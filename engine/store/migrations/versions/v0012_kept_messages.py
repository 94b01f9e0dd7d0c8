"""Messages that matched nothing when they came."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
#: Milliseconds since 1970, UTC.
_MOMENT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "kept_message",
        sa.Column("kept_id", _WORDS, nullable=False),
        sa.Column("name", _WORDS, nullable=False),
        sa.Column("state", _WORDS, nullable=False),
        sa.Column("business_key", _WORDS),
        sa.Column("instance_id", _WORDS),
        sa.Column("correlation", sa.Text(), nullable=False),
        sa.Column("local_correlation", sa.Text(), nullable=False),
        sa.Column("variables", sa.Text(), nullable=False),
        sa.Column("documents", sa.Text(), nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("received_from", _WORDS, nullable=False),
        sa.Column("capacity", _WORDS, nullable=False),
        sa.Column("matches", sa.Integer(), nullable=False),
        sa.Column("looked_at", _MOMENT, nullable=False),
        sa.Column("delivered_to", _WORDS),
        sa.Column("settled_at", _MOMENT),
        sa.Column("settled_by", _WORDS),
        sa.Column("reason", _WORDS),
        sa.PrimaryKeyConstraint("kept_id", name="pk_kept_message"),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'discarded')", name="state"),
        sa.CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name="settled"),
        sa.Index("ix_kept_message_state", "state", "received_at"),
    )
