"""Indexes that have all that a report reads."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.drop_index("ix_task_time_definition_key", "task_time")
    op.drop_index("ix_instance_time_definition_key", "instance_time")
    add("task_time", "waiting", "activity_id waiting ended_at is_cancelled working due_at round")
    add("task_time", "working", "activity_id working ended_at is_cancelled")
    is_sent = sa.text("sent_by IS NOT NULL")
    op.create_index(
        "ix_task_time_sent_by",
        "task_time",
        ["definition_key", "ended_at", "sent_by", "activity_id", "round", "instance_id"],
        sqlite_where=is_sent,
        postgresql_where=is_sent,
    )
    add("instance_time", "elapsed", "elapsed ended_at state")
    add("instance_time", "ended_at", "ended_at state course_digest")


def add(table: str, name: str, columns: str) -> None:
    op.create_index(f"ix_{table}_{name}", table, ["definition_key", *columns.split()])
