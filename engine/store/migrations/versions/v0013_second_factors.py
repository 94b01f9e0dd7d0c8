"""Accounts may have one-time codes beside their passwords."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    # Not in a batch: that would make the table anew on SQLite, to which much refers.
    op.add_column(
        "account",
        sa.Column("has_second_factor", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "second_factor",
        sa.Column("account", _WORDS, sa.ForeignKey("account.name"), primary_key=True),
        sa.Column("sealed_secret", _WORDS, nullable=False),
        sa.Column("is_confirmed", sa.Boolean, nullable=False),
        sa.Column("last_step", sa.BigInteger),
    )
    op.create_table(
        "recovery_code",
        sa.Column("account", _WORDS, sa.ForeignKey("account.name"), nullable=False),
        sa.Column("code_hash", _WORDS, nullable=False),
        sa.PrimaryKeyConstraint("account", "code_hash"),
    )
