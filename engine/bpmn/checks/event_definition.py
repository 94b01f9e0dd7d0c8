"""An event is of a type that BPMN allows in its place."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, checked_processes, flow_nodes
from engine.bpmn.diagram import Diagram, event_definitions
from engine.bpmn.names import Element, is_true, local
from engine.model import Finding

RULE = "event-definition"

_COMMON = frozenset({"message", "timer", "conditional", "signal"})
_THROWN = frozenset({"message", "escalation", "compensate", "signal"})
_TRIGGERS = _COMMON | {"error", "escalation", "compensate"}

#: BPMN 2.0.2, table 10.93: event -> the types it may have; "" stands for none.
_ALLOWED = {
    "startEvent": _COMMON | {""},
    "intermediateCatchEvent": _COMMON | {"link"},
    "intermediateThrowEvent": _THROWN | {"", "link"},
    "boundaryEvent": _TRIGGERS,
    "endEvent": _THROWN | {"", "error", "terminate"},
}


def check(diagram: Diagram) -> Iterator[Finding]:
    """Each event has the definition that its place needs, and none that it cannot have."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        hosts = {node.get("id"): node for node in flow_nodes(process)}
        for node in flow_nodes(process, *_ALLOWED):
            allowed = _allowed(node, hosts.get(node.get("attachedToRef")))
            yield from _check_event(rule, node, allowed)


def _allowed(node: Element, host: Element | None) -> frozenset[str]:
    """What BPMN allows, considering where the event stands."""
    scope = node.getparent()
    if local(node) == "startEvent" and scope is not None and local(scope) != "process":
        return _TRIGGERS if is_true(scope.get("triggeredByEvent")) else frozenset({""})
    is_in_transaction = scope is not None and local(scope) == "transaction"
    is_on_transaction = host is not None and local(host) == "transaction"
    if local(node) == "endEvent" and is_in_transaction:
        return _ALLOWED["endEvent"] | {"cancel"}
    if local(node) == "boundaryEvent" and is_on_transaction:
        return _ALLOWED["boundaryEvent"] | {"cancel"}
    return _ALLOWED[local(node)]


def _check_event(rule: Rule, node: Element, allowed: frozenset[str]) -> Iterator[Finding]:
    types = [
        local(definition).removesuffix("EventDefinition")
        for definition in event_definitions(node)
        if local(definition) != "eventDefinitionRef"
    ]
    if not types and "" not in allowed and not list(event_definitions(node)):
        yield rule.error(
            node,
            f"kejadian ini memerlukan jenis ({_list(allowed)}); pilih salah satu di modeler",
            f"the event needs a type ({_list(allowed)}); choose one in the modeler",
        )
    for kind in types:
        if kind not in allowed:
            yield rule.error(
                node,
                f"BPMN tidak mengenal {local(node)} berjenis {kind} di tempat ini; yang boleh: "
                f"{_list(allowed)}",
                f"BPMN has no {kind} {local(node)} in this place; possible are: {_list(allowed)}",
            )


def _list(allowed: frozenset[str]) -> str:
    return ", ".join(sorted(kind or "none" for kind in allowed))
