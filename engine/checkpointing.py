"""The duty of checkpoints: makes one each hour in which something changed, and after an end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from engine.sources import Clock

#: Between two looks; an end is listed within a minute.
_PAUSE = timedelta(seconds=10)


class _Making(Protocol):
    def make_when_due(self) -> int:
        """How many checkpoints were made."""
        ...


class Checkpointing:
    """Looks whether a checkpoint is due. Of several workers one makes it."""

    name = "checkpoints"

    def __init__(self, checkpoints: _Making, clock: Clock) -> None:
        self._checkpoints = checkpoints
        self._clock = clock
        self._looked_at: datetime | None = None

    def turn(self, is_stopped: Callable[[], bool]) -> int:  # noqa: ARG002 - it is one piece of work
        """Make what is due; how many checkpoints that were."""
        now = self._clock.now()
        # A clock that was set back must not prolong the pause.
        if self._looked_at is not None and self._looked_at <= now < self._looked_at + _PAUSE:
            return 0
        self._looked_at = now
        return self._checkpoints.make_when_due()
