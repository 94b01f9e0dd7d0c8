"""Who last completed a step of an instance, found without reading all of its tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.create_index(
        "ix_user_task_last_completed",
        "user_task",
        ["instance_id", "activity_id", "ended_at", "task_id"],
        sqlite_where=sa.text("state = 'completed'"),
        postgresql_where=sa.text("state = 'completed'"),
    )
