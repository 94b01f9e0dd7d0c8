"""Courses of instances that were moved to another version on the way."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.add_column(
        "course", sa.Column("is_migrated", sa.Boolean, nullable=False, server_default=sa.false())
    )
