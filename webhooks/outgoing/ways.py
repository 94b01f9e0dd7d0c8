"""Ways from a message to its task: the page, and a link that completes the task without a login."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import Forbidden, LoginDemanded, NotFound, SecretKeyUnusable, TaskNotOpen
from engine.model import Delivery
from engine.process_engine import ProcessEngine
from engine.task_links import LinkedTask
from webhooks.hooks.tokens import link_url, require_link_key
from webhooks.outgoing.envelope import link_of

#: Why there may be no link; then the page is the only way.
_NO_LINK = (Forbidden, LoginDemanded, NotFound, SecretKeyUnusable, TaskNotOpen)


@dataclass(frozen=True, slots=True)
class MadeLink:
    """The address of a link that was just made, and what it shows."""

    url: str
    shown: LinkedTask


@dataclass(frozen=True, slots=True)
class Way:
    """Where a message leads. Nobody knows an address without ALUR_BASE_URL: then both are None."""

    page: str | None = None
    link: MadeLink | None = None


def way_of(engine: ProcessEngine, delivery: Delivery, *, base_url: str | None) -> Way:
    """The way of this message to a person; a link is made for him, now, each time it is asked."""
    if base_url is None:
        return Way()
    page = f"{base_url}{link_of(delivery) or '/'}"
    task_id = delivery.facts.get("task_id")
    if task_id is None or delivery.account is None:
        return Way(page)
    require_link_key(engine)
    try:
        _, secret = engine.task_links.make_for(task_id, delivery.account)
        linked = engine.task_links.open(secret)
        return Way(page, MadeLink(link_url(engine, secret, base_url), linked))
    except _NO_LINK:
        return Way(page)
