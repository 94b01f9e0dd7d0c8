"""Saved filters."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "saved_filter",
        sa.Column("account", _WORDS, nullable=False),
        sa.Column("name", _WORDS, nullable=False),
        sa.Column("query", _WORDS, nullable=False),
        sa.PrimaryKeyConstraint("account", "name", name="pk_saved_filter"),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name="fk_saved_filter_account"),
    )
