"""Proves that a scope comes to its end from where the tokens of an instance stand in it."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass

from engine.bpmn.nets import Flow, Join, Net, Node, reduce
from engine.bpmn.soundness import Kind, judge
from engine.model import MigrationFault, MigrationReason

_REASONS = {
    Kind.DEADLOCK: MigrationReason.WAITS_FOR_EVER,
    Kind.DOUBLED: MigrationReason.DONE_TWICE,
    Kind.RESTARTED: MigrationReason.DONE_TWICE,
    Kind.ENDLESS: MigrationReason.NEVER_ENDS,
}
#: The node that puts the tokens where they are; no element has such an id.
_HERE = "*"


@dataclass(frozen=True, slots=True)
class Standing:
    """A token at a node; came_from: the node before it, when it waits at a join."""

    node: str
    came_from: str | None = None


def flow_fault(net: Net, tokens: Iterable[Standing]) -> MigrationFault | None:
    """What goes wrong when the scope goes on from these tokens; None when it always ends.

    BPMN 2.0.2 §13.4 moves them. Tokens beside the flow of the scope are passed over.
    """
    for group in _apart(net, [each for each in tokens if each.node in net.nodes]):
        here = _begun_at(deepcopy(net), group)
        reduce(here)
        verdict = judge(here)
        if verdict.fault is not None and verdict.fault.kind in _REASONS:
            return MigrationFault(_REASONS[verdict.fault.kind], target=verdict.fault.node)
        if not verdict.is_complete:
            return MigrationFault(MigrationReason.TOO_LARGE)
    return None


def _apart(net: Net, tokens: list[Standing]) -> list[list[Standing]]:
    """The tokens, those on the side branch of each non-interrupting event by themselves.

    Its host may set the event off once more, which the net cannot tell from the time before.
    """
    groups = []
    for flow in net.flows.values():
        if not flow.is_extra:
            continue
        beside = _reached(net, [flow.id]) - _reached(net, net.starts, avoiding=flow.id)
        groups.append([each for each in tokens if each.node in beside])
        tokens = [each for each in tokens if each.node not in beside]
    return [group for group in (tokens, *groups) if group]


def _reached(net: Net, flows: Iterable[str], *, avoiding: str | None = None) -> set[str]:
    """The nodes that a token on one of these flows can come to."""
    seen: set[str] = set()
    pending = [flow for flow in flows if flow != avoiding]
    while pending:
        node = net.nodes[net.flows[pending.pop()].target]
        if node.id not in seen:
            seen.add(node.id)
            pending += [flow for flow in node.outs if flow != avoiding]
    return seen


def _begun_at(net: Net, tokens: list[Standing]) -> Net:
    """The net with a start that gives these tokens, in the place of its own."""
    given = [_way_to(net, each, number) for number, each in enumerate(tokens)]
    net.nodes[_HERE] = Node(_HERE, Join.EACH, (frozenset(given),))
    net.flows[f"> {_HERE}"] = Flow(f"> {_HERE}", _HERE)
    net.nodes[_HERE].ins.append(f"> {_HERE}")
    net.starts = [f"> {_HERE}"]
    return net


def _way_to(net: Net, token: Standing, number: int) -> str:
    """A new flow by which the token comes; at a join it comes in on the flow that it waits on."""
    node = net.nodes[token.node]
    flow = Flow(f"{_HERE} > {number}", node.id)
    net.flows[flow.id] = flow
    before = net.nodes.get(token.came_from or "")
    waits_on = [each for each in before.outs if net.flows[each].target == node.id] if before else []
    if node.join is not Join.EACH and waits_on:
        merge = Node(f"{_HERE} {number}", Join.EACH, (frozenset({f"{flow.id} on"}),))
        net.flows[f"{flow.id} on"] = Flow(f"{flow.id} on", node.id)
        node.ins[node.ins.index(waits_on[0])] = f"{flow.id} on"
        net.flows[waits_on[0]].target = merge.id
        merge.ins = [waits_on[0], flow.id]
        net.nodes[merge.id] = merge
        flow.target = merge.id
    else:
        node.ins.append(flow.id)
    return flow.id
