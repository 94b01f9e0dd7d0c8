"""How much is open and running is added up beforehand; triggers note what changes since."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_COUNTS = ("running", "open_tasks", "unclaimed_tasks", "escalated_tasks")
_LATE = ("late_tasks", "late_instances")
#: The lane first, then what a count reads, so that it reads no rows; and when the oldest began.
_OPEN_LANE = (
    *("state", "lane", "definition_id", "created_at", "due_at", "assignee", "instance_id"),
    *("escalation_level", "offered_lane"),
)

_INTO = (
    "INSERT INTO work_change (instance_id, definition_id, lane, offered_lane, due_at, running, "
    "open_tasks, unclaimed_tasks, escalated_tasks) "
)
#: What a count of tasks depends on; and of instances.
_OF_TASK = (
    *("state", "definition_id", "lane", "offered_lane", "due_at", "assignee"),
    "escalation_level",
)
_OF_INSTANCE = ("state", "definition_id")
#: Row and sign -> what is noted of it.
_Of = Callable[[str, str], str]


def upgrade() -> None:
    _add_tables()
    # Of indexes that cost alike SQLite takes the newest: what is in hand stays before what is open.
    for name, columns, where in (
        ("ix_user_task_open_lane", _OPEN_LANE, "state = 'open'"),
        (
            "ix_user_task_claimed",
            ("state", "assignee"),
            "state = 'open' AND assignee IS NOT NULL",
        ),
    ):
        op.drop_index(name, "user_task")
        only = sa.text(where)
        op.create_index(name, "user_task", list(columns), sqlite_where=only, postgresql_where=only)
    if op.get_bind().dialect.name == "sqlite":
        _note_on_sqlite("user_task", _OF_TASK, "open", _task)
        _note_on_sqlite("process_instance", _OF_INSTANCE, "ACTIVE", _instance)
    else:
        _note_on_postgresql("user_task", _OF_TASK, "open", _task)
        _note_on_postgresql("process_instance", _OF_INSTANCE, "ACTIVE", _instance)


def _add_tables() -> None:
    op.create_table(
        "work_counted",
        sa.Column("counted_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("late_before", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("counted_id", name="pk_work_counted"),
    )
    op.create_table(
        "work_count",
        sa.Column("count_id", sa.Integer, nullable=False),
        sa.Column("definition_id", _WORDS, nullable=False),
        sa.Column("lane", _WORDS),
        sa.Column("offered_lane", _WORDS),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in (*_COUNTS, *_LATE)),
        sa.PrimaryKeyConstraint("count_id", name="pk_work_count"),
    )
    op.create_table(
        "work_change",
        sa.Column("change_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("instance_id", _WORDS, nullable=False),
        sa.Column("definition_id", _WORDS, nullable=False),
        sa.Column("lane", _WORDS),
        sa.Column("offered_lane", _WORDS),
        sa.Column("due_at", sa.BigInteger),
        *(sa.Column(name, sa.Integer, nullable=False) for name in _COUNTS),
        sa.PrimaryKeyConstraint("change_id", name="pk_work_change"),
    )
    op.create_table(
        "late_instance",
        sa.Column("instance_id", _WORDS, nullable=False),
        sa.Column("definition_id", _WORDS, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("instance_id", name="pk_late_instance"),
        sa.Index("ix_late_instance_since", "since", "instance_id", "definition_id"),
        sa.Index("ix_late_instance_definition_id", "definition_id", "since", "instance_id"),
    )


def _task(row: str, sign: str) -> str:
    """What it is that a task became open, or is open no more."""
    return (
        f"SELECT {row}.instance_id, {row}.definition_id, {row}.lane, {row}.offered_lane, "
        f"{row}.due_at, 0, {sign}1, "
        f"{sign}(CASE WHEN {row}.assignee IS NULL THEN 1 ELSE 0 END), "
        f"{sign}(CASE WHEN {row}.escalation_level > 0 THEN 1 ELSE 0 END)"
    )


def _instance(row: str, sign: str) -> str:
    """The same of an instance that runs."""
    return f"SELECT {row}.instance_id, {row}.definition_id, NULL, NULL, NULL, {sign}1, 0, 0, 0"


def _note_on_sqlite(table: str, columns: tuple[str, ...], state: str, of: _Of) -> None:
    was, is_now = f"old.state = '{state}'", f"new.state = '{state}'"
    less, more = f"{_INTO}{of('old', '-')} WHERE {was};", f"{_INTO}{of('new', '+')} WHERE {is_now};"
    is_other = " OR ".join(f"old.{each} IS NOT new.{each}" for each in columns)
    for event, when, deed in (
        ("INSERT", is_now, more),
        ("DELETE", was, less),
        (
            f"UPDATE OF {', '.join(columns)}",
            f"({was} OR {is_now}) AND ({is_other})",
            less + more,
        ),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_counts_{event[:6].lower()} AFTER {event} ON {table} "
            f"WHEN {when} BEGIN {deed} END"
        )


def _note_on_postgresql(table: str, columns: tuple[str, ...], state: str, of: _Of) -> None:
    was, is_now = f"OLD.state = '{state}'", f"NEW.state = '{state}'"
    op.execute(
        f"CREATE FUNCTION note_change_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP <> 'INSERT' THEN {_INTO}{of('OLD', '-')} WHERE {was}; END IF; "
        f"IF TG_OP <> 'DELETE' THEN {_INTO}{of('NEW', '+')} WHERE {is_now}; END IF; "
        "RETURN NULL; END $$"
    )
    is_other = " OR ".join(f"OLD.{each} IS DISTINCT FROM NEW.{each}" for each in columns)
    for event, when in (
        ("INSERT", is_now),
        ("DELETE", was),
        (f"UPDATE OF {', '.join(columns)}", f"({was} OR {is_now}) AND ({is_other})"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_counts_{event[:6].lower()} AFTER {event} ON {table} "
            f"FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION note_change_of_{table}()"
        )
