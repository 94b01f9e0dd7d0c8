"""A process begins at one of its start events, a sub-process at exactly one; no flow leads there.

BPMN 2.0.2 §10.5.2: of several start events of a process each makes an instance of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, checked_processes, flow_scopes, label_of
from engine.bpmn.diagram import Diagram
from engine.bpmn.events import named_event_of
from engine.bpmn.names import Element, bpmn, bpmn_children, local
from engine.model import Finding

RULE = "start-event"


def check(diagram: Diagram) -> Iterator[Finding]:
    """Start events that can be told apart directly in each scope, without incoming flows."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        for scope in flow_scopes(process):
            yield from _check_scope(rule, scope)


def _check_scope(rule: Rule, scope: Element) -> Iterator[Finding]:
    starts = scope.findall(bpmn("startEvent"))
    if not starts:
        # BPMN 2.0.2 §10.5.2: without a start event, whatever no flow leads to begins.
        yield rule.unsupported(
            scope, "tidak ada kejadian awal; tambahkan satu", "there is no start event; add one"
        )
    yield from _surplus(rule, scope, starts)
    ids = {start.get("id"): start for start in starts}
    for flow in scope.findall(bpmn("sequenceFlow")):
        if flow.get("targetRef") in ids:
            yield rule.error(
                ids[flow.get("targetRef")],
                f"alur {flow.get('id')} menuju kejadian awal; arahkan ke kegiatan sesudahnya",
                f"flow {flow.get('id')} leads to the start event; lead it to what follows instead",
            )


def _surplus(rule: Rule, scope: Element, starts: list[Element]) -> Iterator[Finding]:
    """Beside one without an event, a process may have any that wait for one of their own."""
    seen: dict[object, Element] = {}
    for start in starts:
        event = named_event_of(start) if local(scope) == "process" else None
        twin = seen.setdefault(event, start)
        if twin is start:
            continue
        if event is None:
            is_second_of_none = not (_has_trigger(start) or _has_trigger(twin))
            yield (rule.error if is_second_of_none else rule.unsupported)(
                start,
                "hanya satu kejadian awal tanpa pesan atau sinyal yang dijalankan; hapus "
                "kelebihannya",
                "only one start event without a message or signal is run; remove the others",
            )
        else:
            yield rule.unsupported(
                start,
                f"menunggu {event.kind} {event.name!r}, sama dengan kejadian awal "
                f"{label_of(twin)}; ubah namanya",
                f"it waits for the {event.kind} {event.name!r}, as the start event "
                f"{label_of(twin)} does; change the name",
            )


def _has_trigger(start: Element) -> bool:
    """Whether a message, time or signal starts here; of those a process may have several."""
    return any(local(child).endswith("EventDefinition") for child in bpmn_children(start)) or (
        start.find(bpmn("eventDefinitionRef")) is not None
    )
