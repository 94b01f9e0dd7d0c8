"""What one step of an instance writes: built from what the machine did, without a database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.bpmn.sop_terms import is_strategic
from engine.copies import copy_with
from engine.history import Input, build_events
from engine.model import (
    EventKind,
    EventSubscription,
    ExternalTask,
    HistoryEvent,
    Incident,
    IncidentKind,
    InstanceState,
    Observation,
    PrecedingTask,
    ProcessInstance,
    StepRecord,
    TaskState,
    UserTask,
    documents_of,
)
from engine.moments import due_moment
from engine.spiff.machine import Run
from engine.spiff.waits import OpenTask, Waits

#: Tasks with their deadlines, and the notes of those.
WithDeadlines = tuple[tuple[UserTask, ...], tuple[Observation, ...]]


def record_of(
    instance: ProcessInstance,
    given: Input,
    run: Run,
    *,
    before: Waits,
    after: Waits,
    open_rows: tuple[UserTask, ...],
    now: datetime,
    zone: ZoneInfo,
    changed: tuple[UserTask, ...] = (),
    input_scope: str | None = None,
    preceding: Callable[[str], tuple[PrecedingTask, ...]],
    deadlines: Callable[[Iterable[UserTask]], WithDeadlines],
) -> StepRecord:
    """All that the step writes but external tasks.

    before, after: what the run waited for, and waits for now. preceding: what led to the task of an
    activity that opened. deadlines: sets those of the tasks that opened, and gives the notes of
    them for history.
    """
    known = {task.task_id for task in before.tasks}
    opened, notes = deadlines(
        row_of(task, instance, now=now, zone=zone, preceded_by=preceding(task.node.id))
        for task in after.tasks
        if task.task_id not in known
    )
    events = build_events(instance, given, (*run.observations, *notes), at=now)
    # Whose input ended them: nobody, when it was a timer.
    ended_by = given.actor.account if given.actor else None
    cancelled = given.kind is EventKind.INSTANCE_CANCELLED
    if cancelled or run.is_completed:
        moved = advanced(
            instance,
            events,
            state=InstanceState.CANCELLED if cancelled else InstanceState.COMPLETED,
            ended_at=now,
            end_reason=end_reason(given, run),
            next_due_at=None,
        )
    else:
        moved = advanced(instance, events, next_due_at=run.next_due_at)
    return StepRecord(
        instance=moved,
        expected_revision=instance.revision,
        events=events,
        snapshot=run.dump(),
        opened=opened,
        changed=changed
        + tuple(
            copy_with(row, state=TaskState.CANCELLED, ended_at=now, ended_by=ended_by)
            for row in open_rows
        ),
        incidents_raised=tuple(_incidents(moved, given, run.observations, now)),
        incidents_resolved=tuple(
            (seen.payload["incident"], now)
            for seen in run.observations
            if seen.kind is EventKind.INCIDENT_RESOLVED
        ),
        documents=documents_of(given.payload),
        input_scope=input_scope,
    )


def end_reason(given: Input | HistoryEvent, run: Run) -> str | None:
    """Why an instance ended before its time: as was said, or an error that nobody in it caught."""
    if reason := given.payload.get("reason"):
        return str(reason)
    errors = [thrown for thrown in run.escaped() if thrown.kind == "error"]
    return f"error {errors[0].code!r}: {errors[0].message or '-'}" if errors else None


def with_services(
    record: StepRecord, waited: Waits, waits: Waits, told: ExternalTask | None
) -> StepRecord:
    """The record with what it means for external tasks; a request for an open one renews it.

    waited, waits: before the step, and after it. told: one that a worker has told of.
    """
    before, still = waited.services, waits.services
    if told is None and not before and not still:
        return record
    instance, now = record.instance, record.events[0].at
    asked = {
        event.activity_instance_id: ExternalTask(
            external_task_id=event.activity_instance_id or "",
            instance_id=instance.instance_id,
            definition_id=instance.definition_id,
            definition_key=instance.definition_key,
            activity_id=event.activity_id or "",
            topic=event.payload["topic"],
            created_at=now,
            priority=event.payload["priority"],
            business_key=instance.business_key,
        )
        for event in record.events
        if event.kind is EventKind.SERVICE_REQUESTED and event.activity_instance_id in still
    }
    changed = [row for row_id, row in asked.items() if row_id in before]
    if told is not None and told.external_task_id in still:
        changed.append(told)
    return copy_with(
        record,
        services_opened=tuple(row for row_id, row in asked.items() if row_id not in before),
        services_changed=tuple(changed),
        services_closed=tuple(sorted(before - still)),
    )


def with_subscriptions(record: StepRecord, waited: Waits, waits: Waits) -> StepRecord:
    """The record with what began, and what ceased, to wait for a message or signal.

    waited, waits: as above.
    """
    if not waited.subscriptions and not waits.subscriptions:
        return record
    before = {each.subscription_id for each in waited.subscriptions}
    still = {each.subscription_id: each for each in waits.subscriptions}
    if still.keys() == before:
        return record
    instance, now = record.instance, record.events[0].at
    return copy_with(
        record,
        subscriptions_opened=tuple(
            EventSubscription(
                subscription_id=each.subscription_id,
                instance_id=instance.instance_id,
                activity_id=each.activity_id,
                activity_instance_id=each.activity_instance_id,
                kind=each.kind,
                name=each.name,
                created_at=now,
            )
            for each in still.values()
            if each.subscription_id not in before
        ),
        subscriptions_closed=tuple(sorted(before - still.keys())),
    )


def advanced(
    instance: ProcessInstance, events: tuple[HistoryEvent, ...], **changed: Any
) -> ProcessInstance:
    """The instance after a step with these events; `changed`: its state and times, if they do."""
    last = events[-1]
    return copy_with(
        instance,
        revision=instance.revision + 1,
        last_sequence=last.sequence,
        head_hash=last.hash,
        **changed,
    )


def _moment(text: str | None, since: datetime, zone: ZoneInfo) -> datetime | None:
    return due_moment(text, since=since, zone=zone) if text else None


def row_of(
    task: OpenTask,
    instance: ProcessInstance,
    *,
    now: datetime,
    zone: ZoneInfo,
    preceded_by: tuple[PrecedingTask, ...] = (),
) -> UserTask:
    """The row of an open task that has just come up; its deadline is not set yet."""
    node, offer = task.node, task.offer
    candidate_users = tuple(offer.get("candidate_users", node.candidate_users))
    candidate_groups = tuple(offer.get("candidate_groups", node.candidate_groups))
    assignee = offer.get("assignee", node.assignee)
    is_unaddressed = not (node.lane_path or candidate_users or candidate_groups)
    return UserTask(
        task_id=task.task_id,
        instance_id=instance.instance_id,
        definition_id=instance.definition_id,
        definition_key=instance.definition_key,
        activity_id=node.id,
        name=node.name or node.id,
        lane=node.lane,
        lane_path=node.lane_path,
        state=TaskState.OPEN,
        created_at=now,
        assignee=assignee,
        claimed_at=now if assignee else None,
        due_at=_moment(offer.get("due_date"), now, zone),
        follow_up_at=_moment(offer.get("follow_up_date"), now, zone),
        priority=offer.get("priority", 50),
        description=node.documentation,
        form_key=node.form_key,
        candidate_users=(instance.started_by,) if is_unaddressed else candidate_users,
        candidate_groups=candidate_groups,
        local_variables=task.local_variables,
        business_key=instance.business_key,
        is_strategic=is_strategic(node),
        preceded_by=preceded_by,
    )


def renewed(row: UserTask, fresh: UserTask) -> UserTask:
    """An open task with what its step says in the new version; all that people did to it stays."""
    return copy_with(
        row,
        definition_id=fresh.definition_id,
        activity_id=fresh.activity_id,
        name=fresh.name,
        lane=fresh.lane,
        lane_path=fresh.lane_path,
        description=fresh.description,
        form_key=fresh.form_key,
        candidate_users=fresh.candidate_users,
        candidate_groups=fresh.candidate_groups,
        is_strategic=fresh.is_strategic,
    )


#: Inputs by which a worker says that it could not do what it was asked for.
_FAILED_SERVICES = frozenset({EventKind.SERVICE_FAILED, EventKind.SERVICE_ERROR})


def incident_kind(given: Input | HistoryEvent, seen: Observation | HistoryEvent) -> IncidentKind:
    """What failed: a worker, when it said so of the very activity; else the engine."""
    is_service = given.kind in _FAILED_SERVICES
    if is_service and given.activity_instance_id == seen.activity_instance_id:
        return IncidentKind.FAILED_EXTERNAL_TASK
    return IncidentKind.FAILED_JOB


def _incidents(
    instance: ProcessInstance,
    given: Input,
    observations: tuple[Observation, ...],
    now: datetime,
) -> list[Incident]:
    return [
        Incident(
            incident_id=seen.payload["incident"],
            instance_id=instance.instance_id,
            definition_id=instance.definition_id,
            activity_id=seen.activity_id or "",
            raised_at=now,
            message=seen.payload["message"],
            kind=incident_kind(given, seen),
            activity_instance_id=seen.activity_instance_id,
        )
        for seen in observations
        if seen.kind is EventKind.INCIDENT_RAISED
    ]
