"""Which event set which variable, in which scope, of all that history has."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

from engine.store.driver import texts_as_far_as_they_are
from engine.store.migrations.damages import are, object_in, tell_left_out

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
_INSTANCES = sa.text("SELECT instance_id FROM process_instance")
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
    with texts_as_far_as_they_are(op.get_bind()):
        instances = set(op.get_bind().execute(_INSTANCES).scalars())
        found = op.get_bind().execute(_EVENTS).yield_per(_BATCH)
        events = _Events(instances, found)
        for _, of_instance in groupby(events, key=lambda row: row.instance_id):
            batch += _updates(of_instance)
            if len(batch) >= _BATCH:
                op.bulk_insert(table, batch)
                batch = []
    op.bulk_insert(table, batch)
    tell_left_out("history_event", events.left_out)


class _Events:
    """Those that can be read, of instances that are there."""

    def __init__(self, instances: set[Any], found: Iterable[Any]) -> None:
        self._instances, self._found = instances, found
        self.left_out = 0

    def __iter__(self) -> Iterator[Any]:
        for event in self._found:
            if self._is_whole(event):
                yield event
            else:
                self.left_out += 1

    def _is_whole(self, event: Any) -> bool:
        payload, visit = object_in(event.payload), event.activity_instance_id
        return (
            payload is not None
            and are(str, event.instance_id)
            and event.instance_id in self._instances
            and are(int, event.sequence, event.at)
            and (visit is None or are(str, visit))
            and are(dict, payload.get("values") or {}, payload.get("variables") or {})
            and are(str, payload.get("scope", ""))
        )


def _updates(events: Iterator[Any]) -> Iterator[dict[str, Any]]:
    """The rows of one instance, from its events in order."""
    scopes: dict[str, str] = {}
    known: set[tuple[str, str]] = set()
    for event in events:
        payload = object_in(event.payload) or {}
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
