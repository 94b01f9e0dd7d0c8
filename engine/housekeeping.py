"""The duty of housekeeping: what no longer counts is dropped, once an hour.

Several workers may do it at the same time: what one has dropped the other does not find.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from engine.errors import PASSING_TROUBLE, traced
from engine.sources import Clock

_log = logging.getLogger(__name__)
_EVERY = timedelta(hours=1)

#: Drops what is old of one kind, and says how much that was.
Chore = Callable[[], int]


class Housekeeping:
    """Does each chore once an hour, the first time when the worker begins.

    Nothing waits for it: what has ended counts no more, whether or not it is dropped yet.
    """

    name = "housekeeping"

    def __init__(self, chores: Sequence[Chore], clock: Clock) -> None:
        self._chores = tuple(chores)
        self._clock = clock
        self._done_at: datetime | None = None

    def turn(self, is_stopped: Callable[[], bool]) -> int:
        """Do the chores when an hour is over; how much was dropped.

        When one fails the others are done, and its failure is raised: all are done again soon.
        """
        now = self._clock.now()
        # A clock that was set back must not prolong the pause.
        if self._done_at is not None and self._done_at <= now < self._done_at + _EVERY:
            return 0
        dropped, failures = 0, []
        for chore in self._chores:
            if is_stopped():
                return dropped
            try:
                dropped += chore()
            except PASSING_TROUBLE:
                raise  # those behind it would fare no better
            except Exception as error:  # noqa: BLE001 - the chores behind it are done nevertheless
                failures.append(error)
                _log.error("a chore of housekeeping failed: %s", error, exc_info=traced(error))
        if failures:
            raise failures[-1]
        self._done_at = now
        return dropped
