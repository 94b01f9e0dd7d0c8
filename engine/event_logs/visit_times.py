"""How long visits waited and were worked on, in the working calendars of their deadlines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from engine.bpmn.elements import ProcessModel
from engine.calendars import Calendars
from engine.deadlines import calendar_key, in_zone_of
from engine.store import Store
from engine.task_times import Stretch, passed
from engine.worktime import WorkCalendar


class VisitTimes:
    """Counts visits of one process; each revision of a calendar is read once."""

    def __init__(self, store: Store, calendars: Calendars, model: ProcessModel) -> None:
        self._store, self._calendars, self._model = store, calendars, model
        self._kept: dict[tuple[str, int], WorkCalendar | None] = {}

    def passed(
        self, stretches: Iterable[Stretch], calendar: tuple[str, int] | None
    ) -> tuple[timedelta | None, timedelta | None]:
        """(waiting, working) time; None when the office has no calendar yet.

        calendar: key and revision of the one that set the deadline; None: the process's as it is.
        """
        found = self._calendar(calendar or (calendar_key(self._model), 0))
        return passed(stretches, found) if found else (None, None)

    def _calendar(self, key: tuple[str, int]) -> WorkCalendar | None:
        if key not in self._kept:
            name, revision = key
            with self._store.reading() as tx:
                revision = revision or tx.last_calendar_revision(name)
                found = self._calendars.at_revision(tx, name, revision) if revision else None
            self._kept[key] = in_zone_of(self._model, found) if found else None
        return self._kept[key]
