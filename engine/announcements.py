"""What others are told of a step: built from what it wrote, kept in the step's own transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from engine.model import (
    Announcement,
    AnnouncementKind,
    EventKind,
    HistoryEvent,
    StepRecord,
    TaskState,
    UserTask,
)
from engine.store import StoreTransaction

#: What an event is to others; a visit of an element is told of when it opened a task.
_KINDS: Mapping[EventKind, AnnouncementKind] = {
    EventKind.INSTANCE_STARTED: AnnouncementKind.INSTANCE_STARTED,
    EventKind.INSTANCE_COMPLETED: AnnouncementKind.INSTANCE_COMPLETED,
    EventKind.INSTANCE_CANCELLED: AnnouncementKind.INSTANCE_CANCELLED,
    EventKind.TASK_CLAIMED: AnnouncementKind.TASK_CLAIMED,
    EventKind.TASK_ASSIGNED: AnnouncementKind.TASK_CLAIMED,
    EventKind.TASK_CHANGED: AnnouncementKind.TASK_CHANGED,
    EventKind.TASK_ESCALATED: AnnouncementKind.TASK_ESCALATED,
    EventKind.TASK_COMPLETED: AnnouncementKind.TASK_COMPLETED,
    EventKind.INCIDENT_RAISED: AnnouncementKind.INCIDENT_RAISED,
    EventKind.INCIDENT_RESOLVED: AnnouncementKind.INCIDENT_RESOLVED,
}


def announce_step(tx: StoreTransaction, record: StepRecord) -> None:
    """Put what others are told of the step into the outbox, unless nobody listens.

    Most offices have nobody: then what would be told is not even put together.
    """
    is_told = (
        record.opened
        or any(event.kind in _KINDS for event in record.events)
        or any(task.state is TaskState.CANCELLED for task in record.changed)
    )
    if is_told and tx.is_somebody_told():
        announce(tx, announcements_of(record))


def announce(tx: StoreTransaction, announcements: Iterable[Announcement]) -> None:
    """Put them into the outbox, unless nobody listens.

    Who listens is asked in each transaction anew: a new subscription holds for steps that begin
    after its commit, in whatever process it was made.
    """
    told = list(announcements)
    if told and tx.is_somebody_told():
        tx.add_announcements(told)


def announcements_of(record: StepRecord) -> list[Announcement]:
    """What others are told of this step, in the order of history."""
    opened = {task.task_id: task for task in record.opened}
    changed = {task.task_id: task for task in record.changed}
    found = [_about(event, opened, changed) for event in record.events]
    found += [
        _of_task(AnnouncementKind.TASK_CANCELLED, task, _end_of(task, record))
        for task in record.changed
        if task.state is TaskState.CANCELLED
    ]
    instance = record.instance
    told = [
        replace(each, definition_id=instance.definition_id, definition_key=instance.definition_key)
        for each in found
        if each is not None
    ]
    return sorted(told, key=lambda each: each.sequence)


def _about(
    event: HistoryEvent, opened: Mapping[str, UserTask], changed: Mapping[str, UserTask]
) -> Announcement | None:
    """What one event means for others, if anything."""
    if event.kind is EventKind.ACTIVITY_ENTERED:
        task = opened.get(event.activity_instance_id or "")
        return None if task is None else _of_task(AnnouncementKind.TASK_OPENED, task, event)
    kind = _KINDS.get(event.kind)
    if kind is None:
        return None
    task = changed.get(event.activity_instance_id or "")
    told = (
        _of_task(kind, task, event)
        if task
        else Announcement(kind, event.at, event.instance_id, event.sequence, "", "")
    )
    above = event.payload["to"] if event.kind is EventKind.TASK_ESCALATED else None
    incident_id = event.payload.get("incident")
    return replace(told, activity_id=event.activity_id, incident_id=incident_id, escalated_to=above)


def _end_of(task: UserTask, record: StepRecord) -> HistoryEvent:
    """The event that ended the task; the step's input when none names it."""
    ends = (
        event
        for event in record.events
        if event.kind is EventKind.ACTIVITY_CANCELLED and event.activity_instance_id == task.task_id
    )
    return next(ends, record.events[0])


def _of_task(kind: AnnouncementKind, task: UserTask, event: HistoryEvent) -> Announcement:
    return of_task(kind, task, at=event.at, sequence=event.sequence)


def of_task(kind: AnnouncementKind, task: UserTask, *, at: datetime, sequence: int) -> Announcement:
    """An announcement about a task.

    sequence: of the event that is its cause; of one that no step is the cause of (it is due soon,
    it is overdue) the instance's last.
    """
    return Announcement(
        kind,
        at,
        task.instance_id,
        sequence,
        task.definition_id,
        task.definition_key,
        task_id=task.task_id,
        activity_id=task.activity_id,
        activity_name=task.name,
        lane=task.lane,
        due_at=task.due_at,
    )
