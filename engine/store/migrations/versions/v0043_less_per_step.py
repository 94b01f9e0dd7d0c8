"""Indexes without what nobody searches by, and one index of variables less: a step writes less."""

import sqlalchemy as sa
from alembic import op

from engine.store.migrations.damages import copy_what_can_be_kept

revision = "0043"
down_revision = "0042"

_SEARCHED = "kind NOT IN ('activity_completed', 'flow_taken', 'task_completed')"
_OF_ELEMENTS = "activity_id IS NOT NULL AND (kind = 'activity_entered' OR actor IS NOT NULL)"
#: Index -> its table, its columns, and which rows stand in it.
_ANEW = {
    "ix_history_event_kind": ("history_event", ["kind", "at"], _SEARCHED),
    "ix_history_event_activity_id": ("history_event", ["activity_id", "at"], _OF_ELEMENTS),
    "ix_user_task_business_key": ("user_task", ["business_key"], "business_key IS NOT NULL"),
}
_UPDATES = "variable_update"
_COLUMNS = ("instance_id", "sequence", "name", "scope", "at", "activity_instance_id", "is_first")
_KEY = ("instance_id", "scope", "name", "sequence")
_OF_UPDATES = {
    "ix_variable_update_name": ["name", "at", "is_first"],
    "ix_variable_update_at": ["at", "instance_id", "sequence", "name", "is_first"],
}


def upgrade() -> None:
    for name, (table, columns, where) in _ANEW.items():
        op.drop_index(name, table)
        rows = sa.text(where)
        op.create_index(name, table, columns, sqlite_where=rows, postgresql_where=rows)
    op.drop_index("ix_variable_update_scope", _UPDATES)
    if op.get_bind().dialect.name == "sqlite":
        _rekey_by_copying()
    else:
        op.drop_constraint(f"pk_{_UPDATES}", _UPDATES)
        op.create_primary_key(f"pk_{_UPDATES}", _UPDATES, list(_KEY))


def _rekey_by_copying() -> None:
    """SQLite keeps the rows in their key: another key is another table."""
    for name in _OF_UPDATES:
        op.drop_index(name, _UPDATES)
    op.rename_table(_UPDATES, f"{_UPDATES}_before")
    new = op.create_table(
        _UPDATES,
        sa.Column("instance_id", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("activity_instance_id", sa.Text),
        sa.Column("is_first", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint(*_KEY, name=f"pk_{_UPDATES}"),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.instance_id"],
            name=f"fk_{_UPDATES}_instance_id",
        ),
        sqlite_with_rowid=False,
    )
    before = sa.table(f"{_UPDATES}_before", *map(sa.column, _COLUMNS))
    rows = sa.select(before).order_by(*(before.c[name] for name in _KEY))
    copy_what_can_be_kept(op.get_bind(), new, _COLUMNS, rows)
    op.drop_table(f"{_UPDATES}_before")
    for name, columns in _OF_UPDATES.items():
        op.create_index(name, _UPDATES, columns)
