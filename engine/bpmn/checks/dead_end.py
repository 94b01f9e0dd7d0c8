"""From every node an end can be reached, and nothing leads on from an end."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.graph import Graph, graph_of
from engine.bpmn.checks.places import Rule, checked_processes, flow_scopes, label_of
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import ACTIVITIES, GATEWAYS, Element, bpmn, is_true, local
from engine.bpmn.supported import MAX_NODES
from engine.model import Finding

RULE = "dead-end"
#: Nodes of a loop that a message names.
_SHOWN = 20


def check(diagram: Diagram) -> Iterator[Finding]:
    """No node stops without an end event, no loop lacks a way out, no flow leaves an end event."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        for scope in flow_scopes(process):
            graph = graph_of(scope)
            yield from _stops(rule, graph)
            yield from _loops(rule, graph)
            yield from _after_end(rule, graph)


def _stops(rule: Rule, graph: Graph) -> Iterator[Finding]:
    # A node that nothing leads to is reported as unreachable, and once is enough.
    entered = graph.reachable(graph.starts())
    for node_id, node in graph.nodes.items():
        if node_id in entered and not graph.outgoing.get(node_id) and not _may_stop(node):
            # BPMN 2.0.2 §10.3: an activity without outgoing flows ends its path. That is right, and
            # in a procedure it is a flow forgotten more often than an end that is meant.
            is_implicit_end = local(node) in ACTIVITIES
            yield (rule.unsupported if is_implicit_end else rule.error)(
                node,
                "tidak ada alur keluar dan ini bukan kejadian akhir; sambungkan ke langkah "
                "berikutnya atau ke kejadian akhir",
                "no flow leaves it and it is no end event; connect it to what follows or to an end "
                "event",
            )


def _may_stop(node: Element) -> bool:
    """End events; gateways, of which another rule speaks; and what is not run at all."""
    return (
        local(node) == "endEvent"
        or local(node) in GATEWAYS
        or is_true(node.get("triggeredByEvent"))
        or is_true(node.get("isForCompensation"))
        or node.find(bpmn("linkEventDefinition")) is not None
        or node.find(bpmn("compensateEventDefinition")) is not None
    )


def _loops(rule: Rule, graph: Graph) -> Iterator[Finding]:
    if len(graph.nodes) > MAX_NODES:
        return  # chain-length says so
    ending = graph.reaching(graph.sinks())
    told = set[str]()
    for node_id in graph.nodes:
        loop = graph.reachable([node_id]) if node_id not in ending | told else set()
        # From where all come back: what only leads into such a loop is not to blame.
        if loop and loop <= graph.reaching([node_id]):
            told |= loop
            yield _endless(rule, graph, [each for each in graph.nodes if each in loop])


def _endless(rule: Rule, graph: Graph, loop: list[str]) -> Finding:
    names = ", ".join(label_of(graph.nodes[node_id]) for node_id in loop[:_SHOWN])
    # BPMN knows processes that never end; a procedure that cannot be finished is a mistake here.
    return rule.unsupported(
        graph.nodes[loop[0]],
        f"berada dalam putaran tanpa jalan keluar ke kejadian akhir ({names}); beri jalan keluar",
        f"it is in a loop without a way to an end event ({names}); give the loop a way out",
    )


def _after_end(rule: Rule, graph: Graph) -> Iterator[Finding]:
    for node_id, node in graph.nodes.items():
        if local(node) == "endEvent" and graph.outgoing.get(node_id):
            yield rule.error(
                node,
                "ada alur yang keluar dari kejadian akhir; hapus alur itu",
                "a flow leaves the end event; remove the flow",
            )
