"""Counts the work that is open and running: the worker's duty, and whether what it keeps is right.

The counts follow from the rows alone, and a step waits for none of them: see store/work_counts.py.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from engine.errors import DamagedRow
from engine.model import Actor, Fault, Role
from engine.permissions import require_role
from engine.sources import Clock
from engine.store import Store

#: What a fault of a count is of, which is no instance.
COUNTS = "counts"
_log = logging.getLogger(__name__)

#: How old counts get while something changes; what a page adds up is what happened since.
_COUNT_EVERY = timedelta(seconds=5)
#: Rows that cannot be read are looked at again so often.
_LOOK_AGAIN = timedelta(minutes=10)


class Counting:
    """The duty: adds up what changed since it last did."""

    name = "counting"

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        #: Not before.
        self._next: datetime | None = None

    def turn(self, is_stopped: Callable[[], bool]) -> int:
        """Count, unless nothing has changed, or that was just done; how often."""
        now = self._clock.now()
        # A clock that was set back must not keep it from its work.
        is_rested = self._next is None or not self._next - _LOOK_AGAIN <= now < self._next
        if is_stopped() or not is_rested:
            return 0
        self._next = now + _COUNT_EVERY
        try:
            return self._count(now)
        except DamagedRow as error:
            _log.warning("what was counted cannot be read, and is counted anew: %s", error)
        try:
            return self._count(now, is_anew=True)
        except DamagedRow:
            self._next = now + _LOOK_AGAIN
            _log.exception("pages count all rows themselves, for these cannot be added up")
            return 0

    def _count(self, now: datetime, *, is_anew: bool = False) -> int:
        if not is_anew:
            with self._store.reading() as tx:
                if not tx.has_to_count(now):
                    return 0
        with self._store.writing() as tx:
            if is_anew:
                tx.count_work_anew(now)
            else:
                tx.count_work(now)
        return 1

    def faults(self, *, actor: Actor) -> Iterator[Fault]:
        """Everything that is counted otherwise than it is there. Auditors and admins only."""
        require_role(actor, "verify everything", Role.AUDITOR, Role.ADMIN)
        try:
            with self._store.reading() as tx:
                wrong = tx.wrong_counts(self._clock.now())
        except DamagedRow as error:
            yield Fault(COUNTS, None, "state", f"counts of work: {error}", found="unreadable")
            return
        for what, expected, found in wrong:
            yield Fault(COUNTS, None, "state", what, expected, found)
