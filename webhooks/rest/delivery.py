"""The log of deliveries: what was sent to whom, and how that went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import NotFound
from engine.model import Delivery, Scope
from engine.queries import DeliveryQuery
from webhooks.auth import require_actor
from webhooks.rest.context import current_engine
from webhooks.rest.listing import add_listing
from webhooks.rest.resource import Resource
from webhooks.schemas.deliveries import DeliveryAnswer, DeliveryFilter, DeliveryLog

resource = Resource(
    "delivery", path="/delivery", description="What was sent to whom", scope=Scope.DEPLOY
)

add_listing(
    resource,
    "",
    "deliveries",
    filters=DeliveryFilter,
    answer=DeliveryAnswer,
    find=lambda query, page, actor: current_engine().deliveries.deliveries(
        query, page, actor=actor
    ),
    total=lambda query, actor: current_engine().deliveries.count_deliveries(query, actor=actor),
    is_own=True,
)


@resource.on("GET", "/<delivery_id>", "Get one delivery with its attempts", is_own=True)
@resource.gives(DeliveryLog)
def get_delivery(delivery_id: str) -> Mapping[str, Any]:
    """For analysts, admins and auditors."""
    room, actor = current_engine().deliveries, require_actor()
    found = room.deliveries(DeliveryQuery(delivery_id=delivery_id), actor=actor)
    if not found:
        raise NotFound("delivery", delivery_id)
    return {"delivery": found[0], "attempts": room.attempts(found, actor=actor)[delivery_id]}


@resource.on("POST", "/<delivery_id>/redeliver", "Send it once more", is_own=True)
@resource.gives(DeliveryAnswer)
def redeliver(delivery_id: str) -> Delivery:
    """Under the same id, from the beginning of the schedule. For analysts and admins."""
    return current_engine().deliveries.redeliver(delivery_id, actor=require_actor())
