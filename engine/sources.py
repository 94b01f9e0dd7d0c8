"""The only home of the wall clock, of random ids and of secrets.

Everything else is handed a Clock and Ids, so that a test moves time by hand and a replay sees the
times that were recorded.
"""

from __future__ import annotations

import secrets
import time
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

    def new_instance_id(self) -> str:
        """A fresh UUID as text, which sorts after those of instances that began before it."""
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

    def new_instance_id(self) -> str:
        """See Ids.new_instance_id: version 7 of RFC 9562 §5.7, the milliseconds and random bits.

        What a database keeps of instances of one time lies side by side then: a step touches pages
        that others have just touched, however many instances there are.
        """
        milliseconds = int(time.time() * 1000) & (1 << 48) - 1
        return ordered_uuid(milliseconds.to_bytes(6), secrets.token_bytes(10), version=7)

    def new_secret(self) -> str:
        """See Ids.new_secret."""
        return secrets.token_urlsafe(32)


def ordered_uuid(beginning: bytes, others: bytes, *, version: int) -> str:
    """A UUID as text, in the order of its beginning (6 bytes); of the others (10) 6 bits give way.

    version: of RFC 9562 §4.2.
    """
    found = bytearray(beginning + others)
    found[6] = found[6] & 0x0F | version << 4
    found[8] = found[8] & 0x3F | 0x80
    return uuid_text(found)


def uuid_text(value: bytes | bytearray) -> str:
    """16 bytes as RFC 9562 §4 writes them. `str(uuid.UUID(...))` takes three times as long."""
    text = value.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def whole_milliseconds(moment: datetime) -> datetime:
    """The moment without its microseconds: the finest time that history records."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
