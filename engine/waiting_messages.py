"""The duty of messages: delivers kept ones as soon as exactly one waits for them."""

from __future__ import annotations

from typing import Protocol

from engine.one_by_one import OneByOne
from engine.sources import Clock


class Kept(Protocol):
    """What the duty needs of engine.kept_messages.KeptMessages."""

    def to_look_at(self, limit: int) -> list[str]:
        """Ids of kept messages for which something new may wait."""
        ...

    def look_again(self, kept_id: str) -> bool:
        """Whether it was delivered now."""
        ...


class WaitingMessages(OneByOne):
    """Looks again for kept messages. What one brings may not fit: it is logged, and rests."""

    name = "messages"

    def __init__(self, kept: Kept, clock: Clock) -> None:
        failure = "kept message %s was not delivered; again in %s: %s"
        super().__init__(kept.to_look_at, kept.look_again, clock, failure=failure)
