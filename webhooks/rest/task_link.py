"""Links that complete a task once, without a login."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from webhooks.auth import require_actor
from webhooks.hooks.tokens import link_url, require_link_key
from webhooks.rest.context import base_url, current_engine
from webhooks.rest.resource import Resource
from webhooks.schemas.tasks import LinkAnswer, LinkWish

resource = Resource("task_link", description="Links that complete a task once")


@resource.on("POST", "/task/<task_id>/link", "Make a link that completes a task once", is_own=True)
@resource.takes(LinkWish)
@resource.gives(LinkAnswer)
def make_link(body: Mapping[str, int | None], task_id: str) -> Mapping[str, Any]:
    """For the caller himself: what is done by it counts as his, by link. Said only once."""
    minutes = body["lifetime_minutes"]
    lifetime = None if minutes is None else timedelta(minutes=minutes)
    engine = current_engine()
    require_link_key(engine)
    link, secret = engine.task_links.make(task_id, actor=require_actor(), lifetime=lifetime)
    return {"link": link, "url": link_url(engine, secret, base_url())}
