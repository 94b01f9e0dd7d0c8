"""Other systems that send signed messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MessageSource:
    """A system that may send messages of these names, proved by its secret.

    Secrets are sealed with the office's secret key. While `former_secret` is there and
    `former_until` has not come, either proves it.
    """

    source_id: str
    name: str
    message_names: frozenset[str]
    created_at: datetime
    created_by: str
    secret: str = field(repr=False)
    former_secret: str | None = field(default=None, repr=False)
    former_until: datetime | None = None
    is_active: bool = True
    last_used_at: datetime | None = None
