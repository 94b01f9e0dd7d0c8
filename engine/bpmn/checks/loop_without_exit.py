"""A loop waits somewhere for a person, a time or a message; else it would spin for ever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.bpmn.checks.graph import Graph, graph_of
from engine.bpmn.checks.places import Rule, checked_processes, flow_scopes, label_of
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import (
    ACTIVITIES,
    GATEWAYS,
    SUB_PROCESSES,
    Element,
    bpmn_children,
    is_external,
    local,
)
from engine.bpmn.supported import MAX_NODES
from engine.model import Finding

RULE = "loop-without-exit"
#: Of more, joins are not told apart from other gateways.
_MOST_FLOWS = 4 * MAX_NODES

_WAITING = frozenset(
    {
        "userTask",
        "receiveTask",
        "serviceTask",
        "sendTask",
        "businessRuleTask",
        "callActivity",
        "intermediateCatchEvent",
        "eventBasedGateway",
        # It is reached when its host has waited.
        "boundaryEvent",
    }
)


def check(diagram: Diagram) -> Iterator[Finding]:
    """Each cycle of flows has a node that waits. A cycle without a way out is for dead-end."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        for scope in flow_scopes(process):
            graph = graph_of(scope)
            if len(graph.nodes) > MAX_NODES:
                continue  # chain-length says so
            for cycle in _automatic_cycles(graph):
                yield _finding(rule, graph, cycle)


def _finding(rule: Rule, graph: Graph, cycle: list[str]) -> Finding:
    choices = [i for i in cycle if local(graph.nodes[i]) in GATEWAYS and len(_next(graph, i)) > 1]
    element = graph.nodes[(choices or cycle)[0]]
    names = ", ".join(label_of(graph.nodes[node_id]) for node_id in cycle[:5])
    words = (
        f"putaran ini tidak pernah menunggu siapa pun ({names}), sehingga dapat berputar tanpa "
        "henti; tambahkan tugas pengguna atau pewaktu di dalamnya",
        f"this loop never waits for anything ({names}), so that it could go round without end; put "
        "a user task or a timer into it",
    )
    # A script may change what the condition reads; else the engine stops it, and says so.
    has_script = any(local(graph.nodes[node_id]) == "scriptTask" for node_id in cycle)
    # Somebody may be meant to work in a task; here it is passed at once.
    has_task = any(local(graph.nodes[node_id]) in ACTIVITIES for node_id in cycle)
    refuse = rule.unsupported if has_task else rule.error
    return (rule.warning if has_script else refuse)(element, *words)


def _next(graph: Graph, node_id: str) -> frozenset[str]:
    return graph.successors.get(node_id, frozenset())


def _automatic_cycles(graph: Graph) -> Iterator[list[str]]:
    """Ids of the nodes of each knot of cycles that passes no waiting node, in document order."""
    automatic = {i for i, node in graph.nodes.items() if not _waits(node)}
    edges = _edges(graph, automatic)
    is_readable = sum(map(len, edges.values())) <= _MOST_FLOWS
    while is_readable and (joins := _joins_that_wait(graph, edges)):
        automatic -= joins
        edges = _edges(graph, automatic)
    ending = graph.reaching(graph.sinks())
    entered = graph.reachable(graph.starts())
    done = set[str]()
    for node_id in graph.nodes:
        if node_id not in automatic or node_id in done or node_id not in ending & entered:
            continue
        knot = _knot(node_id, edges)
        done |= knot
        if knot:
            yield [i for i in graph.nodes if i in knot]


def _edges(graph: Graph, node_ids: set[str]) -> dict[str, frozenset[str]]:
    return {node_id: _next(graph, node_id) & node_ids for node_id in node_ids}


def _joins_that_wait(graph: Graph, edges: Mapping[str, frozenset[str]]) -> set[str]:
    """Parallel joins in a cycle that also need a token from outside of it, each time round."""
    return {
        node_id
        for node_id in edges
        if local(graph.nodes[node_id]) == "parallelGateway"
        and (knot := _knot(node_id, edges))
        and any(node_id in _next(graph, source) for source in graph.nodes if source not in knot)
    }


def _knot(node_id: str, edges: Mapping[str, frozenset[str]]) -> set[str]:
    """The nodes that the node leads to and that lead back to it; none when it does not return."""
    forward = _walk(node_id, edges)
    backward: dict[str, set[str]] = {}
    for source, targets in edges.items():
        for target in targets:
            backward.setdefault(target, set()).add(source)
    return forward & _walk(node_id, backward)


def _walk(origin: str, edges: Mapping[str, frozenset[str]] | Mapping[str, set[str]]) -> set[str]:
    seen = set[str]()
    pending = list(edges.get(origin, ()))
    while pending:
        node_id = pending.pop()
        if node_id not in seen:
            seen.add(node_id)
            pending += edges.get(node_id, ())
    return seen


def _waits(node: Element) -> bool:
    if local(node) in SUB_PROCESSES:
        return any(_waits(child) for child in bpmn_children(node))
    return local(node) in _WAITING or is_external(node)
