"""When what did not arrive is sent again, and when it is given up.

Standard Webhooks, "Deliverability and reliability": these waits, with jitter; `Retry-After` counts.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

#: Between one try and the next; 75.6 hours in all.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
MAX_TRIES = len(WAITS) + 1
#: A wait is longer by up to this part of it, so that what failed together comes back apart.
JITTER = 0.1
#: A receiver that asks for more is asked again after this.
LONGEST_WAIT = timedelta(hours=24)
#: A subscription to which nothing has arrived for this long is given up.
PATIENCE = timedelta(days=5)


def wait_after(
    tries: int, delivery_id: str, retry_after_s: float | None = None
) -> timedelta | None:
    """How long after try number `tries` the next one comes; None when that was the last."""
    if tries >= MAX_TRIES:
        return None
    wait = WAITS[tries - 1] * (1 + JITTER * _fraction(f"{delivery_id}:{tries}"))
    asked = timedelta(seconds=min(retry_after_s or 0, LONGEST_WAIT.total_seconds()))
    return max(wait, asked)


def _fraction(seed: str) -> float:
    """A number from 0 to 1 that looks random, and is the same whenever it is asked for."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big") / 2**32
