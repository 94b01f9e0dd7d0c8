"""Indexes that answer how work stands without reading the rows."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_OPEN = sa.text("state = 'open'")
_DATED = sa.text("state = 'completed' AND due_at IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_user_task_open_lane", "user_task")
    op.create_index(
        "ix_user_task_open_lane",
        "user_task",
        ["state", "lane", "due_at", "definition_id", "assignee", "created_at", "instance_id"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_index(
        "ix_user_task_dated_end",
        "user_task",
        ["state", "ended_at", "due_at", "definition_id", "lane", "instance_id"],
        sqlite_where=_DATED,
        postgresql_where=_DATED,
    )
    op.drop_index("ix_process_instance_ended_at", "process_instance")
    op.create_index(
        "ix_process_instance_ended_at", "process_instance", ["ended_at", "state", "definition_id"]
    )
