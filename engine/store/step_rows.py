"""What one step writes, as rows of its tables."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from engine.model import (
    Document,
    ExternalTask,
    HistoryEvent,
    Incident,
    StepRecord,
    TaskState,
    UserTask,
)
from engine.store.tables import external_task, incident, user_task

#: Columns of user_task that are no part of the noun.
BESIDE_TASKS = frozenset({"offered_lane", "is_measured", "escalation_level"})
_OF_TASK = tuple(each.name for each in user_task.c if each.name not in BESIDE_TASKS)
#: All at once: every step of a person writes two tasks.
_facts_of = attrgetter(*_OF_TASK)
_DOCUMENT_FACTS = ("document_id", "name", "mime_type", "size", "sha256")


def event_values(event: HistoryEvent) -> dict[str, Any]:
    """One event; its payload's name and type are columns too, to be searched."""
    name, kind = event.copied_texts
    return {
        "instance_id": event.instance_id,
        "sequence": event.sequence,
        "revision": event.revision,
        "kind": event.kind.value,
        "at": event.at,
        "actor": event.actor,
        "capacity": event.capacity,
        "activity_id": event.activity_id,
        "activity_instance_id": event.activity_instance_id,
        "activity_name": name,
        "activity_type": kind,
        "payload": dict(event.payload),
        "previous_hash": event.previous_hash,
        "hash": event.hash,
    }


def task_values(task: UserTask) -> dict[str, Any]:
    """One user task, as it is kept after the step."""
    has_candidates = bool(task.candidate_users or task.candidate_groups)
    return {
        **dict(zip(_OF_TASK, _facts_of(task), strict=True)),
        "state": task.state.value,
        "preceded_by": [
            {"task": each.task_id, "activity": each.activity_id, "by": each.by}
            for each in task.preceded_by
        ],
        "local_variables": dict(task.local_variables),
        "escalations": [
            {"lane": each.lane, "at": each.at.isoformat(), "dueAt": each.due_at.isoformat()}
            for each in task.escalations
        ],
        "escalation_level": len(task.escalations),
        "offered_lane": None if has_candidates else task.lane,
        # Nobody is reminded of what is over, and it does not go up.
        "remind_at": task.remind_at if task.state is TaskState.OPEN else None,
        "escalate_at": task.escalate_at if task.state is TaskState.OPEN else None,
    }


def candidate_values(task: UserTask) -> Sequence[dict[str, Any]]:
    """Who is offered the task by name, each once."""
    offered = [("user", name) for name in task.candidate_users]
    offered += [("group", name) for name in task.candidate_groups]
    return [
        {"instance_id": task.instance_id, "task_id": task.task_id, "kind": kind, "name": name}
        for kind, name in dict.fromkeys(offered)
    ]


def service_values(service: ExternalTask) -> dict[str, Any]:
    """One external task."""
    return {column.name: getattr(service, column.name) for column in external_task.c}


def document_values(step: StepRecord, new: Document) -> dict[str, Any]:
    """One document that the step's input brought."""
    values = {name: getattr(new, name) for name in _DOCUMENT_FACTS}
    return {
        "instance_id": step.instance.instance_id,
        "sequence": step.events[0].sequence,
        **values,
    }


def incident_values(new: Incident) -> dict[str, Any]:
    """One incident."""
    return {column.name: getattr(new, column.name) for column in incident.c}


def end_values(task: UserTask) -> dict[str, Any]:
    """What the end of a task changes."""
    return {
        "state": task.state.value,
        "assignee": task.assignee,
        "ended_at": task.ended_at,
        "ended_by": task.ended_by,
        # Nobody is reminded of what is over, and it does not go up.
        "remind_at": None,
        "escalate_at": None,
        "of_instance": task.instance_id,
        "of_task": task.task_id,
    }
