"""What listings of what waits, was kept and was sent may be asked."""

from __future__ import annotations

from dataclasses import dataclass

from engine.model import Channel, DeliveryState, KeptState


@dataclass(frozen=True, slots=True)
class EventSubscriptionQuery:
    """Filters of a listing of what waits for messages and signals."""

    subscription_id: str | None = None
    #: "message" or "signal".
    kind: str | None = None
    name: str | None = None
    instance_id: str | None = None
    activity_id: str | None = None
    #: Of the process instance that waits.
    business_key: str | None = None


@dataclass(frozen=True, slots=True)
class KeptMessageQuery:
    """Filters of a listing of kept messages."""

    name: str | None = None
    state: KeptState | None = None


@dataclass(frozen=True, slots=True)
class DeliveryQuery:
    """Filters of the log of deliveries."""

    delivery_id: str | None = None
    subscription_id: str | None = None
    channel: Channel | None = None
    state: DeliveryState | None = None
    instance_id: str | None = None
