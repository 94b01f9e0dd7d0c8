"""Incidents: steps that failed, and can be retried."""

from __future__ import annotations

from collections.abc import Sequence

from engine.model import Actor, Incident
from engine.queries import Page
from webhooks.auth import require_actor
from webhooks.rest.context import current_engine
from webhooks.rest.listing import add_listing
from webhooks.rest.resource import Resource
from webhooks.schemas.instances import IncidentAnswer, IncidentFilter

resource = Resource("incident", path="/incident", description="Steps that failed")


def _find(instance_id: str | None, page: Page, actor: Actor) -> Sequence[Incident]:
    return current_engine().instances.incidents(actor=actor, instance_id=instance_id, page=page)


def _total(instance_id: str | None, actor: Actor) -> int:
    return len(_find(instance_id, Page(), actor))


add_listing(
    resource,
    "",
    "incidents",
    filters=IncidentFilter,
    answer=IncidentAnswer,
    find=_find,
    total=_total,
)


@resource.on("POST", "/<incident_id>/retry", "Run again what failed", is_own=True)
@resource.gives(status=204)
def retry_incident(incident_id: str) -> None:
    """For analysts and admins. When it fails again, a new incident stands in its place."""
    current_engine().instances.retry_incident(incident_id, actor=require_actor())
