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
    here = _begun_at(deepcopy(net), [each for each in tokens if each.node in net.nodes])
    reduce(here)
    verdict = judge(here)
    if verdict.fault is not None and verdict.fault.kind in _REASONS:
        return MigrationFault(_REASONS[verdict.fault.kind], target=verdict.fault.node)
    return None if verdict.is_complete else MigrationFault(MigrationReason.TOO_LARGE)


def _begun_at(net: Net, tokens: list[Standing]) -> Net:
    """The net with a start that gives these tokens, in the place of its own."""
    given = [_way_to(net, each, number) for number, each in enumerate(tokens)]
    net.nodes[_HERE] = Node(_HERE, Join.EACH, [frozenset(given)])
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
        merge = Node(f"{_HERE} {number}", Join.EACH, [frozenset({f"{flow.id} on"})])
        net.flows[f"{flow.id} on"] = Flow(f"{flow.id} on", node.id)
        node.ins[node.ins.index(waits_on[0])] = f"{flow.id} on"
        net.flows[waits_on[0]].target = merge.id
        merge.ins = [waits_on[0], flow.id]
        net.nodes[merge.id] = merge
        flow.target = merge.id
    else:
        node.ins.append(flow.id)
    return flow.id
