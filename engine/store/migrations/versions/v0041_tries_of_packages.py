"""How often the making of a package of evidence was begun."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.add_column(
        "evidence_package",
        sa.Column("tries", sa.Integer, nullable=False, server_default=sa.text("0")),
    )
