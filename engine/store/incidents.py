"""Incidents: steps that failed. They are raised and resolved by steps, in instances.py."""

from __future__ import annotations

from sqlalchemy import func, select

from engine.errors import NotFound
from engine.model import Incident
from engine.queries import Page
from engine.store.tables import incident
from engine.store.transaction import Conditions, Transaction, equal, taking_part

_FIRST_PAGE = Page()

_SORTING = {
    name: incident.c[name]
    for name in ("incident_id", "instance_id", "definition_id", "activity_id", "raised_at")
}


class Incidents(Transaction):
    """Questions about incidents."""

    def incident(self, incident_id: str) -> Incident:
        """The incident of that id, or NotFound."""
        row = self._first(select(incident).where(incident.c.incident_id == incident_id))
        if row is None:
            raise NotFound("incident", incident_id)
        return Incident(**row._mapping)

    def incidents(
        self,
        instance_id: str | None = None,
        *,
        open_only: bool = True,
        visible_to_lanes: frozenset[str] | None = None,
        page: Page = _FIRST_PAGE,
    ) -> list[Incident]:
        """The incidents of one instance or of all, the oldest first."""
        statement = select(incident).where(*_conditions(instance_id, open_only, visible_to_lanes))
        rows = self._page(statement, page, _SORTING, incident.c.raised_at, incident.c.incident_id)
        return [Incident(**row._mapping) for row in rows]

    def count_incidents(
        self,
        instance_id: str | None = None,
        *,
        open_only: bool = True,
        visible_to_lanes: frozenset[str] | None = None,
    ) -> int:
        """How many incidents there are."""
        return self._number(
            select(func.count())
            .select_from(incident)
            .where(*_conditions(instance_id, open_only, visible_to_lanes))
        )


def _conditions(
    instance_id: str | None, open_only: bool, visible_to_lanes: frozenset[str] | None
) -> Conditions:
    conditions = equal(incident.c.instance_id, instance_id)
    if open_only:
        conditions.append(incident.c.resolved_at.is_(None))
    if visible_to_lanes is not None:
        conditions.append(taking_part(incident.c.definition_id, visible_to_lanes))
    return conditions
