"""How long tasks and instances took: what reports are read from."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
#: Canonical JSON.
_JSON = sa.Text()
#: Milliseconds since 1970, UTC.
_MOMENT = sa.BigInteger()
#: Milliseconds.
_DURATION = sa.BigInteger()


def upgrade() -> None:
    # What ended before is not measured either: the worker does it.
    for table in ("process_instance", "user_task"):
        op.add_column(
            table, sa.Column("is_measured", sa.Boolean, nullable=False, server_default=sa.false())
        )
        op.create_index(
            f"ix_{table}_unmeasured",
            table,
            ["ended_at"],
            sqlite_where=sa.text("is_measured = 0 AND ended_at IS NOT NULL"),
            postgresql_where=sa.text("NOT is_measured AND ended_at IS NOT NULL"),
        )
    add_task_time()
    add_courses()


def add_task_time() -> None:
    op.create_table(
        "task_time",
        sa.Column("instance_id", _WORDS, nullable=False),
        sa.Column("task_id", _WORDS, nullable=False),
        sa.Column("definition_id", _WORDS, nullable=False),
        sa.Column("definition_key", _WORDS, nullable=False),
        sa.Column("activity_id", _WORDS, nullable=False),
        sa.Column("lane", _WORDS),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=False),
        sa.Column("is_cancelled", sa.Boolean, nullable=False),
        sa.Column("waiting", _DURATION, nullable=False),
        sa.Column("working", _DURATION, nullable=False),
        sa.Column("due_at", _MOMENT),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("sent_by", _WORDS),
        sa.PrimaryKeyConstraint("instance_id", "task_id", name="pk_task_time"),
        sa.ForeignKeyConstraint(
            ["instance_id", "task_id"],
            ["user_task.instance_id", "user_task.task_id"],
            name="fk_task_time_instance_id",
        ),
        sa.CheckConstraint("waiting >= 0 AND working >= 0 AND round >= 1", name="measures"),
    )
    op.create_index("ix_task_time_definition_key", "task_time", ["definition_key", "ended_at"])


def add_courses() -> None:
    op.create_table(
        "course",
        sa.Column("digest", _WORDS, nullable=False),
        sa.Column("definition_id", _WORDS, nullable=False),
        sa.Column("steps", _JSON, nullable=False),
        sa.Column("visits", _JSON, nullable=False),
        sa.Column("flows", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_course"),
    )
    op.create_table(
        "instance_time",
        sa.Column("instance_id", _WORDS, nullable=False),
        sa.Column("definition_id", _WORDS, nullable=False),
        sa.Column("definition_key", _WORDS, nullable=False),
        sa.Column("state", _WORDS, nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=False),
        sa.Column("elapsed", _DURATION, nullable=False),
        sa.Column("course_digest", _WORDS, nullable=False),
        sa.PrimaryKeyConstraint("instance_id", name="pk_instance_time"),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.instance_id"],
            name="fk_instance_time_instance_id",
        ),
        sa.ForeignKeyConstraint(
            ["course_digest"], ["course.digest"], name="fk_instance_time_course_digest"
        ),
    )
    for name, columns in {
        "definition_key": ["definition_key", "ended_at"],
        "course_digest": ["course_digest"],
    }.items():
        op.create_index(f"ix_instance_time_{name}", "instance_time", columns)
