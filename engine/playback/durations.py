"""How long a visit waited and was worked on, in working time, and whether it was late."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.bpmn.elements import ProcessModel
from engine.calendars import Calendars
from engine.deadlines import calendar_key, in_zone_of
from engine.playback.visits import Due, Visit
from engine.store import StoreTransaction
from engine.task_times import Stretch, passed
from engine.worktime import NoWorkingDay, Span, WorkCalendar


@dataclass(frozen=True, slots=True)
class Spent:
    """What a visit had taken by a step. None: there is no calendar, or nobody took it.

    It waited while it was in nobody's hands, and was worked on while it was in somebody's.
    """

    waiting: Span | None
    working: Span | None
    due_at: datetime | None
    is_late: bool


class Durations:
    """Counts visits of one process in its working calendars."""

    def __init__(self, tx: StoreTransaction, model: ProcessModel, calendars: Calendars) -> None:
        self._tx, self._model, self._calendars = tx, model, calendars
        self._kept: dict[tuple[str, int], WorkCalendar | None] = {}

    def of(self, visits: Iterable[Visit], step: int, at: datetime) -> dict[str, Spent]:
        """By visit id, as it was after that step, at that moment; of user tasks only."""
        return {v.visit_id: self._spent(v, step, at) for v in visits if v.type == "userTask"}

    def length(self, since: datetime, until: datetime) -> Span | None:
        """How much working time lies between two moments in the process's calendar as it is now."""
        calendar = self._calendar(None)
        try:
            return calendar.span(since, until) if calendar else None
        except NoWorkingDay:
            return None

    def _spent(self, visit: Visit, step: int, at: datetime) -> Spent:
        if visit.ended_in is not None and visit.ended_in <= step and visit.ended_at is not None:
            step, at = visit.ended_in, visit.ended_at
        due = visit.due_after(step)
        parts = _stretches(visit, step, at)
        calendar = self._calendar(due)
        waiting, working = passed(parts, calendar) if calendar else (None, None)
        return Spent(
            waiting=_span(calendar, waiting, visit),
            working=_span(calendar, working, visit) if any(p.is_held for p in parts) else None,
            due_at=due.at if due else None,
            is_late=due is not None and due.at is not None and due.at < at,
        )

    def _calendar(self, due: Due | None) -> WorkCalendar | None:
        """That of the deadline at its revision; else the process's as it is now."""
        key = (due.calendar if due else None) or calendar_key(self._model)
        revision = (due.revision if due else None) or self._tx.last_calendar_revision(key) or 0
        if (key, revision) not in self._kept:
            found = self._calendars.at_revision(self._tx, key, revision) if revision else None
            self._kept[key, revision] = in_zone_of(self._model, found) if found else None
        return self._kept[key, revision]


def _stretches(visit: Visit, step: int, until: datetime) -> list[Stretch]:
    """The visit's time, cut where it got into hands or out of them."""
    found: list[Stretch] = []
    since, holder = visit.entered_at, None
    for hand in visit.hands:
        if hand.step <= step and hand.account != holder:
            found.append(Stretch(since, hand.at, holder is not None))
            since, holder = hand.at, hand.account
    return [*found, Stretch(since, until, holder is not None)]


def _span(calendar: WorkCalendar | None, time: timedelta | None, visit: Visit) -> Span | None:
    try:
        return calendar.span_of(time, visit.entered_at) if calendar and time is not None else None
    except NoWorkingDay:
        return None
