"""Messages and signals: what waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class EventSubscription:
    """An activity that waits for a message or signal: a projection of the open work.

    `kind` is "message" or "signal". The activity instance that waits is that of a gateway when
    `activity_id` is one of the events behind it.
    """

    subscription_id: str
    instance_id: str
    activity_id: str
    activity_instance_id: str
    kind: str
    name: str
    created_at: datetime
