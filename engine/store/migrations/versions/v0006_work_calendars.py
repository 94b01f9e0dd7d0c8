"""Working calendars, and which of them a deadline was computed with."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
#: Canonical JSON.
_JSON = sa.Text()
#: Milliseconds since 1970, UTC.
_MOMENT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "work_calendar",
        sa.Column("key", _WORDS, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("content", _JSON, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("changed_by", _WORDS),
        sa.Column("note", _WORDS, nullable=False),
        sa.PrimaryKeyConstraint("key", "revision", name="pk_work_calendar"),
    )
    op.add_column("user_task", sa.Column("due_calendar", _WORDS))
    op.add_column("user_task", sa.Column("due_revision", sa.Integer))
    make_calendars_append_only()


def make_calendars_append_only() -> None:
    """A deadline names the revision it was computed with, so that none may change."""
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER work_calendar_refuses_{deed.lower()} "
                f"BEFORE {deed} ON work_calendar "
                "BEGIN SELECT RAISE(ABORT, 'work_calendar is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_change_of_calendar() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'work_calendar is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER work_calendar_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON work_calendar FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_calendar()"
    )
