"""A process or sub-process begins at exactly one start event, which nothing leads to."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, checked_processes, flow_scopes
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import Element, bpmn, bpmn_children, local
from engine.model import Finding

RULE = "start-event"


def check(diagram: Diagram) -> Iterator[Finding]:
    """One start event directly in each scope, without incoming flows."""
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
    for extra in starts[1:]:
        is_second_of_none = [*map(_has_trigger, starts)].count(False) > 1
        yield (rule.error if is_second_of_none else rule.unsupported)(
            extra,
            "hanya satu kejadian awal yang dijalankan; hapus kelebihannya",
            "only one start event is run; remove the others",
        )
    ids = {start.get("id"): start for start in starts}
    for flow in scope.findall(bpmn("sequenceFlow")):
        if flow.get("targetRef") in ids:
            yield rule.error(
                ids[flow.get("targetRef")],
                f"alur {flow.get('id')} menuju kejadian awal; arahkan ke kegiatan sesudahnya",
                f"flow {flow.get('id')} leads to the start event; lead it to what follows instead",
            )


def _has_trigger(start: Element) -> bool:
    """Whether a message, time or signal starts here; of those a process may have several."""
    return any(local(child).endswith("EventDefinition") for child in bpmn_children(start)) or (
        start.find(bpmn("eventDefinitionRef")) is not None
    )
