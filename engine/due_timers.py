"""The duty of timers: wakes the instances whose timers are due."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Protocol

from engine.errors import Conflict, DamagedRow, traced
from engine.rests import Rests
from engine.sources import Clock

_log = logging.getLogger(__name__)

#: Instances asked for at once.
BATCH = 100
_SHORTEST_REST = timedelta(seconds=5)
_LONGEST_REST = timedelta(minutes=5)


class Claim(Protocol):
    """An instance that is held: engine.instances.DueInstance."""

    @property
    def instance_id(self) -> str:
        """Of the instance."""
        ...

    @property
    def fire(self) -> Callable[[], None]:
        """Let its due timers fire."""
        ...


class DueInstances(Protocol):
    """What the duty needs of engine.instances.Instances."""

    def due(self, limit: int = ...) -> list[str]:
        """Ids of instances with a timer that is due."""
        ...

    def claimed_due(self, among: Collection[str]) -> AbstractContextManager[Claim | None]:
        """One of these that is still due, held within the block."""
        ...


class DueTimers:
    """Fires due timers. One instance's failure is logged with its id and rests for a while.

    Workers that come together claim one instance after the other, and never the same.
    """

    name = "timers"

    def __init__(self, instances: DueInstances, clock: Clock) -> None:
        self._instances = instances
        self._rests = Rests(clock, shortest=_SHORTEST_REST, longest=_LONGEST_REST)

    def turn(self, is_stopped: Callable[[], bool]) -> int:
        """Fire what is due now; how many instances moved."""
        # Resting instances are still due, and must not fill the batch.
        due = self._instances.due(BATCH + len(self._rests))
        self._rests.keep_only(due)
        waiting = {each for each in due if not self._rests.is_resting(each)}
        moved = 0
        while waiting and not is_stopped():
            done = self._fire_one_of(waiting)
            if done is None:
                break
            moved += done
        return moved

    def _fire_one_of(self, waiting: set[str]) -> bool | None:
        """Whether an instance moved, which waits no more then; None when other workers have all."""
        instance_id: str | None = None
        try:
            with self._instances.claimed_due(waiting) as claim:
                if claim is None:
                    return None
                instance_id = claim.instance_id
                waiting.discard(instance_id)
                claim.fire()
        except Conflict:
            return False  # a person was faster
        except Exception as error:  # the others must go on
            if instance_id is None and isinstance(error, DamagedRow):
                instance_id = error.instance_id
            if instance_id is None:
                raise
            waiting.discard(instance_id)
            rest = self._rests.begin(instance_id)
            told = (instance_id, rest, error)
            _log.error(
                "instance %s: its timer did not fire; again in %s: %s",
                *told,
                exc_info=traced(error),
            )
            return False
        self._rests.end(instance_id)
        return True
