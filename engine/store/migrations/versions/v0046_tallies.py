"""Sums of days and months that are over; tasks in the order of their end."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_COUNTS = ("number", "done", "dated", "late", "repeated")
#: Index -> its table and columns.
_ANEW = {
    "ix_task_time_waiting": (
        "task_time",
        ["definition_key", "activity_id", "waiting", "ended_at", "is_cancelled"],
    ),
    "ix_instance_time_ended_at": (
        "instance_time",
        ["definition_key", "ended_at", "state", "course_digest", "definition_id", "elapsed"],
    ),
}
_OF_TASKS = (
    *("definition_key", "ended_at", "activity_id", "definition_id", "lane", "is_cancelled"),
    *("due_at", "round", "waiting", "working"),
)


def upgrade() -> None:
    _add_tallies()
    for name, (table, columns) in _ANEW.items():
        op.drop_index(name, table)
        op.create_index(name, table, columns)
    op.create_index("ix_task_time_ended_at", "task_time", list(_OF_TASKS))
    op.drop_index("ix_user_task_dated_end", "user_task")
    op.drop_index("ix_user_task_unmeasured", "user_task")
    has_ended = sa.text("ended_at IS NOT NULL")
    op.create_index(
        "ix_user_task_ended_at",
        "user_task",
        ["is_measured", "ended_at"],
        sqlite_where=has_ended,
        postgresql_where=has_ended,
    )


def _add_tallies() -> None:
    op.create_table(
        "tallied_span",
        sa.Column("span_id", sa.Integer, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("span_id", name="pk_tallied_span"),
    )
    op.create_index("ix_tallied_span_since", "tallied_span", ["since", "until"], unique=True)
    _add_tally(
        "task_tally",
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("definition_id", _WORDS, nullable=False),
        sa.Column("activity_id", _WORDS, nullable=False),
        sa.Column("lane", _WORDS),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in _COUNTS),
        sa.Column("waiting", sa.BigInteger, nullable=False),
        sa.Column("working", sa.BigInteger, nullable=False),
        key=["place"],
    )
    _add_tally(
        "instance_tally",
        sa.Column("definition_id", _WORDS, nullable=False),
        sa.Column("state", _WORDS, nullable=False),
        sa.Column("course_digest", _WORDS, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("elapsed", sa.BigInteger, nullable=False),
        key=["definition_id", "state", "course_digest"],
    )
    _add_tally(
        "spread_tally",
        sa.Column("activity_id", _WORDS, nullable=False),
        sa.Column("measure", _WORDS, nullable=False),
        sa.Column("buckets", sa.Text, nullable=False),
        key=["activity_id", "measure"],
    )


def _add_tally(name: str, *columns: "sa.Column[Any]", key: list[str]) -> None:
    op.create_table(
        name,
        sa.Column("span_id", sa.Integer, nullable=False),
        sa.Column("definition_key", _WORDS, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("span_id", "definition_key", *key, name=f"pk_{name}"),
        sa.ForeignKeyConstraint(
            ["span_id"], ["tallied_span.span_id"], name=f"fk_{name}_span_id", ondelete="CASCADE"
        ),
    )
