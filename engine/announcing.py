"""The duty of the outbox: what happened becomes a delivery to each who is told of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from engine.sources import Clock

#: How often the log is looked through for what is old.
_CLEAN_EVERY = timedelta(days=1)


class Outbox(Protocol):
    """What the duty needs of engine.deliveries.Deliveries."""

    def expand(self) -> int:
        """Turn announcements into deliveries; how many announcements."""
        ...

    def forget_old(self) -> int:
        """Delete what is old in the log; how many deliveries."""
        ...


class Announcing:
    """Empties the outbox, and once a day the old end of the log."""

    name = "announcements"

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox = outbox
        self._clock = clock
        self._cleaned_at: datetime | None = None

    def turn(self, is_stopped: Callable[[], bool]) -> int:  # noqa: ARG002 - one short transaction
        """Expand a part of the outbox; how many announcements."""
        now = self._clock.now()
        cleaned_at = self._cleaned_at
        # A clock that was set back must not prolong the pause.
        if cleaned_at is None or not cleaned_at <= now < cleaned_at + _CLEAN_EVERY:
            self._outbox.forget_old()
            self._cleaned_at = now
        return self._outbox.expand()
