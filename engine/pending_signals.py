"""The duty of signals: brings each to those that waited for it when it was thrown."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from engine.errors import Conflict
from engine.rests import Rests
from engine.sources import Clock

_log = logging.getLogger(__name__)

#: Deliveries asked for at once.
BATCH = 100
_SHORTEST_REST = timedelta(seconds=5)
_LONGEST_REST = timedelta(minutes=5)


class Pending(Protocol):
    """What the duty needs of engine.signals.Signals."""

    def pending(self, limit: int) -> list[str]:
        """Ids of what did not arrive yet."""
        ...

    def deliver(self, delivery_id: str) -> bool:
        """Whether it arrived now."""
        ...


class PendingSignals:
    """Delivers signals. What one brings may not fit a start form: it is logged, and rests."""

    name = "signals"

    def __init__(self, signals: Pending, clock: Clock) -> None:
        self._signals = signals
        self._rests = Rests(clock, shortest=_SHORTEST_REST, longest=_LONGEST_REST)

    def turn(self, is_stopped: Callable[[], bool]) -> int:
        """Deliver what is on its way; how many arrived."""
        # Resting ones are still on their way, and must not fill the batch.
        found = self._signals.pending(BATCH + len(self._rests))
        self._rests.keep_only(found)
        arrived = 0
        for delivery_id in found:
            if is_stopped():
                break
            if not self._rests.is_resting(delivery_id):
                arrived += self._deliver(delivery_id)
        return arrived

    def _deliver(self, delivery_id: str) -> bool:
        try:
            has_arrived = self._signals.deliver(delivery_id)
        except Conflict:
            return False  # somebody else moved the instance; it comes up again
        except Exception:  # noqa: BLE001 - the others must go on
            rest = self._rests.begin(delivery_id)
            _log.exception("signal %s did not arrive; again in %s", delivery_id, rest)
            return False
        self._rests.end(delivery_id)
        return has_arrived
