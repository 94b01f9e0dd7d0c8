"""A reference must lead to an element of the right kind, in the same scope where BPMN asks so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.bpmn.checks.places import Rule, checked_processes, scopes
from engine.bpmn.diagram import Diagram
from engine.bpmn.lanes import lane_elements
from engine.bpmn.names import (
    ACTIVITIES,
    BPMNDI,
    FLOW_NODES,
    Element,
    bpmn,
    bpmn_children,
    local,
    text_of,
)
from engine.model import Finding, Severity

RULE = "unresolved-reference"

_ROOT_REFERENCES = {
    "messageRef": "message",
    "signalRef": "signal",
    "errorRef": "error",
    "escalationRef": "escalation",
    "processRef": "process",
}

#: What names a message or signal by reference, and could not run without it.
_EVENT_REFERENCES = {
    "messageEventDefinition": "messageRef",
    "receiveTask": "messageRef",
    "signalEventDefinition": "signalRef",
}


def check(diagram: Diagram) -> Iterator[Finding]:
    """Flows, defaults, boundary events, lane members and definitions lead somewhere."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        for scope in scopes(process):
            yield from _flow_references(rule, scope)
            yield from _node_references(rule, scope)
        yield from _lane_members(rule, process)
        yield from _events(rule, process)
    yield from _root_references(rule)
    yield from _drawn(rule)


def _missing(rule: Rule, element: Element, attribute: str, expected: str) -> Finding:
    reference = element.get(attribute)
    if not reference:
        return rule.error(
            element, f"{attribute} belum diisi; isilah", f"{attribute} is missing; set it"
        )
    return rule.error(
        element,
        f"{attribute} menunjuk {reference!r}, padahal tidak ada {expected} dengan id itu di sini",
        f"{attribute} refers to {reference!r}, but there is no {expected} of that id here",
    )


def _flow_references(rule: Rule, scope: Element) -> Iterator[Finding]:
    nodes = {child.get("id") for child in bpmn_children(scope) if local(child) in FLOW_NODES}
    for flow in scope.findall(bpmn("sequenceFlow")):
        for attribute in ("sourceRef", "targetRef"):
            if flow.get(attribute) not in nodes:
                yield _missing(rule, flow, attribute, "flow node")


def _node_references(rule: Rule, scope: Element) -> Iterator[Finding]:
    children = [child for child in bpmn_children(scope) if local(child) in FLOW_NODES]
    activities = {child.get("id") for child in children if local(child) in ACTIVITIES}
    sources = {f.get("id"): f.get("sourceRef") for f in scope.findall(bpmn("sequenceFlow"))}
    for node in children:
        if node.get("default") and sources.get(node.get("default")) != node.get("id"):
            yield _missing(rule, node, "default", "outgoing sequence flow")
        if local(node) == "boundaryEvent" and node.get("attachedToRef") not in activities:
            yield _missing(rule, node, "attachedToRef", "activity")


def _lane_members(rule: Rule, process: Element) -> Iterator[Finding]:
    known = {
        node.get("id")
        for scope in scopes(process)
        for node in bpmn_children(scope)
        if local(node) in FLOW_NODES
    }
    for lane, _ in lane_elements(process):
        for member in lane.findall(bpmn("flowNodeRef")):
            name = text_of(member)
            if name not in known:
                yield rule.error(
                    member,
                    f"lajur memuat {name!r}, padahal tidak ada unsur dengan id itu; hapus",
                    f"the lane holds {name!r}, but there is no such flow node; remove it",
                )


def _events(rule: Rule, process: Element) -> Iterator[Finding]:
    for tag, attribute in _EVENT_REFERENCES.items():
        for element in process.iter(bpmn(tag)):
            if not element.get(attribute):
                missing = _missing(rule, element, attribute, _ROOT_REFERENCES[attribute])
                # BPMN 2.0.2 §10.3.3 and §10.5.5 leave it open; nothing could ever arrive.
                is_error = tag == "messageEventDefinition" and not _throws(element)
                yield missing if is_error else replace(missing, severity=Severity.UNSUPPORTED)


def _throws(definition: Element) -> bool:
    event = definition.getparent()
    return event is not None and local(event) in {"endEvent", "intermediateThrowEvent"}


def _drawn(rule: Rule) -> Iterator[Finding]:
    """What is drawn is in the model. A warning: the drawing is not run."""
    source = rule.diagram.source
    known = {element.get("id") for element in source.iter(bpmn("*"))}
    for drawn in source.iter(f"{{{BPMNDI}}}BPMNShape", f"{{{BPMNDI}}}BPMNEdge"):
        reference = drawn.get("bpmnElement", "").rpartition(":")[2]
        if reference and reference not in known:
            yield rule.warning(
                drawn,
                f"menggambar {reference!r}, padahal tidak ada unsur dengan id itu; hapus gambarnya",
                f"it draws {reference!r}, but there is no element of that id; remove the drawing",
            )


def _root_references(rule: Rule) -> Iterator[Finding]:
    root = rule.diagram.source
    known = {
        tag: {e.get("id") for e in root.findall(bpmn(tag))} for tag in _ROOT_REFERENCES.values()
    }
    for element in root.iter(bpmn("*")):
        for attribute, tag in _ROOT_REFERENCES.items():
            if element.get(attribute) and element.get(attribute) not in known[tag]:
                yield _missing(rule, element, attribute, tag)
    # One that no event knows, but an operation of an interface, may stay without a name.
    used = {e.get(f"{tag}Ref") for e in root.iter(bpmn("*")) for tag in ("message", "signal")}
    for tag, word in (("message", "pesan"), ("signal", "sinyal")):
        for element in root.findall(bpmn(tag)):
            if element.get("id") in used and not element.get("name", "").strip():
                yield rule.error(
                    element,
                    f"{word} belum bernama; berilah nama",
                    f"the {tag} has no name; give it one",
                )
