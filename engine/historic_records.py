"""What history has beside events and visits, searched across instances: incidents, open or over."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from engine.access_log import AccessLog
from engine.model import AccountEventKind, Actor, Incident
from engine.permissions import lanes_seen_by
from engine.queries import IncidentQuery, Page
from engine.store import Store

_FIRST_PAGE = Page()


_Query = TypeVar("_Query", bound=IncidentQuery)


class HistoricRecords:
    """Listings of history, for everybody of what he may see; auditors see all of it."""

    def __init__(self, store: Store, access: AccessLog) -> None:
        self._store = store
        self._access = access

    def incidents(
        self, query: IncidentQuery, page: Page = _FIRST_PAGE, *, actor: Actor
    ) -> list[Incident]:
        """Incidents that match and that the actor may see."""
        self._note(actor, query.instance_id)
        with self._store.reading() as tx:
            return tx.incidents(_seen_by(actor, query), page)

    def count_incidents(self, query: IncidentQuery, *, actor: Actor) -> int:
        """How many incidents match that the actor may see."""
        with self._store.reading() as tx:
            return tx.count_incidents(_seen_by(actor, query))

    def _note(self, actor: Actor, instance_id: str | None) -> None:
        self._access.note(actor, AccountEventKind.HISTORY_READ, instance=instance_id)


def _seen_by(actor: Actor, query: _Query) -> _Query:
    """The query, narrowed to instances in which the actor takes part or that it started."""
    lanes = lanes_seen_by(actor)
    if lanes is None:
        return query
    return replace(query, visible_to_lanes=lanes, visible_to_account=actor.account)
