"""A default flow is taken when no condition is true: it has none, and leaves what chooses."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.graph import graph_of
from engine.bpmn.checks.places import Rule, checked_processes, scopes
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import ACTIVITIES, Element, bpmn, local, text_of
from engine.model import Finding

RULE = "default-flow"

_MAY_HAVE = ACTIVITIES | {"exclusiveGateway", "inclusiveGateway", "complexGateway"}


def check(diagram: Diagram) -> Iterator[Finding]:
    """BPMN 2.0.2 §8.3.13: a default flow has no condition; §10.6: only a choice has one."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        for scope in scopes(process):
            graph = graph_of(scope)
            for node_id, node in graph.nodes.items():
                if node.get("default"):
                    yield from _check_node(rule, node, graph.outgoing.get(node_id, ()))


def _check_node(rule: Rule, node: Element, flows: tuple[Element, ...]) -> Iterator[Finding]:
    if local(node) not in _MAY_HAVE:
        yield rule.error(
            node,
            f"{local(node)} tidak memilih, sehingga tidak dapat memiliki alur bawaan; hapus",
            f"{local(node)} does not choose, so it can have no default flow; remove it",
        )
        return
    for flow in flows:
        is_default = flow.get("id") == node.get("default")
        if is_default and text_of(flow.find(bpmn("conditionExpression"))) is not None:
            yield rule.error(
                flow,
                f"alur bawaan dari {node.get('id')} memiliki syarat, yang tidak akan pernah diuji; "
                "hapus syarat itu atau pilih alur bawaan lain",
                f"the default flow of {node.get('id')} has a condition, which is never tried; "
                "remove the condition or choose another default flow",
            )
