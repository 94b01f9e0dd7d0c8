"""What an instance's history leads to beside its snapshot: the rows that listings are read from.

Pure: from events, and from the run to which they lead. `state_proof` compares these rows with those
that are kept, and `reindexing` writes them anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from engine.lineage import begun_in, ended_up_in
from engine.model import (
    EventKind,
    EventSubscription,
    ExternalTask,
    HistoryEvent,
    Incident,
    InstanceState,
    ProcessInstance,
    SetVariable,
)
from engine.sources import whole_milliseconds
from engine.spiff.machine import Run
from engine.step_records import end_reason, incident_kind

_BODY = "#multiInstanceBody"
_TOLD = frozenset({EventKind.SERVICE_FAILED, EventKind.SERVICE_ERROR})


#: Facts of an instance, and what its first event calls them; older histories do not tell all.
OF_START = {"business_key": "businessKey", "start_activity_id": "startEvent"}


def instance_of(
    instance: ProcessInstance, run: Run, events: Sequence[HistoryEvent]
) -> ProcessInstance:
    """The instance with what its start told of it, and what its steps gave it."""
    started = events[0]
    told = {name: started.payload[key] for name, key in OF_START.items() if key in started.payload}
    ending = _ending(events) if run.is_completed else None
    state, reason = InstanceState.ACTIVE, None
    if ending is not None:
        cancelled = ending.kind is EventKind.INSTANCE_CANCELLED
        state = InstanceState.CANCELLED if cancelled else InstanceState.COMPLETED
        reason = end_reason(ending, run)
    due_at = None if run.is_completed else run.next_due_at
    return replace(
        instance,
        definition_id=ended_up_in(events) or instance.definition_id,
        state=state,
        ended_at=ending.at if ending else None,
        end_reason=reason,
        next_due_at=whole_milliseconds(due_at) if due_at else None,
        started_at=started.at,
        started_by=started.actor or instance.started_by,
        super_instance_id=started.payload.get("caller"),
        **told,
    )


def _ending(events: Sequence[HistoryEvent]) -> HistoryEvent | None:
    """The input by which the instance ended: that of the last step."""
    last = events[-1].revision
    return next((event for event in events if event.revision == last), None)


def variables_of(events: Sequence[HistoryEvent]) -> list[SetVariable]:
    """Each time that an event set a variable, in the order of history and of names."""
    entered: dict[str, str] = {}
    for event in events:
        if event.kind is EventKind.ACTIVITY_ENTERED and event.activity_instance_id:
            entered.setdefault(event.activity_instance_id, event.payload.get("scope", ""))
    found: list[SetVariable] = []
    known: set[tuple[str, str]] = set()
    for event in events:
        values = event.values_set
        if not values:
            continue
        visit = event.activity_instance_id
        told = event.kind is EventKind.VARIABLES_SET or visit is None
        # Of an input the visit's entering says where its values stay.
        scope = event.payload.get("scope", "") if told else entered.get(visit or "", "")
        for name in sorted(values):
            is_first = (scope, name) not in known
            known.add((scope, name))
            found.append(SetVariable(event.sequence, name, scope, event.at, visit, is_first))
    return found


def incidents_of(instance: ProcessInstance, events: Iterable[HistoryEvent]) -> list[Incident]:
    """The incidents that there have been, in the order in which they came."""
    found: dict[str, Incident] = {}
    definition_id, given = "", None
    for event in events:
        if event.is_input:
            given = event
        if event.kind is EventKind.INSTANCE_STARTED:
            definition_id = begun_in([event]) or instance.definition_id
        elif event.kind is EventKind.INSTANCE_MIGRATED:
            definition_id = str(event.payload["to"])
            for each in [one for one in found.values() if one.resolved_at is None]:
                place = moved_to(each.activity_id, event.payload["plan"])
                found[each.incident_id] = replace(
                    each, definition_id=definition_id, activity_id=place
                )
        elif event.kind is EventKind.INCIDENT_RAISED and given is not None:
            new = Incident(
                incident_id=event.payload["incident"],
                instance_id=event.instance_id,
                definition_id=definition_id,
                activity_id=event.activity_id or "",
                raised_at=event.at,
                message=event.payload["message"],
                kind=incident_kind(given, event),
                activity_instance_id=event.activity_instance_id,
            )
            found[new.incident_id] = new
        elif event.kind is EventKind.INCIDENT_RESOLVED:
            resolved = event.payload["incident"]
            if resolved in found:
                found[resolved] = replace(found[resolved], resolved_at=event.at)
    return list(found.values())


def moved_to(activity_id: str, plan: Mapping[str, str]) -> str:
    """The activity as a migration by that plan calls it."""
    element = activity_id.removesuffix(_BODY)
    return plan.get(element, element) + activity_id[len(element) :]


def services_of(
    instance: ProcessInstance, run: Run, events: Sequence[HistoryEvent]
) -> list[ExternalTask]:
    """The external tasks that are open, as they were asked for, with what last failed.

    Who holds one, until when, and how often it may still fail is agreed with workers and admins,
    and no event says it.
    """
    still, found = run.waits().services, dict[str, ExternalTask]()
    for event in events if still else ():
        service_id = event.activity_instance_id or ""
        if event.kind is EventKind.INSTANCE_MIGRATED:
            plan = event.payload["plan"]
            found = {
                each: replace(row, activity_id=moved_to(row.activity_id, plan))
                for each, row in found.items()
            }
        elif event.kind is EventKind.SERVICE_REQUESTED and service_id in still:
            found[service_id] = ExternalTask(
                external_task_id=service_id,
                instance_id=instance.instance_id,
                definition_id=ended_up_in(events) or instance.definition_id,
                definition_key=instance.definition_key,
                activity_id=event.activity_id or "",
                topic=event.payload["topic"],
                created_at=event.at,
                priority=event.payload["priority"],
                business_key=instance.business_key,
            )
        elif event.kind in _TOLD and service_id in found:
            found[service_id] = _failed(found[service_id], event)
    return list(found.values())


def _failed(row: ExternalTask, told: HistoryEvent) -> ExternalTask:
    """The external task after a worker could not do it."""
    if told.kind is EventKind.SERVICE_ERROR:
        return replace(row, retries=0, error_message=str(told.payload["code"]))
    return replace(
        row,
        retries=told.payload["retries"],
        error_message=told.payload["message"],
        error_details=told.payload["details"],
    )


def subscriptions_of(
    instance: ProcessInstance, run: Run, events: Iterable[HistoryEvent]
) -> list[EventSubscription]:
    """What the instance waits for, and since when."""
    waiting = run.waits().subscriptions
    since: dict[str, datetime] = {}
    for event in events if waiting else ():
        if event.kind is EventKind.EVENT_AWAITED:
            since.setdefault(event.payload["subscription"], event.at)
    return [
        EventSubscription(
            subscription_id=each.subscription_id,
            instance_id=instance.instance_id,
            activity_id=each.activity_id,
            activity_instance_id=each.activity_instance_id,
            kind=each.kind,
            name=each.name,
            created_at=since.get(each.subscription_id, instance.started_at),
        )
        for each in waiting
    ]
