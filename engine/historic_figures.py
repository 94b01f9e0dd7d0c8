"""Figures over many histories: how often elements were visited, how long work took."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.access_log import AccessLog
from engine.bpmn.elements import ProcessModel
from engine.definitions import Definitions
from engine.instances import visible_instances
from engine.model import (
    AccountEventKind,
    ActivityStatistics,
    Actor,
    Durations,
    InstanceState,
    PeriodDurations,
    PeriodUnit,
    TaskCount,
    TaskState,
)
from engine.permissions import task_scope_of
from engine.queries import InstanceQuery, TaskQuery
from engine.store import Store


class HistoricFigures:
    """Figures of the instances that the actor may see; auditors see all of them."""

    def __init__(
        self, store: Store, definitions: Definitions, access: AccessLog, *, zone: ZoneInfo
    ) -> None:
        self._store = store
        self._zone = zone
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
        self._note(actor)
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

    def instance_durations(
        self, query: InstanceQuery, unit: PeriodUnit, *, actor: Actor
    ) -> list[PeriodDurations]:
        """How long instances that have ended took, by the part of the year they were started in."""
        self._note(actor)
        query = visible_instances(query, actor)
        with self._store.reading() as tx:
            span = tx.span_of_instances(query)
            return self._by_period(span, unit, lambda bounds: tx.instance_durations(query, bounds))

    def task_durations(
        self, query: TaskQuery, unit: PeriodUnit, *, actor: Actor
    ) -> list[PeriodDurations]:
        """How long completed tasks took, by the part of the year that they ended in."""
        self._note(actor)
        query = _completed(query, actor)
        with self._store.reading() as tx:
            span = tx.span_of_tasks(query)
            return self._by_period(span, unit, lambda bounds: tx.task_durations(query, bounds))

    def task_counts(self, query: TaskQuery, *, actor: Actor, by_name: bool) -> list[TaskCount]:
        """How many tasks were completed, of each definition; by_name: and of each name."""
        self._note(actor)
        with self._store.reading() as tx:
            return tx.task_counts(_completed(query, actor), by_name=by_name)

    def _by_period(
        self,
        span: tuple[datetime, datetime] | None,
        unit: PeriodUnit,
        ask: Callable[[Sequence[datetime]], Mapping[int, Durations]],
    ) -> list[PeriodDurations]:
        if span is None:
            return []
        first, last = (each.astimezone(self._zone) for each in span)
        months = range(_month(first), _month(last) + 1)
        bounds = [datetime(m // 12, m % 12 + 1, 1, tzinfo=self._zone) for m in months[1:]]
        found: dict[int, Durations] = {}
        for passed, durations in ask(bounds).items():
            number = unit.number(months[passed] % 12 + 1)
            found[number] = found[number] + durations if number in found else durations
        return [PeriodDurations(number, unit, found[number]) for number in sorted(found)]

    def _note(self, actor: Actor) -> None:
        self._access.note(actor, AccountEventKind.HISTORY_READ, instance=None)


def _month(at: datetime) -> int:
    """The month's number, counted through all years."""
    return at.year * 12 + at.month - 1


def _completed(query: TaskQuery, actor: Actor) -> TaskQuery:
    completed = frozenset({TaskState.COMPLETED})
    return replace(query, states=completed, visible_to=task_scope_of(actor))


def _with_scopes(each: ActivityStatistics, model: ProcessModel) -> ActivityStatistics:
    """With how many visits gave their token to nobody: those of elements without a way on."""
    node, _, body = each.activity_id.partition("#")
    # One item of a multi-instance activity leaves its token to the others.
    is_item = not body and node in model.nodes and model.nodes[node].multi_instance is not None
    goes_on = any(flow.source == node for flow in model.flows.values())
    if is_item or goes_on:
        return each
    return replace(each, scopes_completed=each.finished - each.cancelled)
