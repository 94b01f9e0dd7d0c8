"""Whether what is kept of an instance beside its history is what its history leads to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from engine.lineage import ended_up_in
from engine.model import (
    EventKind,
    EventSubscription,
    Fault,
    HistoryEvent,
    InstanceState,
    ProcessInstance,
    StoredInstance,
    UserTask,
)
from engine.spiff.machine import OpenTask, Run
from engine.spiff.subscriptions import OpenSubscription
from engine.step_records import row_of

_HANDS = frozenset({EventKind.TASK_CLAIMED, EventKind.TASK_UNCLAIMED, EventKind.TASK_ASSIGNED})
#: Facts of a task's opening that decide who sees it, and as what.
_OF_OPENING = (
    "definition_key",
    "business_key",
    "activity_id",
    "name",
    "lane",
    "lane_path",
    "candidate_users",
    "candidate_groups",
)
#: Facts of an instance, and what its first event calls them.
_OF_START = {
    "business_key": "businessKey",
    "start_activity_id": "startEvent",
    "super_instance_id": "caller",
}
#: Dates are not compared here: engine/deadlines.py follows them.
_ANY_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Kept:
    """What the database keeps of one instance beside history."""

    stored: StoredInstance
    open_tasks: Sequence[UserTask]
    subscriptions: Iterable[EventSubscription]


def state_faults(kept: Kept, run: Run, events: Sequence[HistoryEvent]) -> list[Fault]:
    """Each fact that differs, by its name. run: as history leads to it."""
    instance = kept.stored.instance
    return [
        Fault(
            instance.instance_id,
            instance.last_sequence,
            "state",
            f"{what} kept beside history is not what history leads to",
            expected=expected,
            found=found,
        )
        for what, expected, found in (
            *_differences_of_instance(kept.stored, run, events),
            *_differences_of_tasks(kept, run, events),
            *_differences_of_waiting(kept.subscriptions, run),
        )
    ]


#: What differs, what history leads to, what is kept.
_Difference = tuple[str, str, str]


def _differences_of_instance(
    stored: StoredInstance, run: Run, events: Sequence[HistoryEvent]
) -> Iterator[_Difference]:
    instance = stored.instance
    last_version = ended_up_in(events) or instance.definition_id
    if last_version != instance.definition_id:
        yield "the version", last_version, instance.definition_id
    if stored.snapshot is not None and stored.snapshot != run.dump():
        yield "the snapshot", "the state that the inputs lead to", "another one"
    if (instance.state is InstanceState.ACTIVE) == run.is_completed:
        yield "the state", "ended" if run.is_completed else "active", instance.state
    yield from _differences_of_start(instance, events[0])


def _differences_of_start(
    instance: ProcessInstance, started: HistoryEvent
) -> Iterator[_Difference]:
    for name, told in _OF_START.items():
        # Histories of older versions do not tell everything.
        if told in started.payload and started.payload[told] != getattr(instance, name):
            yield f"the {name}", str(started.payload[told]), str(getattr(instance, name))
    if started.actor is not None and started.actor != instance.started_by:
        yield "the account that started it", started.actor, instance.started_by
    if started.at != instance.started_at:
        yield "the time of the start", started.at.isoformat(), instance.started_at.isoformat()


def _differences_of_tasks(
    kept: Kept, run: Run, events: Sequence[HistoryEvent]
) -> Iterator[_Difference]:
    rows = {row.task_id: row for row in kept.open_tasks}
    now = {task.task_id: task for task in run.open_tasks()}
    if rows.keys() != now.keys():
        yield "the open tasks", str(sorted(now)), str(sorted(rows))
    hands = {
        str(event.activity_instance_id): event.payload.get("to")
        for event in events
        if event.kind in _HANDS
    }
    for task_id in sorted(rows.keys() & now.keys()):
        opened = _opened(now[task_id], kept.stored.instance, rows[task_id])
        holder = hands.get(task_id, opened.assignee)
        if holder != rows[task_id].assignee:
            yield f"who has task {task_id},", str(holder), str(rows[task_id].assignee)
        for name in _OF_OPENING:
            expected, found = getattr(opened, name), getattr(rows[task_id], name)
            if expected != found:
                yield f"the {name} of task {task_id}", str(expected), str(found)


def _opened(task: OpenTask, instance: ProcessInstance, row: UserTask) -> UserTask:
    return row_of(task, instance, now=row.created_at, zone=_ANY_ZONE)


def _differences_of_waiting(
    subscriptions: Iterable[EventSubscription], run: Run
) -> Iterator[_Difference]:
    kept = {_waiting(each) for each in subscriptions}
    waiting = {_waiting(each) for each in run.subscriptions()}
    if kept != waiting:
        yield "what waits for messages", str(sorted(waiting)), str(sorted(kept))


def _waiting(each: EventSubscription | OpenSubscription) -> tuple[str, ...]:
    return each.subscription_id, each.activity_id, each.activity_instance_id, each.kind, each.name
