"""Defects within a node: events, timers, conditions, scripts, repeats, forms, performers."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from engine.bpmn.names import ACTIVITIES, CAMUNDA, bpmn, camunda, local
from tests.mutations.planting import (
    ERROR,
    UNSUPPORTED,
    WARNING,
    Defect,
    Element,
    Severity,
    add,
    defect,
    drop,
    kind,
    nodes,
    owner_of,
    process_of,
    retype,
)

#: What is no time at all, and what is one that the engine does not keep.
NO_TIME = ("besok", "satu jam", "PT", "P1Y2", "1H", "-PT1H", "PT1H PT1H", "2026-13-01")
TIMES_OUT_OF_BOUNDS = {"timeDuration": "P99Y", "timeDate": "2026-01-31T08:00:00"}


def _timers(root: Element) -> Iterator[Element]:
    for definition in root.iter(bpmn("timerEventDefinition")):
        yield from (time for time in definition if local(time).startswith("time"))


@kind
def timer_that_is_no_time(root: Element) -> Iterator[Defect]:
    for time in _timers(root):
        for text in NO_TIME:
            yield defect(lambda t=time, x=text: _write(t, x), owner_of(time), "timer")


@kind
def timer_out_of_bounds(root: Element) -> Iterator[Defect]:
    for time in _timers(root):
        text = TIMES_OUT_OF_BOUNDS.get(local(time))
        if text:
            yield defect(lambda t=time, x=text: _write(t, x), owner_of(time), "timer", UNSUPPORTED)


@kind
def timer_without_a_time(root: Element) -> Iterator[Defect]:
    for time in _timers(root):
        yield defect(lambda t=time: drop(t), owner_of(time), "timer")


@kind
def timer_without_end(root: Element) -> Iterator[Defect]:
    """It repeats on an event that interrupts: there is nothing left to repeat for."""
    for time in _timers(root):
        event = owner_of(time)
        if local(event) != "startEvent" and event.get("cancelActivity") != "false":
            yield defect(lambda t=time: _repeat(t), event, "timer", UNSUPPORTED)


def _repeat(time: Element) -> None:
    time.tag = bpmn("timeCycle")
    time.text = "R/PT1H"


def _write(element: Element, text: str) -> None:
    element.text = text


def _conditions(root: Element, text: str, severity: Severity) -> Iterator[Defect]:
    for condition in root.iter(bpmn("conditionExpression")):
        flow = condition.getparent()
        yield defect(lambda c=condition: _write(c, text), flow, "expression", severity)


@kind
def condition_that_does_not_parse(root: Element) -> Iterator[Defect]:
    yield from _conditions(root, "${siap == == 1}", ERROR)


@kind
def condition_in_feel_that_does_not_parse(root: Element) -> Iterator[Defect]:
    yield from _conditions(root, "= some x in daftar", ERROR)


@kind
def condition_that_calls_a_bean(root: Element) -> Iterator[Defect]:
    yield from _conditions(root, "${layanan.periksa(berkas)}", UNSUPPORTED)


@kind
def condition_with_a_ternary(root: Element) -> Iterator[Defect]:
    yield from _conditions(root, "${siap ? 1 : 2}", UNSUPPORTED)


@kind
def event_without_a_type(root: Element) -> Iterator[Defect]:
    for event in nodes(root, "intermediateCatchEvent", "boundaryEvent"):
        parts = [part for part in event if local(part).endswith("EventDefinition")]
        if parts:
            yield defect(lambda p=parts: drop(*p), event, "event-definition")


@kind
def end_that_waits_for_a_time(root: Element) -> Iterator[Defect]:
    for end in nodes(root, "endEvent"):
        plant = lambda e=end: add(retype(e, "endEvent"), "timerEventDefinition")  # noqa: E731
        yield defect(plant, end, "event-definition")


@kind
def intermediate_event_that_catches_an_error(root: Element) -> Iterator[Defect]:
    for event in nodes(root, "intermediateCatchEvent"):
        plant = lambda e=event: add(  # noqa: E731
            retype(e, "intermediateCatchEvent"), "errorEventDefinition"
        )
        yield defect(plant, event, "event-definition")


@kind
def start_that_terminates(root: Element) -> Iterator[Defect]:
    for start in nodes(root, "startEvent"):
        plant = lambda s=start: add(  # noqa: E731
            retype(s, "startEvent"), "terminateEventDefinition"
        )
        yield defect(plant, start, "event-definition")


@kind
def complex_gateway(root: Element) -> Iterator[Defect]:
    for gateway in nodes(root, "exclusiveGateway", "parallelGateway"):
        plant = lambda g=gateway: setattr(g, "tag", bpmn("complexGateway"))  # noqa: E731
        yield defect(plant, gateway, "unsupported-element", UNSUPPORTED)


@kind
def service_that_nothing_performs(root: Element) -> Iterator[Defect]:
    for task in nodes(root, "userTask", "task", "manualTask"):
        if task.find(bpmn("multiInstanceLoopCharacteristics")) is None:
            yield defect(
                lambda t=task: retype(t, "serviceTask"), task, "unsupported-element", UNSUPPORTED
            )


@kind
def service_without_a_topic(root: Element) -> Iterator[Defect]:
    for task in nodes(root, "userTask", "task", "manualTask"):
        if task.find(bpmn("multiInstanceLoopCharacteristics")) is None:
            yield defect(
                lambda t=task: retype(t, "serviceTask").set(camunda("type"), "external"),
                task,
                "value",
            )


@kind
def script_in_another_language(root: Element) -> Iterator[Defect]:
    for task in nodes(root, "scriptTask"):
        yield defect(
            lambda t=task: t.set("scriptFormat", "groovy"),
            task,
            "unsupported-element",
            UNSUPPORTED,
        )


@kind
def script_that_imports(root: Element) -> Iterator[Defect]:
    for script in root.iter(bpmn("script")):
        yield defect(lambda s=script: _write(s, "import os"), owner_of(script), "script")


@kind
def script_that_does_not_parse(root: Element) -> Iterator[Defect]:
    for script in root.iter(bpmn("script")):
        yield defect(lambda s=script: _write(s, "x = = 1"), owner_of(script), "script")


@kind
def repeat_without_a_number(root: Element) -> Iterator[Defect]:
    for activity in nodes(root, *ACTIVITIES):
        if activity.find(bpmn("multiInstanceLoopCharacteristics")) is None:
            yield defect(
                lambda a=activity: add(a, "multiInstanceLoopCharacteristics"),
                activity,
                "multi-instance",
            )


@kind
def repeat_with_a_collection_and_a_number(root: Element) -> Iterator[Defect]:
    for loop in root.iter(bpmn("multiInstanceLoopCharacteristics")):
        if loop.get(camunda("collection")):
            yield defect(
                lambda e=loop: add(e, "loopCardinality", "3"), owner_of(loop), "multi-instance"
            )


@kind
def task_of_nobody(root: Element) -> Iterator[Defect]:
    for task in nodes(root, "userTask"):
        members = [m for m in root.iter(bpmn("flowNodeRef")) if m.text == task.get("id")]
        is_named = any(task.get(camunda(name)) for name in _PERFORMERS)
        if members and not is_named:
            yield defect(lambda m=members: drop(*m), task, "user-task-lane", UNSUPPORTED)


_PERFORMERS = ("assignee", "candidateUsers", "candidateGroups")


@kind
def process_without_lanes(root: Element) -> Iterator[Defect]:
    process = process_of(root)
    lanes = process.findall(bpmn("laneSet"))
    tasks = nodes(root, "userTask")
    is_open = any(not any(t.get(camunda(name)) for name in _PERFORMERS) for t in tasks)
    if lanes and is_open:
        yield defect(lambda: drop(*lanes), process, "user-task-lane", WARNING)


@kind
def lane_without_a_name(root: Element) -> Iterator[Defect]:
    for lane in root.iter(bpmn("lane")):
        yield defect(lambda e=lane: e.set("name", " "), lane, "user-task-lane", UNSUPPORTED)


def _fields(root: Element) -> Iterator[Element]:
    return root.iter(f"{{{CAMUNDA}}}formField")


@kind
def field_of_no_type(root: Element) -> Iterator[Defect]:
    for field in _fields(root):
        yield defect(
            lambda f=field: f.set("type", "uang"), owner_of(field), "form-field", UNSUPPORTED
        )


@kind
def field_without_an_id(root: Element) -> Iterator[Defect]:
    for field in _fields(root):
        yield defect(lambda f=field: f.attrib.pop("id"), owner_of(field), "form-field")


@kind
def field_twice_in_a_form(root: Element) -> Iterator[Defect]:
    for field in _fields(root):
        yield defect(lambda f=field: f.addnext(copy.deepcopy(f)), owner_of(field), "form-field")


@kind
def field_of_two_types(root: Element) -> Iterator[Defect]:
    marks = bpmn("multiInstanceLoopCharacteristics")
    # What a repeat is given stays within it, and collides with nothing.
    once = [task for task in nodes(root, "userTask") if task.find(marks) is None]
    for field in _fields(root):
        if field.get("type") != "long" or owner_of(field).find(marks) is not None:
            continue
        for other in once:
            form = other.find(f".//{camunda('formData')}")
            taken = set() if form is None else {f.get("id") for f in form}
            if form is not None and field.get("id") not in taken:
                twin = {"id": field.get("id"), "label": "x", "type": "string"}
                yield Defect(
                    lambda f=form, t=twin: f.append(f.makeelement(camunda("formField"), t)),
                    frozenset({str(other.get("id")), str(owner_of(field).get("id"))}),
                    "form-collision",
                )
