"""When an open task is next reminded of."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    # Milliseconds since 1970, UTC.
    op.add_column("user_task", sa.Column("remind_at", sa.BigInteger()))
    op.execute(
        "UPDATE user_task SET remind_at = due_at WHERE state = 'open' AND due_at IS NOT NULL"
    )
    op.create_index(
        "ix_user_task_remind_at",
        "user_task",
        ["remind_at"],
        sqlite_where=sa.text("remind_at IS NOT NULL"),
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )
