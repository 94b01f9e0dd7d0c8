"""A boundary event can come about, interrupts what it must, and is entered by nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.graph import graph_of
from engine.bpmn.checks.places import Rule, checked_processes, label_of, scopes
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import Element, bpmn, is_true, local
from engine.model import Finding

RULE = "boundary-event"

_INTERRUPTING = ("errorEventDefinition", "cancelEventDefinition")
#: What comes from outside of the activity: nothing of it can happen within one step.
_OUTSIDE = ("timerEventDefinition", "messageEventDefinition", "signalEventDefinition")
#: Activities that are passed within one step, so that nothing can happen on them.
_PASSED_AT_ONCE = frozenset({"task", "manualTask", "scriptTask"})


def check(diagram: Diagram) -> Iterator[Finding]:
    """What BPMN 2.0.2 §10.5.4 and §10.5.6 ask of an event on the edge of an activity."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        for scope in scopes(process):
            nodes = graph_of(scope).nodes
            events = {i: node for i, node in nodes.items() if local(node) == "boundaryEvent"}
            yield from _incoming(rule, scope, events)
            for event in events.values():
                yield from _check_event(rule, event)
                yield from _check_host(rule, event, nodes.get(event.get("attachedToRef", "")))


def _incoming(rule: Rule, scope: Element, events: dict[str, Element]) -> Iterator[Finding]:
    for flow in scope.findall(bpmn("sequenceFlow")):
        event = events.get(flow.get("targetRef", ""))
        if event is not None:
            yield rule.error(
                event,
                f"alur {flow.get('id')} menuju kejadian batas; hapus alur itu",
                f"flow {flow.get('id')} leads to a boundary event; remove the flow",
            )


def _check_event(rule: Rule, event: Element) -> Iterator[Finding]:
    is_interrupting = is_true(event.get("cancelActivity", "true"))
    if not is_interrupting and any(event.find(bpmn(tag)) is not None for tag in _INTERRUPTING):
        yield rule.error(
            event,
            "kejadian galat atau batal selalu menghentikan kegiatannya; hapus "
            'cancelActivity="false"',
            "an error or cancel event always interrupts its activity; remove "
            'cancelActivity="false"',
        )


def _check_host(rule: Rule, event: Element, host: Element | None) -> Iterator[Finding]:
    if host is None:
        return  # unresolved-reference says so
    if is_true(host.get("triggeredByEvent")):
        yield rule.error(
            event,
            f"menempel pada sub-proses kejadian {label_of(host)}, yang tidak dapat memuatnya; "
            "pindahkan ke kegiatan lain",
            f"it is attached to the event sub-process {label_of(host)}, which cannot carry it; "
            "move it to another activity",
        )
    waits = any(event.find(bpmn(tag)) is not None for tag in _OUTSIDE)
    is_passed = local(host) in _PASSED_AT_ONCE
    if waits and is_passed and host.find(bpmn("multiInstanceLoopCharacteristics")) is None:
        yield rule.warning(
            event,
            f"kejadian ini tidak akan pernah terjadi, sebab {label_of(host)} dilewati seketika; "
            "pasang pada tugas pengguna",
            f"the event can never happen, because {label_of(host)} is passed at once; put it on a "
            "user task",
        )
