"""Figures over many histories: how often the elements of a definition were visited."""

from __future__ import annotations

from dataclasses import replace

from engine.access_log import AccessLog
from engine.bpmn.elements import ProcessModel
from engine.definitions import Definitions
from engine.instances import visible_instances
from engine.model import AccountEventKind, ActivityStatistics, Actor, InstanceState
from engine.queries import InstanceQuery
from engine.store import Store


class HistoricFigures:
    """Figures of the instances that the actor may see; auditors see all of them."""

    def __init__(self, store: Store, definitions: Definitions, access: AccessLog) -> None:
        self._store = store
        self._definitions = definitions
        self._access = access

    def statistics(
        self,
        definition_id: str,
        query: InstanceQuery,
        *,
        actor: Actor,
        with_ended: bool,
        with_incidents: bool,
    ) -> list[ActivityStatistics]:
        """Each element that was visited, by its id, over the definition's instances that match.

        with_ended: visits that are over are counted too, which reads the history of all of these
        instances; else only those that go on. Raises NotFound, Forbidden.
        """
        model = self._definitions.model(definition_id, actor=actor)
        query = visible_instances(replace(query, definition_id=definition_id), actor)
        self._access.note(actor, AccountEventKind.HISTORY_READ, instance=None)
        # Whatever goes on does so in an instance that does.
        visited = query if with_ended else replace(query, states=frozenset({InstanceState.ACTIVE}))
        with self._store.reading() as tx:
            visits = {each.activity_id: each for each in tx.visit_statistics(visited)}
            incidents = tx.incident_statistics(query) if with_incidents else []
        for told in incidents:
            visit = visits.get(told.activity_id, ActivityStatistics(told.activity_id))
            visits[told.activity_id] = replace(
                visit,
                open_incidents=told.open_incidents,
                resolved_incidents=told.resolved_incidents,
                deleted_incidents=told.deleted_incidents,
            )
        return [_with_scopes(visits[name], model) for name in sorted(visits)]


def _with_scopes(each: ActivityStatistics, model: ProcessModel) -> ActivityStatistics:
    """With how many visits gave their token to nobody: those of elements without a way on."""
    node, _, body = each.activity_id.partition("#")
    # One item of a multi-instance activity leaves its token to the others.
    is_item = not body and node in model.nodes and model.nodes[node].multi_instance is not None
    goes_on = any(flow.source == node for flow in model.flows.values())
    if is_item or goes_on:
        return each
    return replace(each, scopes_completed=each.finished - each.cancelled)
