"""What one step writes of variables: which of its events set which, in which scope."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Dialect,
    Insert,
    Select,
    Text,
    TypeDecorator,
    and_,
    bindparam,
    cast,
    func,
    insert,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql

from engine.model import EventKind, HistoryEvent
from engine.sorted_json import sorted_json
from engine.store.prepared import Prepared
from engine.store.record_sets import FromRecords, records
from engine.store.tables import history_event, variable_update

_GIVEN = ("instance_id", "sequence", "name", "at", "activity_instance_id")


def input_values(given: HistoryEvent, input_scope: str | None) -> dict[str, Any] | None:
    """All variables that a step's input set, as one value of `ADD_OF_INPUT`.

    None: it set none, or its scope has to be looked up.
    """
    scope = _told_scope(given, input_scope)
    if scope is None or not given.values_set:
        return None
    return {
        "instance_id": given.instance_id,
        "sequence": given.sequence,
        "at": given.at,
        "activity_instance_id": given.activity_instance_id,
        "scope": scope,
        "names": sorted(given.values_set),
    }


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
            "told_scope": _told_scope(event, input_scope),
        }
        for event in events
        for name in sorted(event.values_set)
    ]


def _told_scope(event: HistoryEvent, input_scope: str | None) -> str | None:
    if event.kind is EventKind.VARIABLES_SET or event.activity_instance_id is None:
        told: str = event.payload.get("scope", "")
        return told
    return input_scope


class _Names(TypeDecorator[list[str]]):
    """Texts, each once, as JSON of which PostgreSQL makes rows."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> str:  # noqa: ARG002
        """The JSON. Raises ValueError for a text that PostgreSQL cannot have."""
        names = value or []
        if any("\0" in name for name in names):
            raise ValueError("text must not contain the character NUL")
        return sorted_json(names).decode()


def _word(text: str) -> ColumnElement[str]:
    """The text as part of the statement: what is bound costs something at each run."""
    return literal_column(f"'{text}'", Text)


def _entered_scope(
    dialect: str, instance_id: ColumnElement[str], visit: ColumnElement[str]
) -> ColumnElement[str]:
    """The scope that is named where the visit was entered; the visit is as old as the step."""
    entered = history_event.alias("entered")
    payload = type_coerce(entered.c.payload, Text)
    if dialect == "sqlite":
        scope: ColumnElement[Any] = func.json_extract(payload, _word("$.scope"))
    else:
        scope = cast(payload, postgresql.JSON)[_word("scope")].astext
    return (
        select(scope)
        .where(
            entered.c.instance_id == instance_id,
            entered.c.activity_instance_id == visit,
            # The kind hidden from the planner: SQLite would read all events of the kind that there
            # are, of all instances, instead of the few of the visit.
            entered.c.kind.concat(_word("")) == _word(EventKind.ACTIVITY_ENTERED.value),
        )
        .limit(literal_column("1"))
        .scalar_subquery()
    )


def _known(
    instance_id: ColumnElement[str], scope: ColumnElement[str], name: ColumnElement[str]
) -> Select[Any]:
    former = variable_update.alias("former")
    return select(literal_column("1")).where(
        former.c.instance_id == instance_id, former.c.scope == scope, former.c.name == name
    )


def _one_by_one() -> Insert:
    """Of two rows that set one variable in a step, the first is there before the second."""
    columns = variable_update.c
    told = cast(bindparam("told_scope", type_=columns.scope.type), columns.scope.type)
    instance_id: ColumnElement[str] = bindparam("instance_id")
    visit: ColumnElement[str] = bindparam("activity_instance_id")
    scope = func.coalesce(told, _entered_scope("sqlite", instance_id, visit), _word(""))
    it = select(scope.label("scope")).subquery("it")
    is_known = _known(instance_id, it.c.scope, bindparam("name")).exists()
    given = [cast(bindparam(name, type_=columns[name].type), columns[name].type) for name in _GIVEN]
    row = select(*given, it.c.scope, cast(~is_known, Boolean))
    return insert(variable_update).from_select([*_GIVEN, "scope", "is_first"], row)


def _at_once() -> FromRecords:
    """All rows of a step: each alone was planned anew, a fourth of what a step cost the server."""
    types = {name: variable_update.c[name].type for name in _GIVEN}
    given = records({**types, "told_scope": variable_update.c.scope.type})
    entered = _entered_scope("postgresql", given.c.instance_id, given.c.activity_instance_id)
    scope = func.coalesce(given.c.told_scope, entered, _word("")).label("scope")
    # Each OFFSET keeps the planner from what it takes for an improvement: looking for the scope
    # wherever it is named, and reading the whole table rather than asking of each of 100 records.
    as_it_is: ColumnElement[int] = literal_column("0")
    it = select(*(given.c[name] for name in _GIVEN), scope).offset(as_it_is).subquery("it")
    of_variable = [it.c.instance_id, it.c.scope, it.c.name]
    number = func.row_number().over(partition_by=of_variable, order_by=it.c.sequence)
    is_known = _known(*of_variable).offset(as_it_is).exists()
    is_first = and_(number == literal_column("1"), ~is_known)
    rows = select(*(it.c[name] for name in _GIVEN), it.c.scope, is_first)
    statement = insert(variable_update).from_select([*_GIVEN, "scope", "is_first"], rows)
    return FromRecords(statement, {**types, "told_scope": variable_update.c.scope.type})


def _of_input() -> Insert:
    """What the input sets is of one event and one scope: all but the names is the same."""
    columns = variable_update.c
    given: dict[str, ColumnElement[Any]] = {
        name: bindparam(name, type_=columns[name].type) for name in (*_GIVEN, "scope")
    }
    names = cast(bindparam("names", type_=_Names), postgresql.JSON)
    given["name"] = func.json_array_elements_text(names).column_valued("it")
    # OFFSET as above. UNNEST of an array would be planned anew for each.
    is_known = _known(given["instance_id"], given["scope"], given["name"])
    is_first = ~is_known.offset(literal_column("0")).exists()
    row = select(*(given[name] for name in (*_GIVEN, "scope")), is_first)
    return insert(variable_update).from_select([*_GIVEN, "scope", "is_first"], row)


#: What the input of a step sets, in PostgreSQL; its one row is made by `input_values`.
ADD_OF_INPUT = Prepared(
    {"postgresql": _of_input()},
    ("instance_id", "sequence", "at", "activity_instance_id", "scope", "names"),
)
#: Whether each variable is set for the first time is asked of the rows before it.
ADD_UPDATES = Prepared({"sqlite": _one_by_one(), "postgresql": _at_once()}, (*_GIVEN, "told_scope"))
