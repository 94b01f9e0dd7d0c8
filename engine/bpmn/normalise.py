"""Rewrites a tree into the BPMN that the workflow library reads rightly; judges nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from engine.bpmn.expressions import translate
from engine.bpmn.names import (
    BPMNDI,
    FLOW_NODES,
    Element,
    bpmn,
    camunda,
    is_bpmn,
    is_true,
    local,
    text_of,
)
from engine.bpmn.timers import TimerError, duration_literal, moment_literal
from engine.errors import ExpressionRefused

_NEEDS_ID = FLOW_NODES | {
    "sequenceFlow",
    "lane",
    "laneSet",
    "childLaneSet",
    "participant",
    "collaboration",
    "messageFlow",
    "message",
    "signal",
    "error",
    "escalation",
    "textAnnotation",
    "association",
    "group",
    "dataObject",
    "dataObjectReference",
    "dataStoreReference",
}
_REFERENCES = (
    "sourceRef",
    "targetRef",
    "default",
    "attachedToRef",
    "messageRef",
    "signalRef",
    "errorRef",
    "escalationRef",
    "processRef",
)
_BOOLEANS = ("cancelActivity", "isSequential", "isInterrupting", "parallelMultiple")


def give_ids(root: Element) -> None:
    """Every element that the engine names has an id afterwards, the same at each reading.

    Also trims ids and references, and resolves a prefixed reference (`tns:Message_1`).
    """
    for element in root.iter(bpmn("*")):
        for name in ("id", *_REFERENCES):
            if name in element.attrib:
                element.set(name, element.get(name, "").strip())
    known = {element.get("id") for element in root.iter() if element.get("id")}
    counts: dict[str, int] = {}
    for element in root.iter(bpmn("*")):
        tag = local(element)
        _resolve_prefixes(element, known)
        if tag not in _NEEDS_ID:
            continue
        counts[tag] = counts.get(tag, 0) + 1
        if not element.get("id"):
            element.set("id", _free_id(f"alur_{tag}_{counts[tag]}", known))


def _resolve_prefixes(element: Element, known: set[str | None]) -> None:
    for name in _REFERENCES:
        reference = element.get(name, "")
        bare = reference.partition(":")[2]
        if bare in known and reference not in known:
            element.set(name, bare)


def _free_id(wanted: str, known: set[str | None]) -> str:
    while wanted in known:
        wanted += "_"
    known.add(wanted)
    return wanted


def normalise(root: Element) -> None:
    """Make the tree say to the library what the file says to a reader of BPMN."""
    for element in list(root.iter("*")):
        if is_bpmn(element):
            _normalise_booleans(element)
            _rewrite_text(element)
        # The library finds flow targets among all ids of a process, those of form fields included.
        elif element.tag == camunda("formData"):
            _remove(element)
    for store in root.findall(bpmn("dataStore")):
        _remove(store)
    # The library tries flows from top to bottom of the drawing. Without a drawing it keeps to the
    # order of the file, as Camunda does, and moving a shape changes nothing.
    for drawing in root.findall(f"{{{BPMNDI}}}BPMNDiagram"):
        _remove(drawing)


def _normalise_booleans(element: Element) -> None:
    for name in _BOOLEANS:
        if name in element.attrib:
            element.set(name, "true" if is_true(element.get(name)) else "false")
    if "triggeredByEvent" in element.attrib and not is_true(element.get("triggeredByEvent")):
        del element.attrib["triggeredByEvent"]
    if local(element) == "process":
        # BPMN 2.0.2 table 10.1: not executable unless it says so; the library assumes the contrary.
        element.set("isExecutable", "true" if is_true(element.get("isExecutable")) else "false")


def _rewrite_text(element: Element) -> None:
    """Write as Python what the library evaluates; what cannot be translated stays as it is."""
    rewrite = _REWRITES.get(local(element))
    text = text_of(element)
    if local(element) == "conditionExpression" and text is None:
        _remove(element)  # a blank condition is none
    if rewrite is None or text is None:
        return
    with contextlib.suppress(ExpressionRefused, TimerError):
        element.text = rewrite(text)


_REWRITES: dict[str, Callable[[str], str]] = {
    "flowNodeRef": str,
    "conditionExpression": lambda text: translate(text).python,
    "completionCondition": lambda text: translate(text).python,
    "loopCardinality": lambda text: translate(text).python,
    "timeDuration": lambda text: repr(duration_literal(text)),
    "timeDate": lambda text: repr(moment_literal(text)),
}


def _remove(element: Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
