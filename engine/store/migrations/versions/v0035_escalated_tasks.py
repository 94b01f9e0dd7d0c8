"""An index of the tasks that went up, in the order of the inbox: an admin's counts them."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

_WENT_UP = sa.text("escalation_level > 0")


def upgrade() -> None:
    op.create_index(
        "ix_user_task_escalated",
        "user_task",
        ["state", "due_at", "created_at", "task_id"],
        sqlite_where=_WENT_UP,
        postgresql_where=_WENT_UP,
    )
