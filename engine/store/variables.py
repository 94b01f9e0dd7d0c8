"""Variables: which there are in instances, and which event set each of them when.

Their values are what the events say: the store keeps no copy of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    ScalarSelect,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.dialects import postgresql

from engine.model import EventKind, HistoryEvent, VariableInstance, VariableUpdate
from engine.queries import Page, VariableQuery
from engine.store.aliases import alias_of
from engine.store.events import event_of
from engine.store.filters import Conditions, among, between, equal, like, present, visible_instances
from engine.store.kept_rows import of_table
from engine.store.tables import canonical_text, history_event, process_instance, variable_update
from engine.store.transaction import Transaction, paged

_FIRST_PAGE = Page()
#: Events that one statement asks for: a database binds only so many values.
_AT_ONCE = 500
_ALL = VariableQuery()
_TIES = (variable_update.c.instance_id, variable_update.c.sequence, variable_update.c.name)

_first = alias_of(variable_update, "first")
_last = alias_of(variable_update, "last")


def _of_same(which: Any, function: Any) -> ScalarSelect[Any]:
    """The first or last event that set the variable of a row."""
    return (
        select(function(which.c.sequence))
        .where(
            which.c.instance_id == variable_update.c.instance_id,
            which.c.scope == variable_update.c.scope,
            which.c.name == variable_update.c.name,
        )
        .correlate(variable_update)
        .scalar_subquery()
    )


_FIRST, _LAST = _of_same(_first, func.min), _of_same(_last, func.max)

_UPDATE_SORTING = {
    "at": variable_update.c.at,
    "instance_id": variable_update.c.instance_id,
    "name": variable_update.c.name,
    "revision": history_event.c.revision,
}
_VARIABLE_SORTING = {
    "created_at": variable_update.c.at,
    "instance_id": variable_update.c.instance_id,
    "name": variable_update.c.name,
}

#: What names a row of variable_update.
_KEY = tuple(variable_update.primary_key.columns)


class Variables(Transaction):
    """Questions about variables."""

    def variable_updates(
        self, query: VariableQuery = _ALL, page: Page = _FIRST_PAGE
    ) -> list[VariableUpdate]:
        """Each time that a variable was set; without its value."""
        query = self._of_few(query)
        statement = paged(
            select(
                variable_update,
                history_event.c.kind,
                history_event.c.revision,
                history_event.c.activity_id,
                history_event.c.actor,
                process_instance.c.definition_id,
                process_instance.c.definition_key,
                _FIRST.label("first_sequence"),
            )
            .select_from(_with_event())
            .where(*_conditions(query, page)),
            page,
            _UPDATE_SORTING,
            *_TIES,
            reverses=True,
        )
        return self._listed(statement, _update, *_KEY)

    def count_variable_updates(self, query: VariableQuery = _ALL) -> int:
        """How often variables were set."""
        source = _with_event() if _is_of_event(query) else _source(query)
        return self._number(select(func.count()).select_from(source).where(*_conditions(query)))

    def variables(
        self, query: VariableQuery = _ALL, page: Page = _FIRST_PAGE
    ) -> list[VariableInstance]:
        """The variables that there are, without their values, in the order of their making."""
        query = self._of_few(query)
        statement = paged(
            select(
                variable_update,
                history_event.c.kind,
                process_instance.c.definition_id,
                process_instance.c.definition_key,
                _LAST.label("last_sequence"),
            )
            .select_from(_with_event())
            .where(
                variable_update.c.is_first,
                *_conditions(query, page),
                *self._of_value(query),
            ),
            page,
            _VARIABLE_SORTING,
            *_TIES,
            reverses=True,
        )
        return self._listed(statement, _variable, *_KEY)

    def count_variables(self, query: VariableQuery = _ALL) -> int:
        """How many variables there are."""
        source = _with_event() if _is_of_event(query) else _source(query)
        return self._number(
            select(func.count())
            .select_from(source)
            .where(variable_update.c.is_first, *_conditions(query), *self._of_value(query))
        )

    def _of_few(self, query: VariableQuery) -> VariableQuery:
        """The same query by the instances that are visible, when they are few."""
        if query.instance_id is not None or query.instance_ids is not None:
            return query
        visible = self._few_visible(query.visible_to_lanes, query.visible_to_account)
        return query if visible is None else replace(query, instance_ids=visible)

    def _of_value(self, query: VariableQuery) -> Conditions:
        """That a variable has this value, which its last event says."""
        if query.value is None:
            return []
        told = history_event.alias("told")
        payload: ColumnElement[Any] = type_coerce(told.c.payload, Text)
        if self._connection.dialect.name == "postgresql":
            payload = cast(payload, postgresql.JSON)
        is_observed = told.c.kind == EventKind.VARIABLES_SET.value
        place = case((is_observed, "values"), else_="variables")
        value = payload.op("->")(place).op("->")(variable_update.c.name)
        says = exists().where(
            told.c.instance_id == variable_update.c.instance_id,
            told.c.sequence == _LAST,
            cast(value, Text) == canonical_text(query.value[0]),
        )
        return [says.correlate(variable_update)]

    def setting_events(self, places: Iterable[tuple[str, int]]) -> list[HistoryEvent]:
        """The events at these places, instance and sequence, but for those that cannot be read.

        Asked for a few at a time.
        """
        key = tuple_(history_event.c.instance_id, history_event.c.sequence)
        wanted = sorted(set(places))
        return [
            event
            for first in range(0, len(wanted), _AT_ONCE)
            for event in self._listed(
                select(history_event).where(key.in_(wanted[first : first + _AT_ONCE])),
                event_of,
                history_event.c.instance_id,
                history_event.c.sequence,
            )
        ]


def _source(query: VariableQuery) -> FromClause:
    """The tables that the conditions name, and no other: a count reads an index alone then."""
    wants_instance = (query.definition_id, query.definition_key, query.visible_to_lanes)
    return variable_update if wants_instance == (None, None, None) else _with_instance()


def _is_of_event(query: VariableQuery) -> bool:
    return (query.revision, query.kinds, query.is_by_somebody) != (None, None, None)


def _with_instance() -> FromClause:
    return variable_update.join(
        process_instance, process_instance.c.instance_id == variable_update.c.instance_id
    )


def _with_event() -> FromClause:
    return _with_instance().join(
        history_event,
        and_(
            history_event.c.instance_id == variable_update.c.instance_id,
            history_event.c.sequence == variable_update.c.sequence,
        ),
    )


def _is_by_instance(page: Page | None) -> bool:
    return page is not None and (not page.sorting or page.sorting[0][0] == "instance_id")


def _conditions(query: VariableQuery, page: Page | None = None) -> Conditions:
    columns = variable_update.c
    walks = page is not None and page.max_results is not None
    return [
        *equal(columns.instance_id, query.instance_id),
        *among(columns.instance_id, query.instance_ids),
        # True of all: it leads SQLite along the primary key, instead of sorting an index.
        *([columns.instance_id > ""] if walks and _is_by_instance(page) else []),
        *equal(columns.sequence, query.sequence),
        *equal(columns.name, query.name),
        *among(columns.name, query.names_in),
        *like(columns.name, query.name_like),
        *_in_scopes(query.scopes_in),
        *_of_variable(query.variable),
        *equal(columns.activity_instance_id, query.activity_instance_id),
        *among(columns.activity_instance_id, query.activity_instance_ids),
        *between(columns.at, query.at_after, query.at_before),
        *equal(history_event.c.revision, query.revision),
        *among(history_event.c.kind, query.kinds),
        *present(history_event.c.actor, query.is_by_somebody),
        *equal(process_instance.c.definition_id, query.definition_id),
        *equal(process_instance.c.definition_key, query.definition_key),
        *visible_instances(query.visible_to_lanes, query.visible_to_account, walks=walks),
    ]


def _in_scopes(scopes: tuple[str, ...] | None) -> Conditions:
    """In one of these visits; an instance is the visit of its process, under its own id."""
    if scopes is None:
        return []
    columns = variable_update.c
    of_instance = and_(columns.scope == "", columns.instance_id.in_(scopes))
    return [or_(columns.scope.in_(scopes), of_instance)]


def _of_variable(variable: tuple[str, int, str] | None) -> Conditions:
    if variable is None:
        return []
    instance_id, sequence, name = variable
    scope = select(_first.c.scope).where(
        _first.c.instance_id == instance_id,
        _first.c.sequence == sequence,
        _first.c.name == name,
        _first.c.is_first,
    )
    columns = variable_update.c
    return [
        columns.instance_id == instance_id,
        columns.name == name,
        columns.scope == scope.scalar_subquery(),
    ]


@of_table(variable_update)
def _update(row: Row[Any]) -> VariableUpdate:
    return VariableUpdate(
        instance_id=row.instance_id,
        sequence=row.sequence,
        name=row.name,
        scope=row.scope,
        kind=EventKind(row.kind),
        at=row.at,
        revision=row.revision,
        activity_id=row.activity_id,
        activity_instance_id=row.activity_instance_id,
        actor=row.actor,
        definition_id=row.definition_id,
        definition_key=row.definition_key,
        first_sequence=row.first_sequence,
    )


@of_table(variable_update)
def _variable(row: Row[Any]) -> VariableInstance:
    return VariableInstance(
        instance_id=row.instance_id,
        sequence=row.sequence,
        name=row.name,
        scope=row.scope,
        created_at=row.at,
        activity_instance_id=row.activity_instance_id,
        kind=EventKind(row.kind),
        definition_id=row.definition_id,
        definition_key=row.definition_key,
        last_sequence=row.last_sequence,
    )
