"""An index in the order of the inbox."""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_index(
        "ix_user_task_due_at", "user_task", ["state", "due_at", "created_at", "task_id"]
    )
