"""Deliveries may go to the office's gateway."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
#: Canonical JSON.
_JSON = sa.Text()
#: Milliseconds since 1970, UTC.
_MOMENT = sa.BigInteger()
_CHANNELS = "channel IN ('webhook', 'email', 'gateway')"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        rebuild_the_log()
    else:
        op.drop_constraint("channel", "delivery", type_="check")
        op.create_check_constraint("channel", "delivery", _CHANNELS)


def rebuild_the_log() -> None:
    """SQLite changes no CHECK: the table is made anew.

    While the former one is dropped nothing may refer to its rows (foreign keys cannot be switched
    off in a transaction), so the attempts wait elsewhere.
    """
    op.execute("CREATE TEMP TABLE attempts_meanwhile AS SELECT * FROM delivery_attempt")
    op.execute("DELETE FROM delivery_attempt")
    with op.batch_alter_table("delivery", copy_from=as_it_shall_be(), recreate="always"):
        pass
    op.execute("INSERT INTO delivery_attempt SELECT * FROM attempts_meanwhile")
    op.execute("DROP TABLE attempts_meanwhile")


def as_it_shall_be() -> sa.Table:
    return sa.Table(
        "delivery",
        sa.MetaData(naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s"}),
        sa.Column("delivery_id", _WORDS),
        sa.Column("channel", _WORDS, nullable=False),
        sa.Column("subscription_id", _WORDS),
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
        sa.PrimaryKeyConstraint("delivery_id", name="pk_delivery"),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["webhook_subscription.subscription_id"],
            name="fk_delivery_subscription_id",
        ),
        sa.CheckConstraint(_CHANNELS, name="channel"),
        sa.CheckConstraint("state IN ('pending', 'delivered', 'failed', 'dropped')", name="state"),
        sa.CheckConstraint("(state = 'pending') = (ended_at IS NULL)", name="ended"),
        sa.CheckConstraint(
            "(channel = 'webhook') = (subscription_id IS NOT NULL)", name="receiver"
        ),
        sa.Index("ix_delivery_subscription_id", "subscription_id", "created_at"),
        sa.Index("ix_delivery_created_at", "created_at"),
        sa.Index("ix_delivery_ended_at", "ended_at"),
        sa.Index("ix_delivery_due_at", "due_at", sqlite_where=sa.text("state = 'pending'")),
    )
