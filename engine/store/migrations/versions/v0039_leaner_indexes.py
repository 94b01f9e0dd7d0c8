"""Indexes without rows that no question asks for, so that a step writes less."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"

#: Index -> its table, columns, and the column without which a row does not stand in it.
_ANEW: dict[str, tuple[str, Sequence[str], str | None]] = {
    "ix_variable_update_name": ("variable_update", ["name", "at", "is_first"], None),
    "ix_variable_update_at": (
        "variable_update",
        ["at", "instance_id", "sequence", "name", "is_first"],
        None,
    ),
    "ix_user_task_assignee": (
        "user_task",
        ["assignee", "state", "due_at", "created_at", "task_id"],
        "assignee",
    ),
    "ix_user_task_ended_by": ("user_task", ["ended_by", "ended_at"], "ended_by"),
    "ix_history_event_activity_instance_id": (
        "history_event",
        ["instance_id", "activity_instance_id"],
        "activity_instance_id",
    ),
    "ix_history_event_activity_id": ("history_event", ["activity_id", "at"], "activity_id"),
}


def upgrade() -> None:
    # The two of `is_first` alone: that of all rows says it too.
    for name in ("ix_variable_update_first", "ix_variable_update_first_at"):
        op.drop_index(name, "variable_update")
    for name, (table, columns, present) in _ANEW.items():
        op.drop_index(name, table)
        where = None if present is None else sa.text(f"{present} IS NOT NULL")
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
