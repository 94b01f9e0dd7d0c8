"""The nodes and flows of one scope as a net of tokens, and the reduction that makes it small.

Knows nodes and flows by id, and nothing of XML. BPMN 2.0.2 §13.4 says how gateways move tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Join(StrEnum):
    """When a node takes tokens: each by itself, one of each flow, or all that can still come."""

    EACH = "each"
    ALL = "all"
    REST = "rest"


@dataclass(slots=True)
class Flow:
    """One place for a token."""

    id: str
    target: str
    #: Whether something is done between the two nodes, which would then be done twice.
    has_work: bool = False
    #: The boundary event that the flow leaves by.
    via: str | None = None
    #: Of a non-interrupting boundary event: the host goes on beside it.
    is_extra: bool = False


@dataclass(slots=True)
class Node:
    """What takes and gives tokens. Each of `outcomes` is a set of flows that get one together."""

    id: str
    join: Join
    outcomes: tuple[frozenset[str], ...]
    ins: list[str] = field(default_factory=list)
    #: The node whose choice the outcomes are; another one than `id` after a reduction.
    split_id: str = ""
    has_work: bool = False
    is_plain_end: bool = False
    #: One of its branches has been reduced to nothing: it divides, though one flow is left.
    is_split: bool = False
    #: A terminate, error or cancel end: every token of the scope is gone.
    terminates: bool = False
    #: The outcomes of which the flows that leave are known, and those flows.
    _outs: tuple[tuple[frozenset[str], ...], list[str]] = ((), [])

    def __post_init__(self) -> None:
        self.split_id = self.split_id or self.id

    @property
    def outs(self) -> list[str]:
        """All flows that leave the node."""
        # Asked again and again, of choices that may be 20,000.
        if self._outs[0] is not self.outcomes:
            self._outs = (self.outcomes, _flows_of(self.outcomes))
        return self._outs[1]

    @property
    def divides(self) -> bool:
        """Whether it chooses between flows, or gives to several."""
        return self.is_split or len(self.outcomes) > 1 or len(self.outs) > 1

    @property
    def only_out(self) -> str | None:
        """The one flow that always follows; None when the node divides or nothing follows."""
        return None if self.divides or not self.outs else self.outs[0]


@dataclass(slots=True)
class Net:
    """The nodes and flows of one scope; `starts`: flows, one of which has the first token."""

    nodes: dict[str, Node]
    flows: dict[str, Flow]
    starts: list[str]


def _flows_of(outcomes: Iterable[frozenset[str]]) -> list[str]:
    found: dict[str, None] = {}
    for outcome in outcomes:
        # Of very many choices nearly all bring nothing new.
        if not found.keys() >= outcome:
            found.update(dict.fromkeys(sorted(outcome)))
    return list(found)


# ------------------------------------------------------------------ reduction


def reduce(net: Net) -> None:
    """Collapse what is sound by its form: sequences, blocks and simple loops. No fault is lost."""
    pending = list(net.nodes.values())
    while pending:
        changed = [node for node in pending for rule in _REDUCTIONS if rule(net, node)]
        pending = list(net.nodes.values()) if changed else []


def _is_gone(net: Net, node: Node) -> bool:
    return net.nodes.get(node.id) is not node


def _drop_flows(net: Net, source: Node, twins: Mapping[str, str | None]) -> None:
    """Take these flows out; where one would get a token, its twin gets it, if it has one."""
    put = {flow_id: frozenset({twin} if twin else ()) for flow_id, twin in twins.items()}
    source.outcomes = tuple(dict.fromkeys(_without(each, put) for each in source.outcomes))
    for flow_id in twins:
        net.nodes[net.flows.pop(flow_id).target].ins.remove(flow_id)


def _without(outcome: frozenset[str], put: Mapping[str, frozenset[str]]) -> frozenset[str]:
    dropped = outcome & put.keys()
    return outcome.difference(dropped).union(*map(put.__getitem__, dropped)) if dropped else outcome


def _skip_step(net: Net, node: Node) -> bool:
    """One flow in, one flow out: the two are one."""
    if _is_gone(net, node) or len(node.ins) != 1 or node.only_out is None or node.terminates:
        return False
    before, after = net.flows[node.ins[0]], net.flows[node.only_out]
    target = net.nodes[after.target]
    if target is node:
        return False
    before.target = after.target
    before.has_work |= node.has_work or after.has_work
    before.via = before.via or after.via
    target.ins[target.ins.index(after.id)] = before.id
    del net.flows[after.id], net.nodes[node.id]
    return True


def _merge_twins(net: Net, node: Node) -> bool:
    """Flows between the same two nodes, which the target joins just as the source divides."""
    if _is_gone(net, node):
        return False
    twins: dict[str, str | None] = {}
    for first, *others in _side_by_side(net, node):
        if net.flows[first].is_extra:
            continue
        plain = [flow_id for flow_id in others if not net.flows[flow_id].is_extra]
        join = net.nodes[net.flows[first].target].join
        for flow_id in _matching(join, node, first, plain):
            net.flows[first].has_work |= net.flows[flow_id].has_work
            twins[flow_id] = first
    if twins:
        _drop_flows(net, node, twins)
    return bool(twins)


def _side_by_side(net: Net, node: Node) -> list[list[str]]:
    """The flows out of the node that lead to the same target, where there are several."""
    by_target: dict[str, list[str]] = {}
    for flow_id in node.outs:
        by_target.setdefault(net.flows[flow_id].target, []).append(flow_id)
    return [flows for flows in by_target.values() if len(flows) > 1]


def _matching(join: Join, source: Node, first: str, others: list[str]) -> list[str]:
    """Those that make one flow with the first: to the join it is all the same."""
    if join is Join.REST or not others:
        return others
    places = _places([first, *others], source.outcomes)
    if join is Join.ALL:
        return [each for each in others if places[each] == places[first]]
    found = []
    for each in others:
        if places[first].isdisjoint(places[each]):
            places[first] |= places[each]
            found.append(each)
    return found


def _places(flows: Iterable[str], outcomes: Iterable[frozenset[str]]) -> dict[str, set[int]]:
    """For each flow, the outcomes in which it gets a token."""
    found: dict[str, set[int]] = {flow_id: set() for flow_id in flows}
    for number, outcome in enumerate(outcomes):
        for flow_id in outcome & found.keys():
            found[flow_id].add(number)
    return found


def _fuse(net: Net, node: Node) -> bool:
    """A node with one flow out, to a node with one flow in, nothing done between: one node."""
    if _is_gone(net, node) or node.only_out is None:
        return False
    flow = net.flows[node.only_out]
    target = net.nodes[flow.target]
    if target is node or len(target.ins) != 1 or flow.has_work or target.has_work:
        return False
    if node.has_work and target.is_plain_end:
        return False  # as in _let_end
    node.outcomes, node.split_id = target.outcomes, target.split_id
    node.is_split, node.terminates = target.is_split, target.terminates
    node.is_plain_end = target.is_plain_end and node.join is Join.EACH
    del net.flows[flow.id], net.nodes[target.id]
    return True


def _cut_loop(net: Net, node: Node) -> bool:
    """A merge, and a choice right behind it that may lead back to it: the way back adds nothing."""
    if _is_gone(net, node) or node.join is not Join.EACH:
        return False
    choice = node
    if node.only_out is not None:
        choice = net.nodes[net.flows[node.only_out].target]
    if len(choice.outcomes) < 2 or (choice is not node and len(choice.ins) != 1):
        return False
    for flow_id in node.ins:
        back = frozenset({flow_id})
        if back in choice.outcomes and sum(flow_id in o for o in choice.outcomes) == 1:
            choice.outcomes = tuple(each for each in choice.outcomes if each != back)
            node.ins.remove(flow_id)
            del net.flows[flow_id]
            return True
    return False


def _let_end(net: Net, node: Node) -> bool:
    """A token that has nothing left but a plain end disturbs nobody, and may come twice."""
    if _is_gone(net, node) or (node.has_work and len(node.ins) > 1):
        return False  # a merge with work of its own: the flow behind it shows whether it runs twice
    for flow_id in node.outs:
        flow = net.flows[flow_id]
        # A side branch begins anew only when it is empty, so that its work is never done twice.
        if net.nodes[flow.target].is_plain_end and (flow.is_extra or not flow.has_work):
            node.is_split = node.is_split or (node.divides and not flow.is_extra)
            _drop_flows(net, node, {flow_id: None})
            return True
    return False


_REDUCTIONS = (_skip_step, _let_end, _merge_twins, _cut_loop, _fuse)
