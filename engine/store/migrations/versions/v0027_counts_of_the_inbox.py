"""Indexes that have all by which an inbox is counted."""

from alembic import op

revision = "0027"
down_revision = "0026"

_ORDER = ["state", "due_at", "created_at", "task_id"]


def upgrade() -> None:
    for name, columns in (
        ("task_id", ["task_id", "state", "assignee"]),
        ("offered_lane", ["offered_lane", *_ORDER]),
        ("assignee", ["assignee", *_ORDER]),
    ):
        op.drop_index(f"ix_user_task_{name}", "user_task")
        op.create_index(f"ix_user_task_{name}", "user_task", columns)
