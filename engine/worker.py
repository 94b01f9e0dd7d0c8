"""The worker: wakes instances whose timers are due, until it is told to stop.

Any number of workers may run on one database: who comes second finds nothing to do.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from typing import Protocol

from engine.errors import Conflict
from engine.sources import Clock

_log = logging.getLogger(__name__)

#: Instances asked for at once.
BATCH = 100
_SHORTEST_REST = timedelta(seconds=5)
_LONGEST_REST = timedelta(minutes=5)


class DueInstances(Protocol):
    """What the worker needs of engine.instances.Instances."""

    def due(self, limit: int = ...) -> list[str]:
        """Ids of instances with a timer that is due."""
        ...

    def fire_due(self, instance_id: str) -> bool:
        """Whether the due timers of the instance fired now."""
        ...


@dataclass(frozen=True, slots=True)
class _Rest:
    """How long an instance that failed is left alone."""

    until: datetime
    length: timedelta


class Worker:
    """Fires due timers. One instance's failure is logged with its id and rests for a while."""

    def __init__(self, instances: DueInstances, clock: Clock, *, pause_s: float = 1.0) -> None:
        self._instances = instances
        self._clock = clock
        self._pause_s = pause_s
        self._resting: dict[str, _Rest] = {}

    def run(self, stop: Event) -> None:
        """Work until `stop` is set; the step under way is finished."""
        while not stop.is_set():
            if not self._turn_logged(stop.is_set):
                stop.wait(self._pause_s)

    def turn(self, is_stopped: Callable[[], bool] = lambda: False) -> int:
        """Fire all that is due now; how many instances moved."""
        # Resting instances are still due, and must not fill the batch.
        due = self._instances.due(BATCH + len(self._resting))
        self._resting = {each: self._resting[each] for each in due if each in self._resting}
        moved = 0
        for instance_id in due:
            if is_stopped():
                break
            if not self._is_resting(instance_id):
                moved += self._fire(instance_id)
        return moved

    def _turn_logged(self, is_stopped: Callable[[], bool]) -> int:
        try:
            return self.turn(is_stopped)
        except Exception:  # noqa: BLE001 - the database may be away; the worker outlives that
            _log.exception("the due instances could not be asked for")
            return 0

    def _fire(self, instance_id: str) -> bool:
        try:
            is_moved = self._instances.fire_due(instance_id)
        except Conflict:
            return False  # another worker or a person was faster
        except Exception:  # noqa: BLE001 - the others must go on
            rest = self._let_rest(instance_id)
            _log.exception("instance %s: its timer did not fire; again in %s", instance_id, rest)
            return False
        self._resting.pop(instance_id, None)
        return is_moved

    def _is_resting(self, instance_id: str) -> bool:
        rest = self._resting.get(instance_id)
        return rest is not None and self._clock.now() < rest.until

    def _let_rest(self, instance_id: str) -> timedelta:
        before = self._resting.get(instance_id)
        length = min(before.length * 2, _LONGEST_REST) if before else _SHORTEST_REST
        self._resting[instance_id] = _Rest(self._clock.now() + length, length)
        return length
