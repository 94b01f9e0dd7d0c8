"""The rows of an instance's user tasks, open and ended, as its history leads to them.

Pure: from events and from the versions that they name. `task_proof` compares them with those that
are kept, `reindexing` writes them anew. What no event says is taken from the row that is kept: when
a task is next reminded of and goes up, a date that a diagram says as local time, and by which
substitution somebody has what another one assigned to him.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.escalation_proof import Risen
from engine.lineage import Lineage
from engine.model import (
    HAND_KINDS,
    EventKind,
    HistoryEvent,
    Json,
    PrecedingTask,
    ProcessInstance,
    TaskState,
    UserTask,
    Variables,
)
from engine.spiff.waits import OpenTask
from engine.step_records import renewed, row_of
from engine.task_changes import NAMES

_OPEN = TaskState.OPEN, None, None
_ENDS = frozenset({EventKind.ACTIVITY_COMPLETED, EventKind.ACTIVITY_CANCELLED})
_DUE = NAMES["due_at"]


@dataclass(slots=True)
class Visit:
    """What history says of one visit of a user task."""

    #: Its entering, and the moves to other versions while it was open; with the version of each.
    places: list[tuple[str, HistoryEvent]]
    #: Whether it failed before it opened: then it opened later than it was entered.
    has_failed: bool = False
    #: How it last got into somebody's hands, or out of them.
    hand: HistoryEvent | None = None
    #: The last word of history about each fact that people change; deadlines are of `dueDate`.
    facts: dict[str, Json] = field(default_factory=dict)
    #: The note of the deadline that it has; None: somebody set it by hand, or nobody did.
    deadline: HistoryEvent | None = None
    end: tuple[TaskState, datetime, str | None] | None = None
    completed_by: str | None = None


def visits_in(events: Iterable[HistoryEvent], definition_id: str) -> dict[str, Visit]:
    """Each visit of a user task. definition_id: the version that the instance started in."""
    found: dict[str, Visit] = {}
    given: HistoryEvent | None = None
    for event in events:
        if event.is_input:
            given = event
            if event.kind is EventKind.INSTANCE_MIGRATED:
                definition_id = str(event.payload["to"])
        visit = found.get(event.activity_instance_id or "")
        if visit is not None:
            _hear(visit, event, definition_id, given)
        elif event.kind is EventKind.ACTIVITY_ENTERED and event.payload.get("type") == "userTask":
            found[event.activity_instance_id or ""] = Visit([(definition_id, event)])
    return found


def _hear(visit: Visit, event: HistoryEvent, version: str, given: HistoryEvent | None) -> None:
    kind = event.kind
    if kind is EventKind.TASK_COMPLETED:
        visit.end = TaskState.COMPLETED, event.at, event.actor
        visit.completed_by = event.actor
    elif kind in _ENDS:
        visit.end = visit.end or (TaskState.CANCELLED, event.at, given.actor if given else None)
    elif kind in HAND_KINDS:
        visit.hand = event
    elif kind is EventKind.DEADLINE_SET:
        visit.facts[_DUE] = event.payload["dueAt"]
        visit.deadline = event if event.payload["dueAt"] else None
    elif kind is EventKind.TASK_CHANGED:
        changed = {name: change["to"] for name, change in event.payload["changes"].items()}
        visit.facts |= changed
        visit.deadline = None if _DUE in changed else visit.deadline
    elif kind is EventKind.ACTIVITY_MIGRATED:
        visit.places.append((version, event))
    elif kind is EventKind.INCIDENT_RAISED:
        visit.has_failed = True


@dataclass(frozen=True, slots=True)
class TaskRows:
    """What the rows of one instance's tasks follow from."""

    #: As history leads to it.
    instance: ProcessInstance
    lineage: Lineage
    visits: Mapping[str, Visit]
    #: The tasks that are open in the end.
    open_now: Mapping[str, OpenTask]
    preceding: Mapping[str, tuple[PrecedingTask, ...]]
    risen: Risen
    zone: ZoneInfo
    _versions: dict[str, ProcessInstance] = field(default_factory=dict)

    def of(self, kept: Mapping[str, UserTask]) -> dict[str, UserTask]:
        """The rows that there must be. kept: those that there are."""
        return {
            task_id: self._row(visit, kept.get(task_id))
            for task_id, visit in self.visits.items()
            if task_id in self.open_now
            # What was cancelled may have been entered and left in one step, and has no row then.
            or (visit.end and (visit.completed_by or task_id in kept))
        }

    def _row(self, visit: Visit, kept: UserTask | None) -> UserTask:
        opened = self._opened(visit, kept)
        is_open = opened.task_id in self.open_now
        state, ended_at, ended_by = visit.end if visit.end and not is_open else _OPEN
        dates = _dates(visit, opened, kept)
        # Made anew, it is looked at again at once.
        again = (kept.remind_at, kept.escalate_at) if kept else (dates["due_at"],) * 2
        return replace(
            opened,
            state=state,
            ended_at=ended_at,
            ended_by=ended_by,
            escalations=self.risen.get(opened.task_id, ()),
            priority=visit.facts.get(NAMES["priority"], opened.priority),
            remind_at=again[0],
            escalate_at=again[1],
            **_hands(visit, opened, kept),
            **dates,
        )

    def _opened(self, visit: Visit, kept: UserTask | None) -> UserTask:
        """The row of a task as it opened, with what moves to other versions made of it."""
        version, entered = visit.places[0]
        told, task_id = entered.payload, entered.activity_instance_id or ""
        if visit.has_failed and kept is not None:
            # When it opened, to whom it was offered then, and what had led there, no event says.
            still = self.open_now.get(task_id)
            row = self._row_of(self.instance, still, kept.created_at) if still else kept
            return replace(row, preceded_by=kept.preceded_by)
        row = self._row_at(version, entered, told.get("locals", {}), told.get("offer", {}))
        for version, moved in visit.places[1:]:
            offer = moved.payload.get("offer", {})
            row = renewed(row, self._row_at(version, moved, row.local_variables, offer))
        return row

    def _row_at(self, version: str, at: HistoryEvent, local: Variables, offer: Json) -> UserTask:
        node = self.lineage.machine(version).model.nodes[at.activity_id or ""]
        task = OpenTask(at.activity_instance_id or "", node, local, offer)
        return self._row_of(self._in_version(version), task, at.at)

    def _row_of(self, instance: ProcessInstance, task: OpenTask, at: datetime) -> UserTask:
        preceded_by = self.preceding.get(task.task_id, ())
        return row_of(task, instance, now=at, zone=self.zone, preceded_by=preceded_by)

    def _in_version(self, version: str) -> ProcessInstance:
        if version not in self._versions:
            self._versions[version] = replace(self.instance, definition_id=version)
        return self._versions[version]


def _hands(visit: Visit, opened: UserTask, kept: UserTask | None) -> dict[str, Any]:
    """Who has it, since when, and by which substitution."""
    hand = visit.hand
    if hand is None:
        # Who completes what nobody took becomes its assignee, but never had it.
        return {"assignee": opened.assignee or visit.completed_by}
    to = hand.payload.get("to")
    by = (hand.payload.get("substitution") or {}).get("id") if to == hand.actor else None
    if hand.kind is EventKind.TASK_ASSIGNED and kept is not None and kept.assignee == to:
        by = kept.substitution_id
    return {
        "assignee": to or visit.completed_by,
        "claimed_at": hand.at if to else None,
        "substitution_id": by if to else None,
    }


def _dates(visit: Visit, opened: UserTask, kept: UserTask | None) -> dict[str, Any]:
    """When it is due, by which calendar, and when it is to be looked at."""
    note = visit.deadline.payload if visit.deadline else {}
    found = {"due_calendar": note.get("calendar"), "due_revision": note.get("revision")}
    for name in ("due_at", "follow_up_at"):
        if NAMES[name] in visit.facts:
            told = visit.facts[NAMES[name]]
            found[name] = datetime.fromisoformat(told) if told else None
        else:
            said = getattr(opened, name)
            # What a diagram says without an offset was read in the office's time zone of then.
            found[name] = getattr(kept, name) if said and kept is not None else said
    return found
