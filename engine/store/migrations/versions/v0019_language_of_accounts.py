"""The language that the owner of an account chose."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("account", sa.Column("language", _WORDS))
