"""What one step writes of variables: which of its events set which, in which scope."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Insert,
    Text,
    bindparam,
    cast,
    exists,
    func,
    insert,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql

from engine.model import EventKind, HistoryEvent
from engine.store.prepared import Prepared
from engine.store.tables import history_event, variable_update

_GIVEN = ("instance_id", "sequence", "name", "at", "activity_instance_id")


def update_values(
    events: Iterable[HistoryEvent], input_scope: str | None = None
) -> list[dict[str, Any]]:
    """A row for each variable that one of the events set.

    `told_scope` is what the event itself says; of an input it is `input_scope`, or what the
    visit's entering says.
    """
    return [
        {
            "instance_id": event.instance_id,
            "sequence": event.sequence,
            "name": name,
            "at": event.at,
            "activity_instance_id": event.activity_instance_id,
            "told_scope": event.payload.get("scope", "")
            if event.kind is EventKind.VARIABLES_SET or event.activity_instance_id is None
            else input_scope,
        }
        for event in events
        for name in sorted(event.values_set)
    ]


def _entered_scope(dialect: str) -> ColumnElement[str]:
    """The scope that is named where the visit was entered; the visit is as old as the step."""
    entered = history_event.alias("entered")
    payload = type_coerce(entered.c.payload, Text)
    if dialect == "sqlite":
        scope: ColumnElement[Any] = func.json_extract(payload, literal("$.scope", Text))
    else:
        scope = cast(payload, postgresql.JSON)["scope"].astext
    return (
        select(scope)
        .where(
            entered.c.instance_id == bindparam("instance_id"),
            entered.c.activity_instance_id == bindparam("activity_instance_id"),
            # The kind hidden from the planner: SQLite would read all events of the kind that there
            # are, of all instances, instead of the few of the visit.
            entered.c.kind.concat("") == literal(EventKind.ACTIVITY_ENTERED.value),
        )
        .limit(1)
        .scalar_subquery()
    )


def _add_updates(dialect: str) -> Insert:
    columns = variable_update.c
    told = cast(bindparam("told_scope", type_=columns.scope.type), columns.scope.type)
    scope = select(func.coalesce(told, _entered_scope(dialect), "").label("scope")).subquery("it")
    former = variable_update.alias("former")
    is_known = exists().where(
        former.c.instance_id == bindparam("instance_id"),
        former.c.scope == scope.c.scope,
        former.c.name == bindparam("name"),
    )
    given = [cast(bindparam(name, type_=columns[name].type), columns[name].type) for name in _GIVEN]
    row = select(*given, scope.c.scope, cast(~is_known, Boolean))
    return insert(variable_update).from_select([*_GIVEN, "scope", "is_first"], row)


#: One row after the other: of two that set one variable in a step, the first is the first.
ADD_UPDATES = Prepared(
    {dialect: _add_updates(dialect) for dialect in ("sqlite", "postgresql")},
    (*_GIVEN, "told_scope"),
)
