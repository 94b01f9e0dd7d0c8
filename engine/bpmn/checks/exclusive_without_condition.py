"""A gateway that chooses needs something to choose by on each of its flows."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.graph import graph_of
from engine.bpmn.checks.places import Rule, checked_processes, scopes
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import Element, bpmn, local, text_of
from engine.model import Finding

RULE = "exclusive-without-condition"


def check(diagram: Diagram) -> Iterator[Finding]:
    """Each flow of a diverging exclusive or inclusive gateway has a condition or is its default."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        for scope in scopes(process):
            graph = graph_of(scope)
            for node_id, node in graph.nodes.items():
                if local(node) in {"exclusiveGateway", "inclusiveGateway"}:
                    yield from _check_gateway(rule, node, graph.outgoing.get(node_id, ()))


def _check_gateway(rule: Rule, gateway: Element, flows: tuple[Element, ...]) -> Iterator[Finding]:
    if len(flows) < 2:
        return
    for flow in flows:
        is_default = flow.get("id") == gateway.get("default")
        if not is_default and text_of(flow.find(bpmn("conditionExpression"))) is None:
            # BPMN lets an inclusive gateway always take such a flow.
            is_choice = local(gateway) == "exclusiveGateway"
            yield (rule.error if is_choice else rule.unsupported)(
                flow,
                f"alur dari gerbang {gateway.get('id')} tidak memiliki syarat dan bukan alur bawaan"
                "; tulis syaratnya atau jadikan alur bawaan",
                f"the flow of gateway {gateway.get('id')} has no condition and is not its default; "
                "write a condition or make it the default flow",
            )
