"""Which instances a listing is about, asked so that it costs what it shows, not what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Select,
    exists,
    literal,
    literal_column,
    select,
    union_all,
)

from engine.model import InstanceState, TaskState
from engine.queries import InstanceQuery, Page
from engine.store.filters import (
    Conditions,
    among,
    between,
    equal,
    like,
    taking_part,
    visible_instances,
)
from engine.store.leading import all_hidden, hidden, unled
from engine.store.tables import incident, process_instance, user_task
from engine.store.task_facets import ESCALATED
from engine.store.transaction import counted
from engine.store.word_index import WordIndex, begun_by

_I = process_instance.c


class InstanceSearches(WordIndex):
    """Narrows what is asked about instances; counts them."""

    def undated_instances(self, keys: Iterable[str] | None) -> list[str]:
        """Ids of instances of these SOPs that no period has: what says when they began is no time.

        None: of all SOPs. Only damage leads to that, and only in SQLite.
        """
        if self._connection.dialect.name != "sqlite":
            return []
        # Behind all numbers the index has what is none.
        is_no_number = literal_column("process_instance.started_at >= ''", Boolean)
        of_sops = among(_I.definition_key, None if keys is None else tuple(keys))
        return self._ids(
            select(_I.instance_id).where(is_no_number, *of_sops).order_by(_I.instance_id),
            _I.instance_id,
        )

    def _count_matching(self, query: InstanceQuery, *, at_most: int | None = None) -> int:
        """How many instances match; of more than `at_most` it says no more than that."""
        query = self._narrowed(query)
        found = select(literal(1)).select_from(process_instance)
        if at_most is None and (parts := self._apart(query)):
            return sum(self._number(counted(found.where(*each))) for each in parts)
        found = found.where(*instance_conditions(query, walks=is_of_period(query)))
        return self._number(counted(found if at_most is None else found.limit(at_most)))

    def _searched(
        self, query: InstanceQuery, page: Page, bound: Callable[[Select[Any], Page], Select[Any]]
    ) -> Conditions:
        """That an instance stands on the page or before it. bound: makes a search of a page."""
        query = self._narrowed(query)
        first = page.sorting[0][0] if page.sorting else None
        is_by_start = first == "started_at"
        is_of_sop = query.definition_key is not None and query.instance_ids is None
        if not is_by_start or not is_of_sop or page.max_results is None:
            query = self._by_state(query, first)
            is_by_id = first in _BY_ID and query.instance_ids is None
            return instance_conditions(query, walks=page.max_results is not None, is_by_id=is_by_id)
        most = page.first_result + page.max_results
        part_of = replace(page, first_result=0, max_results=most)
        # An index has the instances of an SOP in the order of their start, state by state.
        states = sorted(query.states or set(InstanceState))
        each = [
            bound(select(_I.instance_id).where(*conditions), part_of).subquery()
            for state in states
            for conditions in [
                instance_conditions(replace(query, states=frozenset({state})), walks=True)
            ]
        ]
        return [_I.instance_id.in_(union_all(*(select(part.c.instance_id) for part in each)))]

    def _apart(self, query: InstanceQuery) -> list[Conditions] | None:
        """Conditions of which each instance that the query finds meets one alone, to be counted.

        An index has the instances of a definition; for either condition at once each row is read.
        """
        lanes, account = query.visible_to_lanes, query.visible_to_account
        if lanes is None or account is None or query.instance_ids is not None:
            return None
        if is_of_period(query):
            return None
        others = instance_conditions(replace(query, visible_to_lanes=None, visible_to_account=None))
        is_in_lane = taking_part(_I.definition_id, lanes)
        elsewhere = all_hidden([~is_in_lane, *others], process_instance)
        return [[is_in_lane, *others], [_I.started_by == account, *elsewhere]]

    def _narrowed(self, query: InstanceQuery) -> InstanceQuery:
        """The same query by the ids of the instances, when those that it is about are few."""
        query = self._with_keys_found(query)
        if query.instance_ids is not None:
            return query
        if query.has_incident:
            is_open = incident.c.resolved_at.is_(None)
            query = self._instances_of(query, select(incident.c.instance_id).where(is_open))
        if query.instance_ids is None and (wanted := wanted_task(query)):
            tasks = select(user_task.c.instance_id).where(*wanted)
            found = ESCALATED.of(tasks) if query.is_escalated else tasks
            query = self._instances_of(query, found)
        if query.instance_ids is None:
            visible = self._few_visible(query.visible_to_lanes, query.visible_to_account)
            query = query if visible is None else replace(query, instance_ids=visible)
        return query

    def _by_state(self, query: InstanceQuery, first: str | None) -> InstanceQuery:
        """The same query by the instances in its states, when the order has no index of states."""
        if first not in _BY_ID or query.instance_ids is not None or query.states is None:
            return query
        return self._instances_of(
            query, select(_I.instance_id).where(*among(_I.state, query.states))
        )

    def _instances_of(self, query: InstanceQuery, found: Select[tuple[str]]) -> InstanceQuery:
        ids = self._few_ids(found)
        return query if ids is None else replace(query, instance_ids=ids)


#: The first wish of a page that is read by ids, which are its ties.
_BY_ID = (None, "instance_id")


def is_of_period(query: InstanceQuery) -> bool:
    """Whether it asks for what began or ended then, which an index has."""
    moments = (query.started_after, query.started_before, query.ended_after, query.ended_before)
    return any(each is not None for each in moments)


def instance_conditions(
    query: InstanceQuery, *, walks: bool = False, is_by_id: bool = False
) -> Conditions:
    """That an instance matches. walks: as in `visible_instances`; is_by_id: by ids, in order."""
    state: ColumnElement[str] = unled(_I.state) if is_by_id else _I.state
    return [
        *among(_I.instance_id, query.instance_ids),
        *equal(_I.business_key, query.business_key),
        *like(_I.business_key, query.business_key_like),
        *begun_by(_I.business_key, query.key_words),
        *equal(_I.definition_id, query.definition_id),
        *equal(_I.definition_key, query.definition_key),
        *among(_I.definition_id, query.definition_ids_in),
        *among(_I.definition_key, query.definition_keys_in),
        *among(state, query.states),
        *between(_I.started_at, query.started_after, query.started_before),
        *between(_I.ended_at, query.ended_after, query.ended_before),
        *equal(_I.started_by, query.started_by),
        *equal(_I.super_instance_id, query.super_instance_id),
        *_with_incident(query.has_incident),
        *_with_open_task(query),
        *visible_instances(query.visible_to_lanes, query.visible_to_account, walks=walks),
    ]


def _with_incident(wanted: bool | None) -> Conditions:
    if wanted is None:
        return []
    has_open: ColumnElement[bool] = exists().where(
        incident.c.instance_id == _I.instance_id, incident.c.resolved_at.is_(None)
    )
    return [has_open if wanted else ~has_open]


def _with_open_task(query: InstanceQuery) -> Conditions:
    """An open task in a lane, late, gone up to superiors: all that is asked for at once."""
    wanted = wanted_task(query)
    of_instance = user_task.c.instance_id == _I.instance_id
    # Hidden from the planner: it would look among all open tasks instead of the instance's own.
    return [exists().where(of_instance, *hidden(wanted))] if wanted else []


def wanted_task(query: InstanceQuery, tasks: FromClause = user_task) -> Conditions:
    """What an open task of an instance must be, all at once; nothing when it may have none."""
    if query.open_lane is None and query.late_at is None and not query.is_escalated:
        return []
    # Written into the statement, so that SQLite takes the index that has open tasks only; but not
    # when that of what went up has far fewer.
    state = literal(TaskState.OPEN.value, literal_execute=not query.is_escalated)
    return [
        tasks.c.state == state,
        *equal(tasks.c.lane, query.open_lane),
        *between(tasks.c.due_at, None, query.late_at),
        *([tasks.c.escalation_level > literal_column("0")] if query.is_escalated else []),
    ]
