"""Which event set which variable, in which scope, of all that history has."""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
#: Milliseconds since 1970, UTC.
_MOMENT = sa.BigInteger()
_SETTING = (
    "instance_started",
    "task_completed",
    "variables_changed",
    "service_completed",
    "message_received",
    "signal_received",
    "variables_set",
)
_EVENTS = sa.text(
    "SELECT instance_id, sequence, kind, at, activity_instance_id, payload FROM history_event "
    "WHERE kind IN :kinds ORDER BY instance_id, sequence"
).bindparams(sa.bindparam("kinds", [*_SETTING, "activity_entered"], expanding=True))
#: Rows that are written at a time.
_BATCH = 5000


def upgrade() -> None:
    table = op.create_table(
        "variable_update",
        sa.Column("instance_id", _WORDS, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("name", _WORDS, nullable=False),
        sa.Column("scope", _WORDS, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("activity_instance_id", _WORDS),
        sa.Column("is_first", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("instance_id", "sequence", "name", name="pk_variable_update"),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.instance_id"],
            name="fk_variable_update_instance_id",
        ),
    )
    _fill(table)
    for name, columns in (
        ("scope", ["instance_id", "scope", "name", "sequence"]),
        ("name", ["name", "at", "instance_id", "sequence"]),
        ("at", ["at", "instance_id", "sequence", "name"]),
    ):
        op.create_index(f"ix_variable_update_{name}", "variable_update", columns)
    for name, columns in (
        ("first", ["name", "at", "instance_id", "sequence"]),
        ("first_at", ["at", "instance_id", "sequence", "name"]),
    ):
        op.create_index(
            f"ix_variable_update_{name}",
            "variable_update",
            columns,
            sqlite_where=sa.text("is_first = 1"),
            postgresql_where=sa.text("is_first"),
        )


def _fill(table: sa.Table) -> None:
    batch: list[dict[str, Any]] = []
    events = op.get_bind().execute(_EVENTS).yield_per(_BATCH)
    for _, of_instance in groupby(events, key=lambda row: row.instance_id):
        batch += _updates(of_instance)
        if len(batch) >= _BATCH:
            op.bulk_insert(table, batch)
            batch = []
    op.bulk_insert(table, batch)


def _updates(events: Iterator[Any]) -> Iterator[dict[str, Any]]:
    """The rows of one instance, from its events in order."""
    scopes: dict[str, str] = {}
    known: set[tuple[str, str]] = set()
    for event in events:
        payload = json.loads(event.payload)
        if event.kind == "activity_entered":
            scopes[event.activity_instance_id] = payload.get("scope", "")
            continue
        is_told = event.kind == "variables_set"
        values = payload.get("values" if is_told else "variables") or {}
        entered = scopes.get(event.activity_instance_id, "")
        scope = payload.get("scope", "") if is_told else entered
        for name in sorted(values):
            yield {
                "instance_id": event.instance_id,
                "sequence": event.sequence,
                "name": name,
                "scope": scope,
                "at": event.at,
                "activity_instance_id": event.activity_instance_id,
                "is_first": (scope, name) not in known,
            }
            known.add((scope, name))
