"""The duty of messages: delivers kept ones as soon as exactly one waits for them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from engine.errors import Conflict
from engine.rests import Rests
from engine.sources import Clock

_log = logging.getLogger(__name__)

#: Kept messages asked for at once.
BATCH = 100
_SHORTEST_REST = timedelta(seconds=5)
_LONGEST_REST = timedelta(minutes=5)


class Kept(Protocol):
    """What the duty needs of engine.kept_messages.KeptMessages."""

    def to_look_at(self, limit: int) -> list[str]:
        """Ids of kept messages for which something new may wait."""
        ...

    def look_again(self, kept_id: str) -> bool:
        """Whether it was delivered now."""
        ...


class WaitingMessages:
    """Looks again for kept messages. What one brings may not fit: it is logged, and rests."""

    name = "messages"

    def __init__(self, kept: Kept, clock: Clock) -> None:
        self._kept = kept
        self._rests = Rests(clock, shortest=_SHORTEST_REST, longest=_LONGEST_REST)

    def turn(self, is_stopped: Callable[[], bool]) -> int:
        """Deliver what can be delivered now; how many messages."""
        # Resting messages are still to be looked at, and must not fill the batch.
        found = self._kept.to_look_at(BATCH + len(self._rests))
        self._rests.keep_only(found)
        delivered = 0
        for kept_id in found:
            if is_stopped():
                break
            if not self._rests.is_resting(kept_id):
                delivered += self._look(kept_id)
        return delivered

    def _look(self, kept_id: str) -> bool:
        try:
            is_delivered = self._kept.look_again(kept_id)
        except Conflict:
            return False  # somebody else moved the instance; it comes up again
        except Exception:  # noqa: BLE001 - the others must go on
            rest = self._rests.begin(kept_id)
            _log.exception("kept message %s was not delivered; again in %s", kept_id, rest)
            return False
        self._rests.end(kept_id)
        return is_delivered
