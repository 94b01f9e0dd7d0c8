"""A duty that deals with one thing after the other, and lets what failed rest."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from engine.errors import Conflict, traced
from engine.rests import Rests
from engine.sources import Clock

_log = logging.getLogger(__name__)

#: Things asked for at once.
BATCH = 100
SHORTEST_REST = timedelta(seconds=5)
LONGEST_REST = timedelta(minutes=5)


class OneByOne:
    """Finds ids and deals with each, in its own transaction.

    find: at most so many ids that wait. deal: whether one is done now. failure: what the log says
    of one that failed, with a place for its id and for how long it rests.
    """

    def __init__(
        self,
        find: Callable[[int], list[str]],
        deal: Callable[[str], bool],
        clock: Clock,
        *,
        failure: str,
    ) -> None:
        self._find = find
        self._deal = deal
        self._failure = failure
        self._rests = Rests(clock, shortest=SHORTEST_REST, longest=LONGEST_REST)

    def turn(self, is_stopped: Callable[[], bool]) -> int:
        """Deal with what waits now; how many were done."""
        # What rests still waits, and must not fill the batch.
        found = self._find(BATCH + len(self._rests))
        self._rests.keep_only(found)
        done = 0
        for each in found:
            if is_stopped():
                break
            if not self._rests.is_resting(each):
                done += self._deal_with(each)
        return done

    def _deal_with(self, each: str) -> bool:
        try:
            is_done = self._deal(each)
        except Conflict:
            return False  # somebody else moved the instance; it comes up again
        except Exception as error:  # noqa: BLE001 - the others must go on
            told = (each, self._rests.begin(each), error)
            _log.error(self._failure, *told, exc_info=traced(error))
            return False
        self._rests.end(each)
        return is_done
