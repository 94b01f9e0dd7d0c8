"""The flow graph of one process or sub-process; boundary events hang on their host."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from engine.bpmn.names import (
    FLOW_NODES,
    Element,
    bpmn,
    bpmn_children,
    is_true,
    local,
    once_per_element,
)

#: Stands for the missing end of a flow, so that its neighbours are not blamed for it as well.
_NOWHERE = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by id in document order, and who follows whom."""

    nodes: Mapping[str, Element]
    successors: Mapping[str, frozenset[str]]
    outgoing: Mapping[str, tuple[Element, ...]]

    def starts(self) -> list[str]:
        """Where tokens appear: start events, and whatever is triggered from outside the flow."""
        return [_NOWHERE, *(i for i, node in self.nodes.items() if _is_triggered(node))]

    def sinks(self) -> list[str]:
        """Where tokens may stay: end events, nodes that nothing follows, and dangling flows."""
        ends = (
            node_id
            for node_id, node in self.nodes.items()
            if local(node) == "endEvent" or not self.successors.get(node_id)
        )
        return [_NOWHERE, *ends]

    def reachable(self, origins: Iterable[str]) -> set[str]:
        """The origins and all that follows from them."""
        return _closure(origins, self.successors)

    def reaching(self, targets: Iterable[str]) -> set[str]:
        """The targets and all from which one of them follows."""
        predecessors: dict[str, set[str]] = {}
        for source, followers in self.successors.items():
            for target in followers:
                predecessors.setdefault(target, set()).add(source)
        return _closure(targets, predecessors)


@once_per_element
def graph_of(scope: Element) -> Graph:
    """The graph of the nodes that stand directly in the scope."""
    nodes = {c.get("id", ""): c for c in bpmn_children(scope) if local(c) in FLOW_NODES}
    successors: dict[str, set[str]] = {}
    outgoing: dict[str, list[Element]] = {}
    for flow in scope.findall(bpmn("sequenceFlow")):
        source, target = _end(flow, "sourceRef", nodes), _end(flow, "targetRef", nodes)
        successors.setdefault(source, set()).add(target)
        outgoing.setdefault(source, []).append(flow)
    for node_id, node in nodes.items():
        if local(node) == "boundaryEvent":
            successors.setdefault(_end(node, "attachedToRef", nodes), set()).add(node_id)
    return Graph(
        nodes,
        {source: frozenset(targets) for source, targets in successors.items()},
        {source: tuple(flows) for source, flows in outgoing.items()},
    )


def _end(element: Element, attribute: str, nodes: Mapping[str, Element]) -> str:
    reference = element.get(attribute, "")
    return reference if reference in nodes else _NOWHERE


def _is_triggered(node: Element) -> bool:
    """Start events; and what is not run, which unsupported-element reports already."""
    return (
        local(node) == "startEvent"
        or is_true(node.get("triggeredByEvent"))
        or is_true(node.get("isForCompensation"))
        or node.find(bpmn("linkEventDefinition")) is not None
    )


def _closure(origins: Iterable[str], edges: Mapping[str, Iterable[str]]) -> set[str]:
    seen = set(origins)
    pending = list(seen)
    while pending:
        for follower in _fresh(edges.get(pending.pop(), ()), seen):
            pending.append(follower)
    return seen


def _fresh(candidates: Iterable[str], seen: set[str]) -> Iterator[str]:
    for candidate in candidates:
        if candidate not in seen:
            seen.add(candidate)
            yield candidate
