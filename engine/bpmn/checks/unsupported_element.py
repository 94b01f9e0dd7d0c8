"""What the file says and the engine does not run is refused by name, never passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from engine.bpmn.checks.places import (
    Rule,
    checked_processes,
    flow_nodes,
    is_foreign,
    nodes_and_flows,
    scopes,
)
from engine.bpmn.diagram import Diagram, event_definitions
from engine.bpmn.events import THROWING
from engine.bpmn.names import (
    ACTIVITIES,
    CAMUNDA,
    FLOW_NODES,
    Element,
    bpmn,
    bpmn_children,
    camunda,
    is_external,
    is_true,
    local,
    text_of,
    work_of,
)
from engine.bpmn.supported import (
    CAMUNDA_ATTRIBUTES,
    CAMUNDA_ATTRIBUTES_IGNORED,
    CAMUNDA_EXTENSIONS,
    EVENT_SUB_PROCESS_START,
    FOREIGN_NAMESPACES,
    IGNORED_ELEMENTS,
    MULTI_INSTANCE_CHILDREN,
    MULTI_INSTANCE_NODES,
    RESERVED_ID_PARTS,
    RESERVED_IDS,
    SCRIPT_FORMATS,
    SUB_PROCESS_START,
    SUPPORTED_EVENTS,
    SUPPORTED_NODES,
    TIMER_KINDS,
)
from engine.model import Finding

RULE = "unsupported-element"

_NCNAME = re.compile(r"[^\W\d][\w.\-]*")
#: Their outgoing flows are not chosen by conditions (BPMN 2.0.2 table 8.45, §10.6.3).
_WITHOUT_CONDITIONS = frozenset({"parallelGateway", "eventBasedGateway"})
_STARTERS = ("candidateStarterUsers", "candidateStarterGroups")


def check(diagram: Diagram) -> Iterator[Finding]:
    """Only what supported.py lists is in the executable processes."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        yield from _check_id(rule, process)
        yield from _check_camunda(rule, process)
        yield from _check_starters(rule, process)
        for scope in scopes(process):
            yield from _check_scope(rule, scope)
        for element in nodes_and_flows(process):
            yield from _check_id(rule, element)
            yield from _check_camunda(rule, element)
        for node in flow_nodes(process):
            yield from _check_node(rule, node)


def _not_run(rule: Rule, element: Element, what_id: str, what_en: str) -> Finding:
    return rule.unsupported(
        element,
        f"{what_id} belum dijalankan; ganti dengan unsur yang didukung",
        f"{what_en} is not run; replace it by what is supported",
    )


# ------------------------------------------------------------- any element


def _check_id(rule: Rule, element: Element) -> Iterator[Finding]:
    identity = element.get("id", "")
    is_reserved = identity in RESERVED_IDS or any(part in identity for part in RESERVED_ID_PARTS)
    if is_reserved:
        yield rule.unsupported(
            element,
            f"id {identity!r} dipakai oleh mesin; ubah id-nya",
            f"the id {identity!r} belongs to the engine; change it",
        )
    elif identity and not _NCNAME.fullmatch(identity):
        yield rule.unsupported(
            element,
            f"id {identity!r} bukan nama XML; pakai huruf, angka, titik, garis",
            f"the id {identity!r} is not an XML name; use letters, digits, dots, dashes",
        )


def _check_camunda(rule: Rule, element: Element) -> Iterator[Finding]:
    yield from _check_attributes(rule, element)
    for loop in element.findall(bpmn("multiInstanceLoopCharacteristics")):
        yield from _check_attributes(rule, loop)
    for definition in event_definitions(element):
        yield from _check_attributes(rule, definition)
    for group in element.findall(bpmn("extensionElements")):
        for extension in group:
            name = etree.QName(extension)
            if name.namespace in FOREIGN_NAMESPACES:
                yield _foreign(rule, element, name)
            elif name.namespace == CAMUNDA and name.localname not in CAMUNDA_EXTENSIONS:
                label = f"camunda:{name.localname}"
                yield _not_run(rule, element, label, label)


def _check_attributes(rule: Rule, element: Element) -> Iterator[Finding]:
    for attribute in element.attrib:
        name = etree.QName(attribute)
        if name.namespace in FOREIGN_NAMESPACES:
            yield _foreign(rule, element, name)
        elif name.namespace == CAMUNDA:
            yield from _check_camunda_attribute(rule, element, name.localname)


def _check_camunda_attribute(rule: Rule, element: Element, name: str) -> Iterator[Finding]:
    if name not in CAMUNDA_ATTRIBUTES | CAMUNDA_ATTRIBUTES_IGNORED:
        yield _not_run(rule, element, f"camunda:{name}", f"camunda:{name}")


def _foreign(rule: Rule, element: Element, name: etree.QName) -> Finding:
    engine = FOREIGN_NAMESPACES[str(name.namespace)]
    return rule.unsupported(
        element,
        f"{name.localname} ditujukan kepada {engine}; pakai atribut camunda (Camunda 7)",
        f"{name.localname} is meant for {engine}; use the camunda attributes of Camunda 7",
    )


# ----------------------------------------------------- process, sub-process


def _check_scope(rule: Rule, scope: Element) -> Iterator[Finding]:
    known = IGNORED_ELEMENTS | FLOW_NODES | {"sequenceFlow", "multiInstanceLoopCharacteristics"}
    if local(scope) == "process":
        known |= {"laneSet"}
    for child in bpmn_children(scope):
        if local(child) not in known:
            yield _not_run(rule, child, local(child), local(child))
    yield from _check_parallel_flows(rule, scope)
    yield from _check_outgoing(rule, scope)


def _check_parallel_flows(rule: Rule, scope: Element) -> Iterator[Finding]:
    seen: set[tuple[str | None, str | None]] = set()
    for flow in scope.findall(bpmn("sequenceFlow")):
        ends = (flow.get("sourceRef"), flow.get("targetRef"))
        if ends in seen:
            yield rule.unsupported(
                flow,
                f"sudah ada alur lain dari {ends[0]} ke {ends[1]}; gabungkan keduanya",
                f"another flow already leads from {ends[0]} to {ends[1]}; merge the two",
            )
        seen.add(ends)


def _check_outgoing(rule: Rule, scope: Element) -> Iterator[Finding]:
    nodes = {child.get("id"): child for child in bpmn_children(scope) if local(child) in FLOW_NODES}
    for flow in scope.findall(bpmn("sequenceFlow")):
        source = nodes.get(flow.get("sourceRef"))
        if source is None:
            continue
        yield from _check_condition(rule, source, flow)
        target = nodes.get(flow.get("targetRef"))
        if target is not None and local(target) == "boundaryEvent":
            yield rule.unsupported(
                target,
                f"alur {flow.get('id')} menuju kejadian batas; hapus alur itu",
                f"flow {flow.get('id')} leads to a boundary event; remove the flow",
            )


def _check_condition(rule: Rule, source: Element, flow: Element) -> Iterator[Finding]:
    condition = flow.find(bpmn("conditionExpression"))
    if condition is None:
        return
    if text_of(condition) is not None and local(source) in _WITHOUT_CONDITIONS:
        yield rule.unsupported(
            flow,
            f"syarat tidak berlaku pada alur keluar {local(source)}; hapus syaratnya",
            f"a condition has no effect on a flow out of a {local(source)}; remove it",
        )
    language = condition.get("language")
    if is_foreign(language):
        yield _not_run(rule, flow, f"bahasa {language}", f"the language {language}")
    if condition.get(camunda("resource")) is not None:
        yield _not_run(rule, flow, "camunda:resource", "camunda:resource")


# -------------------------------------------------------------- flow nodes


def _check_node(rule: Rule, node: Element) -> Iterator[Finding]:
    if local(node) not in SUPPORTED_NODES:
        yield _not_run(rule, node, local(node), local(node))
        return
    if work_of(node) is not None and not is_external(node):
        yield rule.unsupported(
            node,
            'hanya camunda:type="external" dengan camunda:topic yang dijalankan; pekerja di luar '
            "mesin yang melaksanakannya",
            'only camunda:type="external" with a camunda:topic is run; a worker outside of the '
            "engine performs it",
        )
        return
    if is_true(node.get("isForCompensation")):
        yield _not_run(rule, node, "kompensasi", "compensation")
    for quantity in ("startQuantity", "completionQuantity"):
        if node.get(quantity, "1") != "1":
            yield _not_run(rule, node, quantity, quantity)
    if is_true(node.get("instantiate")):
        yield _not_run(rule, node, 'instantiate="true"', 'instantiate="true"')
    yield from _check_event(rule, node)
    yield from _check_script_task(rule, node)
    yield from _check_loop(rule, node)
    if local(node) != "subProcess":  # as a scope it has been looked at already
        yield from _check_children(rule, node)


def _check_starters(rule: Rule, element: Element) -> Iterator[Finding]:
    for attribute in _STARTERS:
        if any(mark in element.get(camunda(attribute), "") for mark in ("${", "#{")):
            yield rule.unsupported(
                element,
                f"ungkapan dalam camunda:{attribute} belum dijalankan; tulis nama tetap",
                f"expressions in camunda:{attribute} are not run; write literal names",
            )


def _check_event(rule: Rule, node: Element) -> Iterator[Finding]:
    if local(node) not in SUPPORTED_EVENTS:
        return
    definitions = [local(definition) for definition in event_definitions(node)]
    allowed = SUPPORTED_EVENTS[local(node)]
    parent = node.getparent()
    if local(node) == "startEvent" and parent is not None and local(parent) != "process":
        is_triggered = is_true(parent.get("triggeredByEvent"))
        allowed = EVENT_SUB_PROCESS_START if is_triggered else SUB_PROCESS_START
    if len(definitions) > 1:
        yield _not_run(rule, node, "kejadian berganda", "an event with several definitions")
    for definition in definitions or [""]:
        if definition not in allowed:
            yield _not_run(
                rule,
                node,
                f"{local(node)} dengan {definition or 'tanpa definisi kejadian'}",
                f"{local(node)} with {definition or 'no event definition'}",
            )
    for kind in ("message", "signal"):
        for arrival in node.findall(bpmn(f"{kind}EventDefinition")):
            yield from _check_arrival(rule, node, arrival)
    for timer in node.findall(bpmn("timerEventDefinition")):
        for time in bpmn_children(timer):
            if local(time).startswith("time") and local(time) not in TIMER_KINDS:
                yield _not_run(rule, node, local(time), local(time))


def _check_arrival(rule: Rule, node: Element, definition: Element) -> Iterator[Finding]:
    """Only a signal that is thrown brings variables by camunda:in."""
    yield from _check_attributes(rule, definition)
    is_thrown_signal = local(node) in THROWING and local(definition).startswith("signal")
    for group in definition.findall(bpmn("extensionElements")):
        for extension in group:
            name = etree.QName(extension)
            is_run = name.localname == "in" and is_thrown_signal
            if name.namespace == CAMUNDA and not is_run:
                label = f"camunda:{name.localname}"
                yield _not_run(rule, node, label, label)


def _check_script_task(rule: Rule, node: Element) -> Iterator[Finding]:
    if local(node) != "scriptTask":
        return
    script_format = node.get("scriptFormat")
    if str(script_format).lower() not in SCRIPT_FORMATS:
        yield rule.unsupported(
            node,
            f"scriptFormat {script_format or '(kosong)'} belum dijalankan; tulis skrip python",
            f"scriptFormat {script_format or '(empty)'} is not run; write the script in python",
        )


def _check_loop(rule: Rule, node: Element) -> Iterator[Finding]:
    loop = node.find(bpmn("multiInstanceLoopCharacteristics"))
    if loop is None:
        return
    if local(node) not in MULTI_INSTANCE_NODES:
        yield _not_run(rule, node, f"{local(node)} berulang", f"a repeated {local(node)}")
    if loop.get("behavior", "All") != "All":
        yield _not_run(rule, node, "behavior", "behavior")
    for child in bpmn_children(loop):
        if local(child) not in MULTI_INSTANCE_CHILDREN:
            yield _not_run(rule, node, local(child), local(child))


def _check_children(rule: Rule, node: Element) -> Iterator[Finding]:
    known = IGNORED_ELEMENTS | {"script"} if local(node) == "scriptTask" else IGNORED_ELEMENTS
    if local(node) in ACTIVITIES:
        known |= {"multiInstanceLoopCharacteristics"}
    definitions = list(event_definitions(node))
    for child in bpmn_children(node):
        is_known = local(child) in known or child in definitions
        if not is_known:
            yield _not_run(rule, node, local(child), local(child))
