"""How often one caller may do a thing, counted per minute in the memory of this process.

They keep one caller from taking all of a small machine. What guessers must not do more often,
however many processes there are, is counted in the database: engine/logins.py.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from threading import Lock

from werkzeug.exceptions import TooManyRequests

from engine.sources import Clock

_MINUTE = timedelta(minutes=1)

#: Access tokens from one address that are unknown or have expired; right ones are not counted.
WRONG_TOKENS = 60
#: Verification codes asked about from one address.
CODES = 60


class Rates:
    """Counters of one app, each of a kind and a key; a new minute begins with none."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._begun: datetime | None = None
        self._counts: Counter[tuple[str, str]] = Counter()

    def count(self, kind: str, key: str, *, most: int) -> None:
        """Count one more. Raises TooManyRequests, saying when to come back; `most` 0: no limit."""
        now = self._clock.now()
        with self._lock:
            if self._begun is None or not timedelta(0) <= now - self._begun < _MINUTE:
                self._begun, self._counts = now, Counter()
            self._counts[kind, key] += 1
            count, left = self._counts[kind, key], _MINUTE - (now - self._begun)
        if most and count > most:
            text = f"more than {most} {kind} in a minute"
            raise TooManyRequests(text, retry_after=int(left.total_seconds()) + 1)
