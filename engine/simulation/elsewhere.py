"""What a simulation makes up of the world: work done by programs, called processes, things thrown.

A program gives no values and a called process gives nothing back: their files say more of that than
this one. A called process ends at once, unless what it throws would be caught here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.bpmn.codes import ERROR, ESCALATION
from engine.bpmn.elements import FlowNode, ProcessModel
from engine.model import EventKind, Json
from engine.spiff.machine import MAX_AUTOMATIC_ELEMENTS, Run

#: The code of what is thrown where every code is caught.
ANY_CODE = "ANY"
SERVICE, CALLED, TASK = "service", "called", "task"


@dataclass(frozen=True, slots=True)
class Place:
    """An external task, a called instance or a user task that is waited for."""

    #: SERVICE, CALLED or TASK.
    kind: str
    node: FlowNode
    id: str


def all_places(run: Run) -> list[Place]:
    """Where somebody outside of the instance is waited for; what failed waits for nobody."""
    waits = run.waits()
    found = [Place(SERVICE, run.node_at(each), each) for each in sorted(waits.services)]
    found += [Place(CALLED, run.node_at(each), each) for each in sorted(waits.calls)]
    found = [place for place in found if run.incident_of(place.id) is None]
    return found + [Place(TASK, task.node, task.task_id) for task in waits.tasks]


def places(run: Run, ready_at: Mapping[str, datetime]) -> Iterator[Place]:
    """The same, of each activity the one that is ready first."""
    seen: set[tuple[str, str]] = set()
    for place in sorted(all_places(run), key=lambda place: ready_at[place.id]):
        if (place.kind, place.node.id) not in seen:
            seen.add((place.kind, place.node.id))
            yield place


def thrown_at(run: Run, place: Place, model: ProcessModel) -> Iterator[tuple[str, str]]:
    """(kind, code) of what could be thrown there and would be caught.

    At a user task only what nothing in the diagram throws by itself: else every task of a process
    would be tried with every code.
    """
    kinds = (ERROR,) if place.kind == SERVICE else (ERROR, ESCALATION)
    for kind in kinds:
        drawn = set(_drawn(model, kind))
        for code in run.codes_caught(place.id, kind):
            is_drawn = bool(drawn) if code is None else code in drawn
            if place.kind != TASK or not is_drawn:
                yield kind, code or ANY_CODE


def _drawn(model: ProcessModel, kind: str) -> Iterator[str]:
    """The codes that events of the diagram throw."""
    for node in model.nodes.values():
        is_throwing = node.type in {"endEvent", "intermediateThrowEvent"}
        if is_throwing and node.coded_event and node.coded_event.kind == kind:
            yield node.coded_event.code or ""


def perform(run: Run, place: Place) -> None:
    """The program has done its work, or the called process has ended."""
    if place.kind == CALLED:
        run.finish_call(place.id, {})
        return
    told: dict[str, Json] = {"variables": {}, "localVariables": {}}
    run.answer_service(place.id, EventKind.SERVICE_COMPLETED, told)


def throw_at(run: Run, place: Place, kind: str, code: str) -> None:
    """Somebody throws this there."""
    told: dict[str, Json] = {"code": code, "message": None, "variables": {}, "call": place.id}
    is_error = kind == ERROR
    if place.kind == SERVICE:
        run.answer_service(place.id, EventKind.SERVICE_ERROR, told)
    elif place.kind == CALLED:
        run.hear_call(EventKind.CALL_ERROR if is_error else EventKind.CALL_ESCALATION, told)
    else:
        deed = EventKind.TASK_ERROR if is_error else EventKind.TASK_ESCALATION
        run.hear_task(place.id, deed, told)


def answer_calls(run: Run) -> None:
    """End every called process at once from which nothing that it throws would be caught.

    As many rounds as one step may run automatic elements: a loop of calls is broken off there.
    """
    for _ in range(MAX_AUTOMATIC_ELEMENTS):
        calls = [call for call in sorted(run.waits().calls) if not _may_throw(run, call)]
        if not calls:
            return
        for call in calls:
            # The end of one may have cancelled another.
            if call in run.waits().calls:
                run.finish_call(call, {})


def _may_throw(run: Run, call: str) -> bool:
    return any(run.codes_caught(call, kind) for kind in (ERROR, ESCALATION))
