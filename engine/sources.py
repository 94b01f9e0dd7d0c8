"""The only home of the wall clock, of random ids and of secrets.

Everything else is handed a Clock and Ids, so that a test moves time by hand and a replay sees the
times that were recorded.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present moment: aware, UTC, whole milliseconds (what the API can say and replay)."""
        ...


class Ids(Protocol):
    """Mints ids and secrets."""

    def new_id(self) -> str:
        """A fresh UUID as text."""
        ...

    def new_secret(self) -> str:
        """256 random bits as URL-safe text."""
        ...


class SystemClock:
    """The computer's clock."""

    def now(self) -> datetime:
        """See Clock.now."""
        return whole_milliseconds(datetime.now(UTC))


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self._now = whole_milliseconds(start.astimezone(UTC))

    def now(self) -> datetime:
        """See Clock.now."""
        return self._now

    def advance(self, **duration: float) -> datetime:
        """Move on by `timedelta(**duration)`, and say what time it is then."""
        self._now = whole_milliseconds(self._now + timedelta(**duration))
        return self._now


class RandomIds:
    """Ids and secrets from the operating system's randomness."""

    def new_id(self) -> str:
        """See Ids.new_id."""
        return str(uuid.uuid4())

    def new_secret(self) -> str:
        """See Ids.new_secret."""
        return secrets.token_urlsafe(32)


def whole_milliseconds(moment: datetime) -> datetime:
    """The moment without its microseconds: the finest time that history records."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
