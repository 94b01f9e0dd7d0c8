"""The duty of timers: wakes the instances whose timers are due."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from engine.errors import Conflict
from engine.rests import Rests
from engine.sources import Clock

_log = logging.getLogger(__name__)

#: Instances asked for at once.
BATCH = 100
_SHORTEST_REST = timedelta(seconds=5)
_LONGEST_REST = timedelta(minutes=5)


class DueInstances(Protocol):
    """What the duty needs of engine.instances.Instances."""

    def due(self, limit: int = ...) -> list[str]:
        """Ids of instances with a timer that is due."""
        ...

    def fire_due(self, instance_id: str) -> bool:
        """Whether the due timers of the instance fired now."""
        ...


class DueTimers:
    """Fires due timers. One instance's failure is logged with its id and rests for a while."""

    name = "timers"

    def __init__(self, instances: DueInstances, clock: Clock) -> None:
        self._instances = instances
        self._rests = Rests(clock, shortest=_SHORTEST_REST, longest=_LONGEST_REST)

    def turn(self, is_stopped: Callable[[], bool]) -> int:
        """Fire what is due now; how many instances moved."""
        # Resting instances are still due, and must not fill the batch.
        due = self._instances.due(BATCH + len(self._rests))
        self._rests.keep_only(due)
        moved = 0
        for instance_id in due:
            if is_stopped():
                break
            if not self._rests.is_resting(instance_id):
                moved += self._fire(instance_id)
        return moved

    def _fire(self, instance_id: str) -> bool:
        try:
            is_moved = self._instances.fire_due(instance_id)
        except Conflict:
            return False  # another worker or a person was faster
        except Exception:  # noqa: BLE001 - the others must go on
            rest = self._rests.begin(instance_id)
            _log.exception("instance %s: its timer did not fire; again in %s", instance_id, rest)
            return False
        self._rests.end(instance_id)
        return is_moved
