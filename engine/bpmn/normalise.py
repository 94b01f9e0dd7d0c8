"""Rewrites a tree into the BPMN that the workflow library reads rightly; judges nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from lxml import etree

from engine.bpmn.expressions import translate
from engine.bpmn.names import (
    BPMNDI,
    FLOW_NODES,
    GATEWAYS,
    Element,
    bpmn,
    bpmn_children,
    camunda,
    is_bpmn,
    is_true,
    local,
    text_of,
)
from engine.bpmn.timers import (
    EXPRESSION_MARKS,
    TimerError,
    cycle_literal,
    duration_literal,
    moment_literal,
)
from engine.errors import ExpressionRefused

#: Id of a gateway that stands for several flows out of an activity; see _make_splits_explicit.
SPLIT_PREFIX = "alur_split_"

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
    for scope in list(root.iter(bpmn("process"), bpmn("subProcess"))):
        _make_splits_explicit(scope)
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
    "timeDuration": lambda text: _timer(text, duration_literal),
    "timeDate": lambda text: _timer(text, moment_literal),
    "timeCycle": lambda text: _timer(text, cycle_literal),
}


def _make_splits_explicit(scope: Element) -> None:
    """Several or conditional flows out of an activity or event become those of a gateway.

    BPMN 2.0.2 §13.3.1: every flow without a condition and every one whose condition is true gets a
    token; the default flow only when no condition is true. That is an inclusive gateway. The
    gateway is the library's alone: the model keeps the flows as they were drawn.
    """
    nodes = {child.get("id"): child for child in bpmn_children(scope) if local(child) in FLOW_NODES}
    leaving: dict[str, list[Element]] = {}
    for flow in scope.findall(bpmn("sequenceFlow")):
        leaving.setdefault(flow.get("sourceRef", ""), []).append(flow)
    for node_id, flows in leaving.items():
        node = nodes.get(node_id)
        if node is None or local(node) in GATEWAYS:
            continue
        is_conditional = any(_condition_of(flow) is not None for flow in flows)
        if len(flows) > 1 or is_conditional:
            _insert_split(node, flows, is_conditional=is_conditional)


def _insert_split(node: Element, flows: list[Element], *, is_conditional: bool) -> None:
    split_id = f"{SPLIT_PREFIX}{node.get('id')}"
    kind = "inclusiveGateway" if is_conditional else "parallelGateway"
    split = etree.Element(bpmn(kind), {"id": split_id})
    default = node.get("default")
    if default is not None:
        del node.attrib["default"]
        if is_conditional:
            split.set("default", default)
    for flow in flows:
        flow.set("sourceRef", split_id)
        if is_conditional and flow.get("id") != default and _condition_of(flow) is None:
            etree.SubElement(flow, bpmn("conditionExpression")).text = "True"
    node.addnext(split)
    attributes = {
        "id": f"{split_id}_in",
        "sourceRef": node.get("id", ""),
        "targetRef": split_id,
    }
    split.addnext(etree.Element(bpmn("sequenceFlow"), attributes))


def _condition_of(flow: Element) -> str | None:
    return text_of(flow.find(bpmn("conditionExpression")))


def _timer(text: str, read: Callable[[str], str]) -> str:
    """A literal in quotes, because the library evaluates it; or the translated expression."""
    return translate(text).python if text.startswith(EXPRESSION_MARKS) else repr(read(text))


def _remove(element: Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
