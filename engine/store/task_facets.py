"""What open tasks differ by: the few names, priorities and lanes that there are among them.

A listing that is narrowed or ordered by one of these is asked for value by value. Each value has
its tasks in an index, in the order of the page, so that none is read beyond what the page can show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Select, func, literal, literal_column, select

from engine.model import TaskState
from engine.queries import Page, SortOrder, TaskQuery
from engine.store.filters import Conditions, among, between, equal
from engine.store.leading import Lead, unled
from engine.store.tables import user_task
from engine.store.transaction import counted
from engine.store.word_index import WordIndex

T = TypeVar("T")
_T = user_task.c
#: Written into statements, so that both databases take indexes that have open tasks only.
_IS_OPEN = _T.state == literal(TaskState.OPEN.value, literal_execute=True)
OPEN_ONES = frozenset({TaskState.OPEN})
_EVERYTHING = TaskQuery(states=None)
#: Spelled out, as the index of what went up has it: SQLite compares the words.
GONE_UP = _T.escalation_level > literal_column("0")
ESCALATED = Lead(user_task, "ix_user_task_escalated")
#: Column -> the index of open tasks that has its values, and then their lanes. Without being told
#: SQLite reads every open task instead, for the sake of the state.
_WALKED = {name: Lead(user_task, f"ix_user_task_open_{name}") for name in ("name", "priority")}
#: What may be missing, and has an index of those open tasks that have it, in its order: that it is
#: there, in words by which SQLite takes that index.
_THERE = {
    "assignee": _T.assignee >= "",
    "follow_up_at": _T.follow_up_at > datetime(1, 1, 1, tzinfo=UTC),
}
#: That it is to be done by some time.
IS_DUE = _T.due_at > datetime(1, 1, 1, tzinfo=UTC)
#: What bounds and orders one search, of which it is told the conditions.
Bound = Callable[[Select[Any], Conditions], Select[Any]]
_SOONEST = (("due_at", SortOrder.ASC), ("created_at", SortOrder.ASC))
#: Names of steps that are asked about in one statement.
_NAMES_AT_ONCE = 10
#: Searches of one statement; of more it is quicker to read tasks in the order of the page.
_MOST_FACETS, _MOST_PARTS = 8, 150


def is_one_question(query: TaskQuery, page: Page) -> bool:
    """Whether a page of the listing is one statement: nothing has to be looked up before it."""
    if query.key_words is not None or is_of_the_ended(query, page) or is_by_instance(query, page):
        return False
    if query.states != OPEN_ONES or is_of_few(query):
        return True
    by_name = (query.name, query.names_in, query.name_contains, query.name_like)
    by_value = (*by_name, query.priority, query.min_priority)
    is_looked_up = _first_wish(page) in {"priority", "name"} or any(
        each is not None for each in by_value
    )
    return not is_looked_up and next(_probes(query), None) is None


class TaskFacets(WordIndex):
    """Questions about what there is among open tasks."""

    def open_task_names(self) -> list[str]:
        """The names of open tasks, each once."""
        return self._values(_T.name, _WALKED["name"])

    def _narrowed_tasks(self, query: TaskQuery, page: Page | None = None) -> TaskQuery:
        """The same query by the instances of the tasks, when those that it is about are few.

        page: what of it is shown, which a count has not.
        """
        query = self._with_keys_found(query)
        if query.states != OPEN_ONES or is_of_few(query):
            return query
        for found in _probes(query):
            few = self._few_of(query, found)
            if few is not None:
                return few
        query = self._with_names(query)
        if query.instance_ids is not None or page is None:
            return query
        if _first_wish(page) != "priority" or not _is_named(query):
            return query
        # By name there is no order of priorities, and by priority rare names are far between.
        names = [*equal(_T.name, query.name), *among(_T.name, query.names_in)]
        found = select(_T.instance_id).where(_IS_OPEN, *names)
        return self._few_of(query, _WALKED["name"].of(found)) or query

    def _few_of(self, query: TaskQuery, found: Select[tuple[str]]) -> TaskQuery | None:
        ids = self._few_ids(found)
        return None if ids is None else replace(query, instance_ids=ids)

    def _with_names(self, query: TaskQuery) -> TaskQuery:
        """The same query by whole names, of those that there are."""
        part, pattern = query.name_contains, query.name_like
        if (part, pattern) == (None, None) or query.names_in is not None:
            return query
        names = self._values(
            _T.name,
            _WALKED["name"],
            *([] if part is None else [lambda name: name.icontains(part, autoescape=True)]),
            *([] if pattern is None else [lambda name: name.like(pattern, escape="\\")]),
        )
        if not names:
            return replace(query, instance_ids=())
        return replace(query, names_in=tuple(names), name_contains=None, name_like=None)

    def _parts(self, query: TaskQuery, page: Page) -> list[Conditions] | None:
        """The parts in which a page of the listing is best read; None: as one.

        Of those that are offered to lanes, a task that matches meets the conditions of one part.
        """
        if is_of_few(query):
            return None
        if page.max_results is not None and _is_everything(query):
            return self._of_everything(query, page)
        # What somebody has in hand, or went up, is little.
        is_little = query.assignee is not None or query.is_escalated or query.escalated_to
        if query.states != OPEN_ONES or is_little:
            return None
        return self._of_open(query, page)

    def _of_open(self, query: TaskQuery, page: Page) -> list[Conditions] | None:
        first, lanes = _first_wish(page), lanes_of(query)
        if _is_then_as_inbox(page):
            return self._in_order(query, page)
        if first == "due_at" and _is_unfiltered(query):
            return self._due_last(query, page)
        if _is_named(query) and first != "priority":
            names = {*(query.names_in or ()), *([query.name] if query.name else ())}
            return self._by_lane(query, [_T.name == name for name in sorted(names)], _T.name)
        if first == "priority" or (query.priority, query.min_priority) != (None, None):
            return self._by_priority(query)
        if first != "created_at" or lanes is None:
            return None
        return [[_IS_OPEN, _T.offered_lane == lane] for lane in sorted(lanes)]

    def _in_order(self, query: TaskQuery, page: Page) -> list[Conditions] | None:
        """The parts of a page in an order that no index has, but each value's own tasks have."""
        first = page.sorting[0][0]
        if first in _THERE:
            return _by_absence(query, first)
        if not _is_unfiltered(query):
            return None
        facets = [_T.name == each for each in self._first_names(query, page)]
        return self._by_lane(query, facets, _T.name, most=_MOST_PARTS)

    def _of_everything(self, query: TaskQuery, page: Page) -> list[Conditions] | None:
        """The parts of all tasks in some states, for whoever sees all."""
        first = _first_wish(page)
        if first in {None, "task_id", "instance_id"}:
            # An index has the order, whatever the state.
            return [[]]
        if query.states == OPEN_ONES and _is_then_as_inbox(page):
            return self._in_order(query, page)
        if first == "priority" and query.states == OPEN_ONES:
            return self._by_priority(query)
        if first == "due_at" and query.states == OPEN_ONES:
            return self._due_last(query, page)
        if first != "created_at" or query.states == OPEN_ONES:
            return None
        return [[_T.state == state.value] for state in sorted(query.states or set(TaskState))]

    def _due_last(self, query: TaskQuery, page: Page) -> list[Conditions] | None:
        """The parts that have what is due last; None: that does not fill the page, or is not asked.

        No index of PostgreSQL has these in front of what is never due.
        """
        if page.sorting[0][1] is not SortOrder.DESC or page.max_results is None:
            return None
        lanes, most = lanes_of(query), page.first_result + page.max_results
        each_lane = [None] if lanes is None else sorted(lanes)
        parts = [[_IS_OPEN, IS_DUE, *equal(_T.offered_lane, lane)] for lane in each_lane]
        in_order = select(literal(1)).where(*unassigned(query)).order_by(_T.due_at.desc())
        counts = [counted(select(in_order.where(*part).limit(most).subquery())) for part in parts]
        row = self._first(select(*(each.scalar_subquery() for each in counts))) if counts else None
        return parts if sum(row or ()) >= most else None

    def _by_priority(self, query: TaskQuery) -> list[Conditions] | None:
        there = self._values(_T.priority, _WALKED["priority"])
        asked = [_T.priority == each for each in there if _is_asked(each, query)]
        return self._by_lane(query, asked, _T.priority, self._named_lanes(query))

    def _first_names(self, query: TaskQuery, page: Page) -> list[str]:
        """The names that fill the page, in its order."""
        most = page.first_result + (page.max_results or 0)
        names = self._values(_T.name, _WALKED["name"])
        if page.sorting[0][1] is SortOrder.DESC:
            names.reverse()
        found: list[str] = []
        for first in range(0, len(names), _NAMES_AT_ONCE):
            some = names[first : first + _NAMES_AT_ONCE]
            counts = [_number_of(name, query, most).scalar_subquery() for name in some]
            for name, number in zip(some, self._first(select(*counts)) or (), strict=True):
                found += [name] if number else []
                most -= number
                if most <= 0:
                    return found
        return found

    def _named_lanes(self, query: TaskQuery) -> frozenset[str] | None:
        """The lanes that have a task of the query's names; None when it has no names, or many.

        In another lane there would be nothing to find, however far one reads.
        """
        names = {*(query.names_in or ()), *([query.name] if query.name else ())}
        if not names or len(names) > _MOST_FACETS:
            return None
        lanes = [self._values(_T.offered_lane, _WALKED["name"], among=_T.name == n) for n in names]
        return frozenset(lane for some in lanes for lane in some)

    def _by_lane(
        self,
        query: TaskQuery,
        facets: list[ColumnElement[bool]],
        of: Column[Any],
        only: frozenset[str] | None = None,
        *,
        most: int = _MOST_FACETS,
    ) -> list[Conditions] | None:
        """Each facet, a value of that column, in each lane that has it; None: they are too many.

        only: lanes beside which no other one is looked at.
        """
        if len(facets) > most:
            return None
        wanted, parts = lanes_of(query), []
        for facet in facets:
            there = self._values(_T.offered_lane, _WALKED[of.name], among=facet)
            lanes = there if wanted is None else [lane for lane in there if lane in wanted]
            lanes = lanes if only is None else [lane for lane in lanes if lane in only]
            parts += [[_IS_OPEN, facet, _T.offered_lane == lane] for lane in lanes]
            if wanted is None:
                parts.append([_IS_OPEN, facet, _T.offered_lane.is_(None)])
        return parts if len(parts) <= _MOST_PARTS else None

    def _values(
        self,
        column: Column[T],
        lead: Lead,
        *wanted: Callable[[ColumnElement[T]], ColumnElement[bool]],
        among: ColumnElement[bool] | None = None,
    ) -> list[T]:
        """The values of the column among open tasks, ascending: the index leads to the next."""
        found = [_IS_OPEN, *([] if among is None else [among])]
        first = lead.of(select(func.min(column).label("value")).where(*found))
        walk = first.cte("walk", recursive=True)
        following = lead.of(select(func.min(column)).where(*found, column > walk.c.value))
        walk = walk.union_all(
            select(following.correlate(walk).scalar_subquery()).where(walk.c.value.is_not(None))
        )
        value = walk.c.value
        rows = self._all(select(value).where(value.is_not(None), *(each(value) for each in wanted)))
        return [row.value for row in rows]


def _first_wish(page: Page) -> str | None:
    return page.sorting[0][0] if page.sorting else None


def _is_then_as_inbox(page: Page) -> bool:
    """Whether a page is asked for whose tasks stand, where they are equal, as in an inbox."""
    is_by_value = _first_wish(page) in {"name", *_THERE}
    return page.max_results is not None and is_by_value and page.sorting[1:] == _SOONEST


def _by_absence(query: TaskQuery, name: str) -> list[Conditions]:
    """Those that have a value in that column, by which an index orders them; and the others."""
    lanes = lanes_of(query)
    # What has a value is little: it is read in the order of that, whatever its lane.
    has = [_IS_OPEN, _THERE[name], *among(unled(_T.offered_lane), lanes)]
    each_lane = [[]] if lanes is None else [[_T.offered_lane == lane] for lane in sorted(lanes)]
    has_none = [[_IS_OPEN, _T[name].is_(None), *in_lane] for in_lane in each_lane]
    is_free = is_offer(query) and not query.include_assigned
    return has_none if name == "assignee" and is_free else [has, *has_none]


def _number_of(name: str, query: TaskQuery, most: int) -> Select[int]:
    """How many open tasks have the name, of those that the unfiltered query finds in lanes."""
    lanes = lanes_of(query)
    in_lanes = among(_T.offered_lane, lanes)
    conditions = [_IS_OPEN, _T.name == name, *in_lanes, *unassigned(query)]
    found = _WALKED["name"].of(select(literal(1)).where(*conditions))
    return counted(found.limit(most))


def unassigned(query: TaskQuery) -> Conditions:
    """That the offered tasks are in nobody's hands, unless they may be."""
    return [_T.assignee.is_(None)] if is_offer(query) and not query.include_assigned else []


def _is_named(query: TaskQuery) -> bool:
    return query.names_in is not None or query.name is not None


def _probes(query: TaskQuery) -> Iterator[Select[tuple[str]]]:
    """Of what the query asks, what may be met by few tasks: their instances, each by an index."""
    found = select(_T.instance_id)
    if query.definition_key is not None:
        yield found.where(
            _T.definition_key == query.definition_key, _T.state == TaskState.OPEN.value
        )
    if query.is_assigned:
        yield found.where(_IS_OPEN, _T.assignee > "")
    if query.lane is not None:
        yield found.where(_IS_OPEN, _T.lane == query.lane)
    if query.is_escalated:
        yield ESCALATED.of(found.where(_T.state == TaskState.OPEN.value, GONE_UP))
    put_off = between(_T.follow_up_at, query.follow_up_after, query.follow_up_before)
    if put_off:
        yield found.where(_IS_OPEN, *put_off)


def _is_asked(priority: int, query: TaskQuery) -> bool:
    least, most = query.min_priority, query.max_priority
    is_between = (least is None or priority >= least) and (most is None or priority <= most)
    return is_between and query.priority in {None, priority}


def is_offer(query: TaskQuery) -> bool:
    """Whether it asks for what somebody is offered."""
    return query.candidate_user is not None or query.candidate_groups is not None


def _is_everything(query: TaskQuery) -> bool:
    """Whether it asks for all tasks, at most of some states."""
    return replace(query, states=None, include_assigned=False) == _EVERYTHING


def _is_unfiltered(query: TaskQuery) -> bool:
    """Whether it asks for all that somebody may see, or is offered."""
    plain = replace(query, visible_to=None, candidate_user=None, candidate_groups=None)
    return _is_everything(plain) and (is_of_scope(query) or not is_offer(query))


def is_of_the_ended(query: TaskQuery, page: Page) -> bool:
    """Whether it asks for all tasks, or all that are visible, by their end."""
    # The cheapest question first: nearly no listing is by the end, and every one comes here.
    if page.max_results is None or _first_wish(page) != "ended_at":
        return False
    if query.states is not None and TaskState.COMPLETED not in query.states:
        return False
    return _is_everything(replace(query, visible_to=None))


def is_by_instance(query: TaskQuery, page: Page) -> bool:
    """Whether it asks for all that somebody may see, instance by instance."""
    if _first_wish(page) != "instance_id" or page.max_results is None or query.visible_to is None:
        return False
    return _is_everything(replace(query, visible_to=None))


def is_of_few(query: TaskQuery) -> bool:
    """Whether it names the instances or tasks that it is about, or who ended them."""
    named = (query.instance_id, query.instance_ids, query.task_id, query.task_ids)
    keys = (query.business_key, query.business_keys_in, query.ended_by)
    return any(each is not None for each in (*named, *keys))


def led(statement: Select[Any], query: TaskQuery) -> Select[Any]:
    """By what went up, of what somebody ended: SQLite would read all that he ever did."""
    is_gone_up = bool(query.is_escalated) or query.escalated_to is not None
    named = (query.instance_id, query.instance_ids, query.task_id, query.task_ids)
    is_named = any(each is not None for each in named)
    is_little = is_gone_up and query.ended_by is not None and not is_named
    return ESCALATED.of(statement) if is_little else statement


def is_of_scope(query: TaskQuery) -> bool:
    """Whether what is asked for is visible anyway: it is what the account has or is offered.

    Asking twice would double the work of an inbox.
    """
    scope = query.visible_to
    if scope is None:
        return True
    is_offered = (
        query.candidate_user in {None, scope.account}
        and query.candidate_groups is not None
        and scope.lanes.issuperset(query.candidate_groups)
    )
    went_up = query.escalated_to is not None and scope.lanes.issuperset(query.escalated_to)
    return query.assignee == scope.account or is_offered or went_up


def lanes_of(query: TaskQuery) -> frozenset[str] | None:
    """The lanes by which tasks are searched; None for any."""
    if is_offer(query):
        return frozenset(query.candidate_groups or ())
    return None if query.visible_to is None or is_of_scope(query) else query.visible_to.lanes
