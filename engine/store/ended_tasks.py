"""Tasks in the order of their end, or of instances, for who sees all of them or some.

Indexes have all tasks in these orders, and none of them the tasks of a lane. Whoever sees a good
part of all is answered by reading these until the page is full; whoever sees few, by what he sees.
Which of both is less nobody knows beforehand: each is tried with a bound that grows.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, case, func, select

from engine.model import TaskState
from engine.queries import Page, SortOrder, TaskQuery
from engine.store.filters import Conditions, among
from engine.store.leading import hidden
from engine.store.tables import user_task
from engine.store.task_facets import TaskFacets, is_by_instance, is_of_the_ended
from engine.store.task_searches import seen_by

_T = user_task.c
#: Of these ix_user_task_ended_at has each in the order of the end.
_PARTS = (_T.is_measured, ~_T.is_measured)
_ENDED = frozenset({TaskState.COMPLETED, TaskState.CANCELLED})
#: Tasks that are read of each part at first, for each that is shown; and by how much more then.
_FIRST, _GROWTH = 8, 4


class Number(Protocol):
    """Tells how many tasks a query finds, up to a bound."""

    def __call__(self, query: TaskQuery, *, at_most: int) -> int:
        """How many they are; of more than `at_most` no more than that."""
        ...


class EndedTasks(TaskFacets):
    """Questions about tasks in the order of their end."""

    def _by_end(self, query: TaskQuery, page: Page, number: Number) -> list[Conditions] | None:
        """The parts in which an index has the page; None: it has not, or what is visible is less.

        Each part says what is visible.
        """
        if not is_of_the_ended(query, page) or page.max_results is None:
            return None
        begin = _begin(page)
        if begin is None:
            return None
        scope, shown = query.visible_to, page.first_result + page.max_results
        ended = replace(query, states=_ENDED.intersection(query.states or _ENDED))
        visible = [] if scope is None else [seen_by(scope)]
        parts = [[part, _T.ended_at.is_not(None), *begin] for part in _PARTS]
        wanted = and_(*hidden(among(_T.state, ended.states)), *visible, *_further(page))
        most = max(shown, 1) * _FIRST
        while True:
            by_end = _T.ended_at.desc() if _is_backwards(page) else _T.ended_at
            found = [self._among_first(most, part, wanted, by_end) for part in parts]
            if all(read < most or seen >= shown for read, seen in found):
                is_full = sum(seen for _, seen in found) >= shown
                has_open = query.states is None or TaskState.OPEN in query.states
                return [[*p, *visible] for p in parts] if is_full or not has_open else None
            if number(ended, at_most=most) < most:
                return None
            most *= _GROWTH

    def _by_instance(self, query: TaskQuery, page: Page, number: Number) -> list[Conditions] | None:
        """The part in which an index has the page, and what is visible; None: it has not, or less.

        The index has what has ended, too.
        """
        scope = query.visible_to
        if scope is None or page.max_results is None or not is_by_instance(query, page):
            return None
        begin, further = _behind_instance(page)
        part = [*begin, seen_by(scope)]
        wanted = and_(*hidden(among(_T.state, query.states)), *part, *further)
        by_id = _T.instance_id.desc() if _is_backwards(page) else _T.instance_id
        shown = page.first_result + page.max_results
        most = max(shown, 1) * _FIRST * _GROWTH
        while number(query, at_most=most) >= most:
            read, seen = self._among_first(most, begin, wanted, by_id)
            if seen >= shown or read < most:
                return [part]
            most *= _GROWTH
        return None

    def _among_first(
        self, most: int, part: Conditions, wanted: ColumnElement[bool], order: ColumnElement[Any]
    ) -> tuple[int, int]:
        """How many tasks the part has, of those that come first; how many of these are wanted."""
        is_wanted = case((wanted, 1), else_=0).label("wanted")
        first = select(is_wanted).where(*part).order_by(order).limit(most).subquery()
        wanted_ones = func.coalesce(func.sum(first.c.wanted), 0)
        row = self._first(select(func.count().label("read"), wanted_ones.label("wanted")))
        return (0, 0) if row is None else (int(row.read), int(row.wanted))


def _is_backwards(page: Page) -> bool:
    return page.sorting[0][1] is SortOrder.DESC


def _begin(page: Page) -> Conditions | None:
    """Where in the index a page behind a place begins; None: beyond all that has an end."""
    if page.after is None:
        return []
    place = page.after[0] if page.after else None
    if not isinstance(place, datetime):
        return None
    return [_T.ended_at <= place if _is_backwards(page) else _T.ended_at >= place]


def _further(page: Page) -> Conditions:
    """That a task surely comes behind the page's place, also of those that ended with it."""
    if page.after is None:
        return []
    return [_T.ended_at < page.after[0] if _is_backwards(page) else _T.ended_at > page.after[0]]


def _behind_instance(page: Page) -> tuple[Conditions, Conditions]:
    """Where in the index a page behind a place begins; and what surely comes behind that."""
    place = page.after[0] if page.after else None
    if not isinstance(place, str):
        return [], []
    if _is_backwards(page):
        return [_T.instance_id <= place], [_T.instance_id < place]
    return [_T.instance_id >= place], [_T.instance_id > place]
