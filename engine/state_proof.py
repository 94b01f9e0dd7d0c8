"""Whether what is kept of an instance beside its history is what its history leads to.

Table by table, row by row and field by field: from `projections`, and from the run itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from engine import projections
from engine.model import (
    Candidate,
    EventKind,
    Fault,
    HistoryEvent,
    Incident,
    KeptBeside,
    ProcessInstance,
    UserTask,
)
from engine.spiff.machine import OpenTask, Run
from engine.step_records import row_of

_HANDS = frozenset({EventKind.TASK_CLAIMED, EventKind.TASK_UNCLAIMED, EventKind.TASK_ASSIGNED})
#: Facts of a task's opening that decide who sees it, and as what.
OF_OPENING = (
    "definition_id",
    "definition_key",
    "business_key",
    "activity_id",
    "name",
    "lane",
    "lane_path",
    "description",
    "form_key",
    "is_strategic",
    "candidate_users",
    "candidate_groups",
)
#: Facts of an instance, and what its first event calls them.
_OF_START = {
    "business_key": "businessKey",
    "start_activity_id": "startEvent",
    "super_instance_id": "caller",
}
#: What the steps of an instance give it.
_OF_STEPS = ("state", "ended_at", "end_reason", "next_due_at")
_OF_INCIDENT = (
    *("definition_id", "activity_id", "raised_at", "message", "resolved_at"),
    *("kind", "activity_instance_id"),
)
#: Not who holds it, until when, and how often it may still fail: no event says so.
_OF_SERVICE = (
    *("definition_id", "definition_key", "activity_id", "topic", "created_at", "priority"),
    *("business_key", "error_message", "error_details"),
)
_OF_SUBSCRIPTION = ("activity_id", "activity_instance_id", "kind", "name", "created_at")
_OF_ENDED = ("state", "ended_at", "ended_by")
_OF_VARIABLE = ("scope", "at", "activity_instance_id", "is_first")
#: Dates are not compared here: engine/deadlines.py follows them.
_ANY_ZONE = ZoneInfo("UTC")


def state_faults(kept: KeptBeside, run: Run, events: Sequence[HistoryEvent]) -> list[Fault]:
    """Each fact that differs, by its name. run: as history leads to it."""
    instance = kept.stored.instance
    expected = projections.instance_of(instance, run, events)
    return [
        Fault(
            instance.instance_id,
            instance.last_sequence,
            "state",
            f"{what} kept beside history is not what history leads to",
            expected=told,
            found=found,
        )
        for what, told, found in (
            *_differences_of_instance(kept, expected, run, events),
            *_differences_of_tasks(kept, expected, run, events),
            *_differences_of_others(kept, expected, run, events),
        )
    ]


#: What differs, what history leads to, what is kept.
_Difference = tuple[str, str, str]


def _differences_of_instance(
    kept: KeptBeside, expected: ProcessInstance, run: Run, events: Sequence[HistoryEvent]
) -> Iterator[_Difference]:
    instance = kept.stored.instance
    if expected.definition_id != instance.definition_id:
        yield "the version", expected.definition_id, instance.definition_id
    snapshot = kept.stored.snapshot
    if snapshot is not None and snapshot != run.dump():
        yield "the snapshot", "the state that the inputs lead to", "another one"
    yield from _differing("", expected, instance, _OF_STEPS)
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
    kept: KeptBeside, expected: ProcessInstance, run: Run, events: Sequence[HistoryEvent]
) -> Iterator[_Difference]:
    rows = {row.task_id: row for row in kept.open_tasks}
    now = {task.task_id: task for task in run.open_tasks()}
    if rows.keys() != now.keys():
        yield "the open tasks", str(sorted(now)), str(sorted(rows))
    hands = last_hands(events)
    for task_id in sorted(rows.keys() & now.keys()):
        opened = opened_row(now[task_id], expected, rows[task_id])
        holder = hands[task_id].payload.get("to") if task_id in hands else opened.assignee
        if holder != rows[task_id].assignee:
            yield f"who has task {task_id},", str(holder), str(rows[task_id].assignee)
        yield from _differing(f" of task {task_id}", opened, rows[task_id], OF_OPENING)
        yield from _differences_of_offer(kept, opened)
    # Of those that are open by right it is said above already.
    ended = {each.task_id: each for each in kept.ended_tasks if each.task_id not in now}
    yield from _of_rows("task", projections.ended_tasks_of(run, events, ended), ended, _OF_ENDED)


def last_hands(events: Iterable[HistoryEvent]) -> dict[str, HistoryEvent]:
    """Task -> the last event by which somebody took, gave or put it back."""
    return {str(event.activity_instance_id): event for event in events if event.kind in _HANDS}


def opened_row(task: OpenTask, instance: ProcessInstance, row: UserTask) -> UserTask:
    """The row as its opening made it, dates aside."""
    return row_of(task, instance, now=row.created_at, zone=_ANY_ZONE)


def _differences_of_offer(kept: KeptBeside, opened: UserTask) -> Iterator[_Difference]:
    """Who finds the task in an inbox: what a search for it goes by."""
    task_id = opened.task_id
    named = {Candidate(task_id, "user", name) for name in opened.candidate_users}
    named |= {Candidate(task_id, "group", name) for name in opened.candidate_groups}
    found = {each for each in kept.candidates if each.task_id == task_id}
    if named != found:
        yield f"the candidates of task {task_id}", _names(named), _names(found)
    lane = None if named else opened.lane
    if kept.offered_lanes[task_id] != lane:
        found_lane = str(kept.offered_lanes[task_id])
        yield f"the offered_lane of task {task_id}", str(lane), found_lane


def _names(candidates: Iterable[Candidate]) -> str:
    return str(sorted(f"{each.kind} {each.name}" for each in candidates))


def _differences_of_others(
    kept: KeptBeside, expected: ProcessInstance, run: Run, events: Sequence[HistoryEvent]
) -> Iterator[_Difference]:
    yield from _of_rows(
        "subscription",
        {e.subscription_id: e for e in projections.subscriptions_of(expected, run, events)},
        {e.subscription_id: e for e in kept.subscriptions},
        _OF_SUBSCRIPTION,
    )
    yield from _of_rows(
        "external task",
        {e.external_task_id: e for e in projections.services_of(expected, run, events)},
        {e.external_task_id: e for e in kept.services},
        _OF_SERVICE,
    )
    incidents = {each.incident_id: each for each in kept.incidents}
    yield from _of_rows(
        "incident",
        {
            each.incident_id: _as_told_to(incidents.get(each.incident_id), each)
            for each in projections.incidents_of(expected, events)
        },
        incidents,
        _OF_INCIDENT,
    )
    variables = projections.variables_of(events)
    if variables != kept.variables:
        yield from _of_rows(
            "variable_update",
            {f"{e.name} of event {e.sequence}": e for e in variables},
            {f"{e.name} of event {e.sequence}": e for e in kept.variables},
            _OF_VARIABLE,
        )


def _as_told_to(kept: Incident | None, told: Incident) -> Incident:
    """The incident; without what a row does not have that was written before there were kinds."""
    if kept is None or kept.activity_instance_id is not None:
        return told
    return replace(told, kind=kept.kind, activity_instance_id=None)


def _of_rows(
    what: str,
    expected: Mapping[str, object],
    found: Mapping[str, object],
    fields: Iterable[str],
) -> Iterator[_Difference]:
    """Each row that is missing, too many, or says something else."""
    for key in sorted(expected.keys() | found.keys()):
        if key not in found:
            yield f"{what} {key}", "a row", "none"
        elif key not in expected:
            yield f"{what} {key}", "no row", "one"
        elif expected[key] != found[key]:
            yield from _differing(f" of {what} {key}", expected[key], found[key], fields)


def _differing(
    of_what: str, expected: object, found: object, fields: Iterable[str]
) -> Iterator[_Difference]:
    for name in fields:
        one, other = getattr(expected, name), getattr(found, name)
        if one != other:
            yield f"the {name}{of_what}", str(one), str(other)
