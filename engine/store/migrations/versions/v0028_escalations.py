"""Overdue tasks that go up to superiors, and which lane stands above which."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
#: Canonical JSON.
_JSON = sa.Text()
#: Milliseconds since 1970, UTC.
_MOMENT = sa.BigInteger()

_OPEN_LANE = ["state", "lane", "due_at", "definition_id", "assignee", "created_at", "instance_id"]


def upgrade() -> None:
    _add_columns()
    op.create_table(
        "task_escalation",
        sa.Column("instance_id", _WORDS, nullable=False),
        sa.Column("task_id", _WORDS, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("lane", _WORDS, nullable=False),
        sa.PrimaryKeyConstraint("instance_id", "task_id", "level", name="pk_task_escalation"),
        sa.ForeignKeyConstraint(
            ["instance_id", "task_id"],
            ["user_task.instance_id", "user_task.task_id"],
            name="fk_task_escalation_instance_id",
        ),
        sa.CheckConstraint("level >= 1", name="level"),
    )
    op.create_index("ix_task_escalation_lane", "task_escalation", ["lane", "task_id", "level"])
    op.create_table(
        "superior_lanes",
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("content", _JSON, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("changed_by", _WORDS),
        sa.PrimaryKeyConstraint("revision", name="pk_superior_lanes"),
    )
    _make_superiors_append_only()


def _add_columns() -> None:
    op.add_column("user_task", sa.Column("escalate_at", _MOMENT))
    op.add_column(
        "user_task",
        sa.Column("escalations", _JSON, nullable=False, server_default=sa.text("'[]'")),
    )
    op.add_column(
        "user_task",
        sa.Column("escalation_level", sa.Integer, nullable=False, server_default=sa.text("0")),
    )
    op.execute(
        "UPDATE user_task SET escalate_at = due_at WHERE state = 'open' AND due_at IS NOT NULL"
    )
    _create_partial("escalate_at", ["escalate_at"], "escalate_at IS NOT NULL")
    op.drop_index("ix_user_task_open_lane", "user_task")
    _create_partial("open_lane", [*_OPEN_LANE, "escalation_level"], "state = 'open'")


def _create_partial(name: str, columns: list[str], where: str) -> None:
    op.create_index(
        f"ix_user_task_{name}",
        "user_task",
        columns,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


def _make_superiors_append_only() -> None:
    """History names the revision by which a task went up, so that none may change."""
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER superior_lanes_refuses_{deed.lower()} "
                f"BEFORE {deed} ON superior_lanes "
                "BEGIN SELECT RAISE(ABORT, 'superior_lanes is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_change_of_superiors() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'superior_lanes is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER superior_lanes_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON superior_lanes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_superiors()"
    )
