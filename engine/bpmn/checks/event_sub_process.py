"""An event sub-process stands beside the flow, and its trigger starts it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, checked_processes, flow_nodes, scopes
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import Element, bpmn, is_true
from engine.model import Finding

RULE = "event-sub-process"


def check(diagram: Diagram) -> Iterator[Finding]:
    """What BPMN 2.0.2 §10.3.5 asks of a sub-process that is triggered by an event."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        for scope in scopes(process):
            yield from _check_flows(rule, scope)
        for sub in flow_nodes(process, "subProcess"):
            if is_true(sub.get("triggeredByEvent")):
                yield from _check(rule, sub)


def _check_flows(rule: Rule, scope: Element) -> Iterator[Finding]:
    held = {
        sub.get("id"): sub
        for sub in scope.findall(bpmn("subProcess"))
        if is_true(sub.get("triggeredByEvent"))
    }
    for flow in scope.findall(bpmn("sequenceFlow")):
        for attribute in ("sourceRef", "targetRef"):
            if flow.get(attribute) in held:
                yield rule.error(
                    held[flow.get(attribute)],
                    f"alur {flow.get('id')} terhubung dengannya, padahal ia dimulai oleh kejadian; "
                    "hapus alur itu",
                    f"flow {flow.get('id')} is connected to it, but its event starts it; remove "
                    "the flow",
                )


def _check(rule: Rule, sub: Element) -> Iterator[Finding]:
    if sub.find(bpmn("multiInstanceLoopCharacteristics")) is not None:
        yield rule.unsupported(
            sub,
            "sub-proses kejadian tidak dapat berulang; pindahkan perulangannya ke dalam",
            "an event sub-process cannot be multi-instance; move the repetition inside",
        )
    for start in sub.findall(bpmn("startEvent")):
        is_error = start.find(bpmn("errorEventDefinition")) is not None
        if is_error and not is_true(start.get("isInterrupting", "true")):
            yield rule.error(
                start,
                'galat selalu menghentikan yang di sekelilingnya; hapus isInterrupting="false"',
                'an error always interrupts what is around it; remove isInterrupting="false"',
            )
