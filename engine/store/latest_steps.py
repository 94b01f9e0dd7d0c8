"""Which instances had the first or the last steps there were, to find what ended in these.

All events of a step have one moment, its input among them. An index has the inputs of people and
programs by their moment, and another one those of each kind; no index has the ends of visits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Select, literal, select, union_all

from engine.errors import DamagedRow
from engine.model import INPUT_KINDS, EventKind
from engine.queries import ActivityQuery, Page, SortOrder
from engine.store.filters import Conditions
from engine.store.tables import history_event, of_kind
from engine.store.transaction import FEW, Transaction

_E = history_event.c
#: Steps that are looked at first, for each visit that is shown, and by how much more then.
_FIRST, _GROWTH = 2, 4
#: Beyond so many of a source what is sought is rare, or far: it is sought among all visits.
_MOST = 2000
#: What no index has by its kind: tasks are completed by somebody.
_BY_SOMEBODY = EventKind.TASK_COMPLETED


class LatestSteps(Transaction):
    """Narrows what is asked about visits in the order of their end."""

    def _by_steps(self, query: ActivityQuery, page: Page) -> Iterator[ActivityQuery]:
        """The same query of ever more of what ended first or last, by the instances of that.

        Whoever finds a full page has all that stands on it. There are none of another order, or
        when it is of instances or of a period anyway.
        """
        if not _is_by_end(query, page):
            return
        most = max(page.first_result + (page.max_results or 0), 1) * _FIRST
        while most <= _MOST:
            found = self._ended_beside(most, page)
            if found is None or len(found[0]) > FEW:
                return
            ids, until = found
            if _is_backwards(page):
                yield replace(query, instance_ids=ids, ended_after=until)
            else:
                yield replace(query, instance_ids=ids, ended_before=until)
            most *= _GROWTH

    def _ended_beside(self, most: int, page: Page) -> tuple[tuple[str, ...], datetime] | None:
        """Instances of the steps that come before a moment in the order, and the moment.

        None: so many steps there are not, or one of them cannot be read.
        """
        parts = (_steps(n, each, most, page) for n, each in enumerate(_SOURCES))
        try:
            rows = self._all(union_all(*parts))
        except DamagedRow:
            return None
        if any(row.at is None or row.instance_id is None for row in rows):
            return None
        seen: dict[int, list[datetime]] = {}
        for row in rows:
            seen.setdefault(row.source, []).append(row.at)
        backwards = _is_backwards(page)
        # Of what has more steps than were read, some may be missing from its last moment on.
        ends = [min(m) if backwards else max(m) for m in seen.values() if len(m) == most]
        if not ends:
            return None
        until = max(ends) if backwards else min(ends)
        ids = {row.instance_id for row in rows if _comes_before(row.at, until, backwards=backwards)}
        return tuple(sorted(ids)), until


def _comes_before(at: datetime, until: datetime, *, backwards: bool) -> bool:
    return at > until if backwards else at < until


#: Conditions of which each step's input meets one; an index has the order of each.
_SOURCES: tuple[Conditions, ...] = (
    [_E.actor.is_not(None)],
    *([of_kind(history_event, kind)] for kind in sorted(INPUT_KINDS - {_BY_SOMEBODY})),
)


def _steps(number: int, source: Conditions, most: int, page: Page) -> Select[tuple[object, ...]]:
    by_time = _E.at.desc() if _is_backwards(page) else _E.at
    further: Conditions = []
    if page.after and isinstance(page.after[0], datetime):
        place = page.after[0]
        further = [_E.at <= place if _is_backwards(page) else _E.at >= place]
    first = select(_E.instance_id, _E.at).where(*source, *further).order_by(by_time).limit(most)
    part = first.subquery()
    return select(literal(number).label("source"), part.c.instance_id, part.c.at)


def _is_by_end(query: ActivityQuery, page: Page) -> bool:
    if page.max_results is None or not page.sorting or page.sorting[0][0] != "ended_at":
        return False
    if page.after is not None and not (page.after and isinstance(page.after[0], datetime)):
        return False
    named = (query.instance_id, query.instance_ids, query.activity_instance_id)
    period = (query.started_after, query.started_before, query.ended_after, query.ended_before)
    return query.is_finished is not False and all(each is None for each in (*named, *period))


def _is_backwards(page: Page) -> bool:
    return page.sorting[0][1] is SortOrder.DESC
