"""Turns one scope of a diagram into the net that `engine.bpmn.soundness` searches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from itertools import combinations
from types import MappingProxyType

from engine.bpmn.checks.graph import Graph, graph_of
from engine.bpmn.diagram import event_definitions
from engine.bpmn.names import ACTIVITIES, GATEWAYS, Element, bpmn, bpmn_children, is_true, local
from engine.bpmn.nets import Flow, Join, Net, Node

#: A choice of several out of more flows than this is searched by ones, pairs and all.
_MOST_SUBSETS = 6

_NONE: Mapping[str, Join] = MappingProxyType({})
_JOINS = {"parallelGateway": Join.ALL, "inclusiveGateway": Join.REST}
_TERMINATING = frozenset(
    {"terminateEventDefinition", "errorEventDefinition", "cancelEventDefinition"}
)


def net_of(
    scope: Element, healed: Mapping[str, Join] = _NONE, chosen: Set[str] = frozenset()
) -> Net | None:
    """The net of the nodes that a start event reaches; None when there is nothing to search.

    Nodes at fault already are taken as mended, so that the search finds what else is wrong:
    `healed` with another way of joining, `chosen` as exclusive choices.
    """
    graph = graph_of(scope)
    starts = [node_id for node_id, node in graph.nodes.items() if local(node) == "startEvent"]
    if not starts or not _is_plain(scope, graph):
        return None
    reached = graph.reachable(_with_links(graph, starts))
    return _Builder(graph, reached, healed, chosen).build(starts)


def _is_plain(scope: Element, graph: Graph) -> bool:
    """Neither complex gateways nor shared ids, of which other rules speak."""
    ids = [
        child.get("id")
        for child in bpmn_children(scope)
        if child.get("id") in graph.nodes or local(child) == "sequenceFlow"
    ]
    has_complex = any(local(node) == "complexGateway" for node in graph.nodes.values())
    return len(ids) == len(set(ids)) and not has_complex


def _with_links(graph: Graph, starts: list[str]) -> list[str]:
    links = [node_id for node_id, node in graph.nodes.items() if link_name(node) is not None]
    return [*starts, *links]


def link_name(node: Element) -> str | None:
    """The name by which a link event finds its other end; None when it is no link event."""
    link = node.find(bpmn("linkEventDefinition"))
    return None if link is None else link.get("name", "").strip()


class _Builder:
    def __init__(
        self,
        graph: Graph,
        reached: Set[str],
        healed: Mapping[str, Join],
        chosen: Set[str],
    ) -> None:
        self.elements = {i: node for i, node in graph.nodes.items() if i in reached}
        self.healed = healed
        self.chosen = chosen
        self.net = Net({}, {}, [])
        #: Host -> the boundary events on it; name of a link -> where it is caught.
        self.attached = _grouped(self.elements, _host_of)
        self.caught = _grouped(self.elements, _caught_link)
        self.leaving: dict[str, list[Element]] = {}
        for source, flows in graph.outgoing.items():
            self.leaving[source] = [flow for flow in flows if self._leads(flow)]

    def _leads(self, flow: Element) -> bool:
        target = self.elements.get(flow.get("targetRef", ""))
        return target is not None and local(target) != "boundaryEvent"

    def build(self, starts: Iterable[str]) -> Net:
        for node_id, element in self.elements.items():
            self.net.nodes[node_id] = self._node(node_id, element)
        for flow in list(self.net.flows.values()):
            self.net.nodes[flow.target].ins.append(flow.id)
        for start in starts:
            flow = Flow(f"> {start}", start)
            self.net.flows[flow.id] = flow
            self.net.nodes[start].ins.append(flow.id)
            self.net.starts.append(flow.id)
        return self.net

    def _node(self, node_id: str, element: Element) -> Node:
        definitions = {local(definition) for definition in event_definitions(element)}
        is_end = local(element) == "endEvent"
        join = _JOINS.get(local(element), Join.EACH)
        return Node(
            node_id,
            self.healed.get(node_id, join),
            tuple(self._healed_outcomes(node_id, element)),
            has_work=_has_work(element, definitions),
            is_plain_end=is_end and not definitions,
            terminates=is_end and bool(definitions & _TERMINATING),
        )

    def _healed_outcomes(self, node_id: str, element: Element) -> list[frozenset[str]]:
        outcomes = self._outcomes(node_id, element)
        if node_id not in self.chosen:
            return outcomes
        return [frozenset({flow}) for flow in sorted(frozenset().union(*outcomes))]

    def _outcomes(self, node_id: str, element: Element) -> list[frozenset[str]]:
        if local(element) == "endEvent":
            return [frozenset()]  # dead-end speaks of what leaves it
        flows = [self._flow(flow) for flow in self.leaving.get(node_id, ())]
        if local(element) in {"exclusiveGateway", "eventBasedGateway"}:
            return [frozenset({flow}) for flow in flows] or [frozenset()]
        if local(element) == "inclusiveGateway":
            return list(_subsets(flows)) or [frozenset()]
        if local(element) in ACTIVITIES:
            return list(self._of_activity(node_id, element, flows))
        return [frozenset([*flows, *self._links(element)])]

    def _flow(self, element: Element) -> str:
        flow_id = element.get("id", "")
        self.net.flows[flow_id] = Flow(flow_id, element.get("targetRef", ""))
        return flow_id

    def _of_activity(
        self, node_id: str, element: Element, flows: list[str]
    ) -> Iterator[frozenset[str]]:
        """What follows an activity, or one of its boundary events instead or beside it."""
        instead, beside = self._boundaries(node_id)
        for main in [*self._conditional(node_id, element, flows), *instead]:
            for extra in [frozenset[str](), *_subsets(beside)]:
                yield main | extra

    def _conditional(
        self, node_id: str, element: Element, flows: list[str]
    ) -> Iterator[frozenset[str]]:
        """BPMN 2.0.2 §13.3.1: all flows without a condition, and those whose condition is true."""
        default = element.get("default")
        chosen = [
            flow.get("id", "")
            for flow in self.leaving.get(node_id, ())
            if flow.find(bpmn("conditionExpression")) is not None and flow.get("id") != default
        ]
        if not chosen:
            yield frozenset(flows)
            return
        always = frozenset(flow for flow in flows if flow not in chosen and flow != default)
        if default in flows:
            yield always | {default}
        for some in _subsets(chosen):
            yield always | some

    def _boundaries(self, host: str) -> tuple[list[frozenset[str]], list[str]]:
        instead, beside = list[frozenset[str]](), list[str]()
        for node_id in self.attached.get(host, ()):
            element = self.elements[node_id]
            if element.find(bpmn("compensateEventDefinition")) is not None:
                continue
            flow = Flow(f"{host} > {node_id}", node_id, via=node_id)
            self.net.flows[flow.id] = flow
            flow.is_extra = not is_true(element.get("cancelActivity", "true"))
            if flow.is_extra:
                beside.append(flow.id)
            else:
                instead.append(frozenset({flow.id}))
        return instead, beside

    def _links(self, element: Element) -> Iterator[str]:
        """A thrown link leads to the one that catches it, as if a flow were drawn."""
        name = link_name(element)
        if name is None or local(element) != "intermediateThrowEvent":
            return
        for node_id in self.caught.get(name, ()):
            flow = Flow(f"{element.get('id')} > {node_id}", node_id)
            self.net.flows[flow.id] = flow
            yield flow.id


def _grouped(
    elements: Mapping[str, Element], key: Callable[[Element], str | None]
) -> dict[str, list[str]]:
    """The ids of the elements by their keys, in document order; not those that have none."""
    found: dict[str, list[str]] = {}
    for node_id, element in elements.items():
        name = key(element)
        if name is not None:
            found.setdefault(name, []).append(node_id)
    return found


def _host_of(element: Element) -> str | None:
    return element.get("attachedToRef") if local(element) == "boundaryEvent" else None


def _caught_link(element: Element) -> str | None:
    return link_name(element) if local(element) == "intermediateCatchEvent" else None


def _has_work(element: Element, definitions: set[str]) -> bool:
    if local(element) in GATEWAYS or local(element) == "startEvent":
        return False
    return local(element) != "endEvent" or bool(definitions)


def _subsets(flows: list[str]) -> Iterator[frozenset[str]]:
    """Every choice of at least one flow."""
    sizes: Iterable[int] = range(1, len(flows) + 1)
    if len(flows) > _MOST_SUBSETS:
        sizes = (1, 2, len(flows))
    for size in sizes:
        yield from map(frozenset, combinations(flows, size))
