"""Whether tasks went up as they had to: each escalation computed again from what was before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from engine.bpmn.elements import ProcessModel
from engine.calendars import Calendars
from engine.errors import PASSING_TROUBLE, EngineError
from engine.escalation_rules import above_step, begins_anew, counts_from, rises_at
from engine.model import EventKind, Fault, HistoryEvent, Json, TaskEscalation
from engine.store import StoreTransaction
from engine.worktime import zone_of

#: Task id -> to whom it has gone up, level by level.
Risen = dict[str, tuple[TaskEscalation, ...]]


class EscalationProof:
    """Computes escalations again, by the calendar and the order of superiors that they name."""

    def __init__(self, calendars: Calendars) -> None:
        self._calendars = calendars

    def faults(
        self,
        tx: StoreTransaction,
        model: ProcessModel,
        events: Iterable[HistoryEvent],
        later: Mapping[str, ProcessModel] = MappingProxyType({}),
    ) -> list[Fault]:
        """Every escalation that does not follow from its task, its diagram and its time.

        later: definition id -> the model of each version that the instance was migrated to.
        """
        found: list[Fault] = []
        risen: Risen = {}
        dues: dict[str, Json] = {}
        for event in events:
            task_id = event.activity_instance_id or ""
            if event.kind is EventKind.INSTANCE_MIGRATED:
                model = later.get(event.payload.get("to", ""), model)
            elif event.kind is EventKind.TASK_ESCALATED:
                due_at = dues.get(task_id, event.payload.get("dueAt"))
                found += self._differences(tx, model, event, risen.get(task_id, ()), due_at)
            _follow(risen, event)
            _follow_due(dues, event)
        return found

    def _differences(
        self,
        tx: StoreTransaction,
        model: ProcessModel,
        event: HistoryEvent,
        before: tuple[TaskEscalation, ...],
        due_at: Json,
    ) -> list[Fault]:
        try:
            expected = self._expected(tx, model, event, before)
        except PASSING_TROUBLE:
            raise
        except (EngineError, KeyError, TypeError, ValueError) as error:
            return [_fault(event, "facts that can be computed again", str(error))]
        expected["dueAt"] = due_at
        told = {name: event.payload.get(name) for name in expected}
        is_early = not told["at"] or datetime.fromisoformat(str(told["at"])) > event.at
        if told == expected and not is_early:
            return []
        return [_fault(event, str(expected), str(told))]

    def _expected(
        self,
        tx: StoreTransaction,
        model: ProcessModel,
        event: HistoryEvent,
        before: tuple[TaskEscalation, ...],
    ) -> dict[str, Json]:
        """What follows from the due date, the calendar and the order that the event names."""
        told = event.payload
        [order] = tx.superiors_revisions(told["superiors"])
        lane = model.nodes[event.activity_id or ""].lane
        above = above_step(model, event.activity_id or "", lane, order)
        superior = above.after(before)
        due_at = datetime.fromisoformat(told["dueAt"])
        since = counts_from(due_at, before[-1].at if before else None)
        calendar = self._calendars.at_revision(tx, told["calendar"], told["revision"])
        calendar = replace(calendar, zone=zone_of(told["zone"]))
        return {
            "level": len(before) + 1,
            "from": before[-1].lane if before else lane,
            "to": superior.lane if superior else None,
            "after": superior.after if superior else None,
            "by": above.by,
            "since": since.isoformat(timespec="milliseconds"),
            "at": rises_at(told["after"], calendar, since).isoformat(timespec="milliseconds"),
        }


def risen_in(events: Iterable[HistoryEvent]) -> Risen:
    """To whom each task has gone up, and counts as gone up to, after these events."""
    risen: Risen = {}
    for event in events:
        _follow(risen, event)
    return risen


def _follow(risen: Risen, event: HistoryEvent) -> None:
    task_id = event.activity_instance_id or ""
    if begins_anew(event):
        risen[task_id] = ()
    elif event.kind is EventKind.TASK_ESCALATED:
        due_at = datetime.fromisoformat(event.payload["dueAt"])
        told = TaskEscalation(event.payload["to"], event.at, due_at)
        risen[task_id] = (*risen.get(task_id, ()), told)


def _follow_due(dues: dict[str, Json], event: HistoryEvent) -> None:
    """Task id -> its due date, where history says one; what a diagram dates itself, it does not."""
    task_id = event.activity_instance_id or ""
    if event.kind is EventKind.DEADLINE_SET:
        dues[task_id] = event.payload["dueAt"]
    elif event.kind is EventKind.TASK_CHANGED and "dueDate" in event.payload["changes"]:
        dues[task_id] = event.payload["changes"]["dueDate"]["to"]


def _fault(event: HistoryEvent, expected: str, found: str) -> Fault:
    return Fault(
        event.instance_id,
        event.sequence,
        "escalation",
        "the task did not go up as its due date, its diagram and the time since then say",
        expected=expected,
        found=found,
    )
