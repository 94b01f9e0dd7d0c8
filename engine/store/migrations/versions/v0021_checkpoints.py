"""Checkpoints, and how far each instance has been listed in them."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_MOMENT = sa.BigInteger()
_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "checkpoint",
        sa.Column("number", _BIG, primary_key=True, autoincrement=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("heads", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("number >= 1", name="number"),
    )
    op.create_table(
        "listed_head",
        sa.Column("instance_id", _WORDS, primary_key=True),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("number", _BIG, nullable=False),
    )
    make_checkpoints_append_only()


def make_checkpoints_append_only() -> None:
    """Refuse to change or delete one, whoever asks."""
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER checkpoint_refuses_{deed.lower()} BEFORE {deed} ON checkpoint "
                "BEGIN SELECT RAISE(ABORT, 'checkpoint is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_change_of_checkpoint() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'checkpoint is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER checkpoint_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_checkpoint()"
    )
