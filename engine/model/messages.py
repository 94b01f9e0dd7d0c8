"""Messages and signals: what waits for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from engine.model.values import Json, Variables


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


class KeptState(StrEnum):
    """How a kept message stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message that matched nothing, or too much, when it came; it is never deleted.

    documents: references of the files in `variables`. matches: how many it was for at `looked_at`,
    when it was last looked at. delivered_to: the instance that got it. `settled_by` and `reason`:
    who discarded it and why.
    """

    kept_id: str
    name: str
    state: KeptState
    received_at: datetime
    received_from: str
    #: In which the account acted.
    capacity: str
    matches: int
    looked_at: datetime
    business_key: str | None = None
    instance_id: str | None = None
    correlation: Variables = field(default_factory=dict)
    local_correlation: Variables = field(default_factory=dict)
    variables: Variables = field(default_factory=dict)
    documents: tuple[Mapping[str, Json], ...] = ()
    delivered_to: str | None = None
    settled_at: datetime | None = None
    settled_by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SignalDelivery:
    """A signal on its way to one that waited for it when it was thrown, or that it starts.

    Either `instance_id` with `subscription_id`, or `definition_id` with `start_event`.
    """

    delivery_id: str
    name: str
    thrown_at: datetime
    #: Whose instance a started one is: who sent the signal, or started the instance that threw it.
    on_behalf_of: str
    variables: Variables = field(default_factory=dict)
    #: The instance that threw it; None: `sent_by` did, from outside.
    thrown_by: str | None = None
    sent_by: str | None = None
    capacity: str | None = None
    instance_id: str | None = None
    subscription_id: str | None = None
    definition_id: str | None = None
    start_event: str | None = None
