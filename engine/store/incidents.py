"""Incidents: steps that failed. They are raised and resolved by steps, in instances.py."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, and_, func, not_, select

from engine.errors import NotFound
from engine.model import Incident, IncidentKind, InstanceState
from engine.queries import IncidentQuery, Page
from engine.store.filters import Conditions, among, between, equal, like, present, visible_instances
from engine.store.kept_rows import of_table
from engine.store.tables import incident, process_instance
from engine.store.transaction import Transaction, paged

_FIRST_PAGE = Page()
_ALL = IncidentQuery()

_SORTING = {
    "definition_key": process_instance.c.definition_key,
    **{
        name: incident.c[name]
        for name in (
            "incident_id",
            "instance_id",
            "definition_id",
            "activity_id",
            "raised_at",
            "resolved_at",
            "kind",
            "activity_instance_id",
            "message",
        )
    },
}


class Incidents(Transaction):
    """Questions about incidents."""

    def incident(self, incident_id: str) -> Incident:
        """The incident of that id, or NotFound."""
        row = self._first(_WITH_KEY.where(incident.c.incident_id == incident_id))
        if row is None:
            raise NotFound("incident", incident_id)
        return _incident(row)

    def incidents(self, query: IncidentQuery = _ALL, page: Page = _FIRST_PAGE) -> list[Incident]:
        """The incidents that match, the oldest first unless the page says otherwise."""
        listing = paged(
            _WITH_KEY.where(*_conditions(query)),
            page,
            _SORTING,
            incident.c.raised_at,
            incident.c.incident_id,
        )
        key = (incident.c.instance_id, incident.c.incident_id)
        return self._listed(listing, _incident, *key)

    def count_incidents(self, query: IncidentQuery = _ALL) -> int:
        """How many incidents match."""
        return self._number(select(func.count()).select_from(_JOINED).where(*_conditions(query)))


_JOINED = incident.join(process_instance, process_instance.c.instance_id == incident.c.instance_id)
_IS_DELETED = and_(
    incident.c.resolved_at == process_instance.c.ended_at,
    process_instance.c.state == InstanceState.CANCELLED.value,
)
_WITH_KEY = select(
    incident, process_instance.c.definition_key, _IS_DELETED.label("is_deleted")
).select_from(_JOINED)


@of_table(incident)
def _incident(row: Row[Any]) -> Incident:
    values = {**row._mapping, "is_deleted": bool(row.is_deleted)}
    return Incident(**{**values, "kind": IncidentKind(row.kind)})


def _conditions(query: IncidentQuery) -> Conditions:
    columns = incident.c
    return [
        *equal(columns.incident_id, query.incident_id),
        *equal(columns.instance_id, query.instance_id),
        *among(columns.instance_id, query.instance_ids),
        *equal(columns.definition_id, query.definition_id),
        *equal(process_instance.c.definition_key, query.definition_key),
        *among(process_instance.c.definition_key, query.definition_keys_in),
        *equal(columns.activity_id, query.activity_id),
        *equal(columns.activity_instance_id, query.activity_instance_id),
        *equal(columns.kind, query.kind),
        *equal(columns.message, query.message),
        *like(columns.message, query.message_like),
        *present(columns.resolved_at, None if query.is_open is None else not query.is_open),
        *_deleted(query.is_deleted),
        *between(columns.raised_at, query.raised_after, query.raised_before),
        *between(columns.resolved_at, query.resolved_after, query.resolved_before),
        # Incidents are few: each is looked at, rather than every instance that is visible.
        *visible_instances(query.visible_to_lanes, query.visible_to_account, walks=True),
    ]


def _deleted(wanted: bool | None) -> Conditions:
    if wanted is None:
        return []
    is_over = incident.c.resolved_at.is_not(None)
    return [_IS_DELETED] if wanted else [is_over, not_(_IS_DELETED)]
