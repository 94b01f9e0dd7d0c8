"""The duty of signals: brings each to those that waited for it when it was thrown."""

from __future__ import annotations

from typing import Protocol

from engine.one_by_one import OneByOne
from engine.sources import Clock


class Pending(Protocol):
    """What the duty needs of engine.signals.Signals."""

    def pending(self, limit: int) -> list[str]:
        """Ids of what did not arrive yet."""
        ...

    def deliver(self, delivery_id: str) -> bool:
        """Whether it arrived now."""
        ...


class PendingSignals(OneByOne):
    """Delivers signals. What one brings may not fit a start form: it is logged, and rests."""

    name = "signals"

    def __init__(self, signals: Pending, clock: Clock) -> None:
        failure = "signal %s did not arrive; again in %s: %s"
        super().__init__(signals.pending, signals.deliver, clock, failure=failure)
