"""Adds up what was measured, day by day and month by month, when these are over: for reports.

A part of measuring: tallies are made of measures alone, and are right or not there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from engine.errors import DamagedRow
from engine.model import Actor, Fault, Period, Role
from engine.permissions import require_role
from engine.sources import Clock
from engine.store import Store

#: What a fault of a tally is of, which is no instance.
TALLIES = "tallies"
_log = logging.getLogger(__name__)

#: Whoever forgets measures in another process takes tallies away: it is looked for them so often.
_LOOK_EVERY = timedelta(minutes=10)
#: What a clock says that was wrong once has no tallies: they would begin with 1970.
_LONG_AGO = timedelta(days=3660)


class Tallying:
    """Keeps tallied what is over, in the days of the office."""

    def __init__(self, store: Store, clock: Clock, zone: ZoneInfo) -> None:
        self._store = store
        self._clock = clock
        self._zone = zone
        #: What was tallied up to the first moment need not be looked at again before the second.
        self._looked: tuple[datetime, datetime] | None = None

    def turn(self, is_stopped: Callable[[], bool], *, measured_from: datetime | None) -> int:
        """Tally the days and months that are over and are not tallied; how many.

        measured_from: the first end that was measured just now; None for none.
        """
        now = self._clock.now()
        if not self._has_to_look(now, measured_from):
            return 0
        today = _day(now, self._zone)
        self._looked = today.since, min(now + _LOOK_EVERY, today.until)
        try:
            return sum(self._tally(each) for each in self._missing(now) if not is_stopped())
        except DamagedRow:
            _log.exception("reports add up what is measured themselves, for it cannot be tallied")
            return 0

    def faults(self, *, actor: Actor) -> Iterator[Fault]:
        """Every tally that is not what its measures come to. Auditors and admins only."""
        require_role(actor, "verify everything", Role.AUDITOR, Role.ADMIN)
        with self._store.reading() as tx:
            spans = tx.tallied_spans()
        for each in spans:
            fault = self._fault(each)
            if fault is not None:
                yield fault
        for row in self._store.quarantine.rows_of("tallied_span"):
            yield Fault(TALLIES, None, "state", f"{row} cannot be read", found="unreadable")

    def _fault(self, span: Period) -> Fault | None:
        of = " to ".join(f"{each.astimezone(self._zone):%Y-%m-%d}" for each in _days(span))
        try:
            with self._store.reading() as tx:
                if tx.is_tallied_right(span):
                    return None
        except DamagedRow as error:
            return Fault(TALLIES, None, "state", f"tally of {of}: {error}", found="unreadable")
        return Fault(
            TALLIES, None, "state", f"tally of {of}", "what its measures come to", "another"
        )

    def _has_to_look(self, now: datetime, measured_from: datetime | None) -> bool:
        if self._looked is None:
            return True
        until, next_look = self._looked
        return now >= next_look or (measured_from is not None and measured_from < until)

    def _tally(self, span: Period) -> bool:
        with self._store.writing() as tx:
            return tx.tally(span)

    def _missing(self, now: datetime) -> list[Period]:
        with self._store.reading() as tx:
            first = tx.first_measured_end()
            known = set(tx.tallied_spans())
        if first is None:
            return []
        first = max(first, now - _LONG_AGO)
        # Days first: a month is added up from them.
        spans = chain(*(_spans(each, first, now, self._zone) for each in (_day, _month)))
        return [each for each in spans if each not in known]


def _spans(
    around: Callable[[datetime, ZoneInfo], Period], first: datetime, now: datetime, zone: ZoneInfo
) -> Iterator[Period]:
    """One after the other, from that around the first moment to the last that is over."""
    span = around(first, zone)
    while span.until <= now:
        yield span
        span = around(span.until, zone)


def _day(at: datetime, zone: ZoneInfo) -> Period:
    first = _midnight(at.astimezone(zone))
    # By way of noon, whatever the clocks of the zone do at night.
    return Period(first.astimezone(UTC), _midnight(first + timedelta(hours=36)).astimezone(UTC))


def _month(at: datetime, zone: ZoneInfo) -> Period:
    first = _midnight(at.astimezone(zone)).replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return Period(first.astimezone(UTC), following.astimezone(UTC))


def _days(span: Period) -> tuple[datetime, datetime]:
    """In which the first and the last day of it are."""
    return span.since, span.until - timedelta(milliseconds=1)


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
