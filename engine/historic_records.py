"""What history tells across instances beside events and visits: incidents, hands, variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import groupby
from typing import TypeVar

from engine.access_log import AccessLog
from engine.definitions import Definitions
from engine.model import (
    AccountEventKind,
    ActivityInstance,
    Actor,
    HistoryEvent,
    IdentityLink,
    Incident,
    VariableInstance,
    VariableUpdate,
)
from engine.permissions import lanes_seen_by
from engine.queries import (
    EventQuery,
    IdentityLinkQuery,
    IncidentQuery,
    Page,
    SortOrder,
    VariableQuery,
)
from engine.sealing import Sealing
from engine.store import Store, StoreTransaction
from engine.taken_flows import FLOW_KINDS, Flows, flows_by_visit

_FIRST_PAGE = Page()
#: Instances whose events are read at a time.
_BATCH = 200


_Query = TypeVar("_Query", IdentityLinkQuery, IncidentQuery, VariableQuery)


class HistoricRecords:
    """Listings of history, for everybody of what he may see; auditors see all of it."""

    def __init__(
        self, store: Store, definitions: Definitions, access: AccessLog, sealing: Sealing
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._access = access
        self._sealing = sealing

    # ------------------------------------------------------------------- incidents

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

    # ----------------------------------------------------------------------- hands

    def identity_links(
        self, query: IdentityLinkQuery, page: Page = _FIRST_PAGE, *, actor: Actor
    ) -> list[IdentityLink]:
        """Who was given tasks, was offered them, or lost them, as far as the actor may see it.

        Without an order, those of one instance or task are in that of its history, and all others
        in that of time.
        """
        self._note(actor, query.instance_id)
        is_of_few = query.instance_id is not None or query.task_id is not None
        if not (is_of_few or page.sorting or page.after):
            # One instance after the other, all would be read for the first page.
            page = replace(page, sorting=(("at", SortOrder.ASC),))
        with self._store.reading() as tx:
            return tx.identity_links(_seen_by(actor, query), page)

    def count_identity_links(self, query: IdentityLinkQuery, *, actor: Actor) -> int:
        """How many there are that the actor may see."""
        with self._store.reading() as tx:
            return tx.count_identity_links(_seen_by(actor, query))

    # ----------------------------------------------------------------------- flows

    def flows(self, visits: Iterable[ActivityInstance]) -> Mapping[tuple[str, str], Flows]:
        """The flows of visits that somebody was shown: (instance, visit) -> in and out."""
        definitions = {each.instance_id: each.definition_id for each in visits}
        found: dict[tuple[str, str], Flows] = {}
        ids = sorted(definitions)
        for first in range(0, len(ids), _BATCH):
            some = ids[first : first + _BATCH]
            with self._store.reading() as tx:
                events = tx.find_events(EventQuery(instance_ids=tuple(some), kinds=FLOW_KINDS))
                for instance_id, told in groupby(events, key=lambda event: event.instance_id):
                    model = self._definitions.machine(tx, definitions[instance_id]).model
                    sources = {flow.id: flow.source for flow in model.flows.values()}
                    of_visits = flows_by_visit(told, sources)
                    found |= {(instance_id, visit): f for visit, f in of_visits.items()}
        return found

    # ------------------------------------------------------------------- variables

    def variable_updates(
        self, query: VariableQuery, page: Page = _FIRST_PAGE, *, actor: Actor
    ) -> list[VariableUpdate]:
        """Each time that a variable was set, with the value that it got, opened to be read."""
        self._note(actor, query.instance_id)
        with self._store.reading() as tx:
            found = tx.variable_updates(_seen_by(actor, query), page)
            events = self._events(tx, ((each.instance_id, each.sequence) for each in found))
        return [
            replace(each, value=event.values_set.get(each.name))
            for each in found
            # Without its event, which cannot be read then, nobody knows its value.
            if (event := events.get((each.instance_id, each.sequence))) is not None
        ]

    def count_variable_updates(self, query: VariableQuery, *, actor: Actor) -> int:
        """How often variables were set that the actor may see."""
        with self._store.reading() as tx:
            return tx.count_variable_updates(_seen_by(actor, query))

    def variables(
        self, query: VariableQuery, page: Page = _FIRST_PAGE, *, actor: Actor
    ) -> list[VariableInstance]:
        """Variables with the values that they have, or had at the end of their instance."""
        self._note(actor, query.instance_id)
        with self._store.reading() as tx:
            found = tx.variables(_seen_by(actor, query), page)
            events = self._events(tx, ((each.instance_id, each.last_sequence) for each in found))
        return [
            replace(each, value=event.values_set.get(each.name))
            for each in found
            if (event := events.get((each.instance_id, each.last_sequence))) is not None
        ]

    def count_variables(self, query: VariableQuery, *, actor: Actor) -> int:
        """How many variables there are that the actor may see."""
        with self._store.reading() as tx:
            return tx.count_variables(_seen_by(actor, query))

    def _events(
        self, tx: StoreTransaction, places: Iterable[tuple[str, int]]
    ) -> dict[tuple[str, int], HistoryEvent]:
        found = self._sealing.opened_events(tx, tx.setting_events(places))
        return {(each.instance_id, each.sequence): each for each in found}

    def _note(self, actor: Actor, instance_id: str | None) -> None:
        self._access.note(actor, AccountEventKind.HISTORY_READ, instance=instance_id)


def _seen_by(actor: Actor, query: _Query) -> _Query:
    """The query, narrowed to instances in which the actor takes part or that it started."""
    lanes = lanes_seen_by(actor)
    if lanes is None:
        return query
    return replace(query, visible_to_lanes=lanes, visible_to_account=actor.account)
