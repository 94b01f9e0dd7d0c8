"""Messages that matched nothing, or too much, when they came. Camunda has no such thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.model import KeptMessage
from webhooks.auth import require_actor
from webhooks.rest.context import current_engine
from webhooks.rest.listing import add_listing
from webhooks.rest.resource import Resource
from webhooks.schemas.messages import (
    CorrelationAnswer,
    Discarding,
    KeptMessageAnswer,
    KeptMessageFilter,
)

resource = Resource(
    "kept-message", path="/kept-message", description="Messages that wait for an instance"
)

add_listing(
    resource,
    "",
    "kept messages",
    filters=KeptMessageFilter,
    answer=KeptMessageAnswer,
    find=lambda query, page, actor: current_engine().kept_messages.messages(
        query, page, actor=actor
    ),
    total=lambda query, actor: current_engine().kept_messages.count(query, actor=actor),
    is_own=True,
)


@resource.on("GET", "/<kept_id>", "One kept message", is_own=True)
@resource.gives(KeptMessageAnswer)
def get_kept_message(kept_id: str) -> KeptMessage:
    """Delivered and discarded ones too."""
    return current_engine().kept_messages.message(kept_id, actor=require_actor())


@resource.on("POST", "/<kept_id>/deliver", "Try again to deliver a kept message", is_own=True)
@resource.gives(CorrelationAnswer)
def deliver_kept_message(kept_id: str) -> Any:
    """To the one that waits for it now. For admins; it is also tried by itself."""
    return current_engine().kept_messages.try_again(kept_id, actor=require_actor())


@resource.on("POST", "/<kept_id>/discard", "Discard a kept message, with a reason", is_own=True)
@resource.takes(Discarding)
@resource.gives(KeptMessageAnswer)
def discard_kept_message(body: Mapping[str, str], kept_id: str) -> KeptMessage:
    """It is never delivered, and stays to be read. For admins."""
    return current_engine().kept_messages.discard(
        kept_id, reason=body["reason"], actor=require_actor()
    )
