"""Rows of variables in the order in which steps ask for them, and in no second order beside it."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"

_KEY = ("instance_id", "scope", "name", "sequence")
_COLUMNS = (*_KEY, "at", "activity_instance_id", "is_first")
_INDEXES = {
    "ix_variable_update_name": ["name", "at", "is_first"],
    "ix_variable_update_at": ["at", "instance_id", "sequence", "name", "is_first"],
}


def upgrade() -> None:
    op.drop_index("ix_variable_update_scope", "variable_update")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("pk_variable_update", "variable_update")
        op.create_primary_key("pk_variable_update", "variable_update", _KEY)
        return
    # SQLite keeps such a table in its key itself; that it cannot be made of another one.
    for name in _INDEXES:
        op.drop_index(name, "variable_update")
    op.rename_table("variable_update", "variable_update_before")
    new = op.create_table(
        "variable_update",
        sa.Column(
            "instance_id",
            sa.Text,
            sa.ForeignKey(
                "process_instance.instance_id",
                name="fk_variable_update_instance_id",
            ),
            nullable=False,
        ),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("activity_instance_id", sa.Text),
        sa.Column("is_first", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint(*_KEY, name="pk_variable_update"),
        sqlite_with_rowid=False,
    )
    before = sa.table("variable_update_before", *map(sa.column, _COLUMNS))
    rows = sa.select(before).order_by(*(before.c[name] for name in _KEY))
    op.execute(sa.insert(new).from_select(_COLUMNS, rows))
    op.drop_table("variable_update_before")
    for name, indexed in _INDEXES.items():
        op.create_index(name, "variable_update", indexed)
