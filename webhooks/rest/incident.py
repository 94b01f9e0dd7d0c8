"""Incidents: steps that failed, and can be retried."""

from __future__ import annotations

from collections.abc import Sequence

from engine.model import Actor, Incident
from engine.queries import IncidentQuery, Page
from webhooks.auth import require_actor
from webhooks.rest.context import current_engine
from webhooks.rest.listing import add_listing
from webhooks.rest.resource import Resource
from webhooks.schemas.incidents import IncidentAnswer, IncidentFilter

resource = Resource("incident", path="/incident", description="Steps that failed")


def _find(query: IncidentQuery, page: Page, actor: Actor) -> Sequence[Incident]:
    return current_engine().historic_records.incidents(query, page, actor=actor)


def _total(query: IncidentQuery, actor: Actor) -> int:
    return current_engine().historic_records.count_incidents(query, actor=actor)


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
