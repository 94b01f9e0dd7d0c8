"""What can happen next in the token game of a scope, with one bit for each of its flows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from engine.bpmn.nets import Join, Net, Node


@dataclass(frozen=True, slots=True)
class _Outcome:
    gives: int
    #: Flows that must be empty first: the side branch of a non-interrupting event, still at work.
    needs_empty: int


@dataclass(frozen=True, slots=True)
class Moves:
    """A node in bits: one bit for each flow."""

    node: Node
    takes: int
    outcomes: tuple[_Outcome, ...]
    #: For a REST join, flow -> the inputs that a token there can still reach around the node.
    reaches: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Firing:
    """A node that passes tokens on: the flows that it empties and fills, as bits."""

    node: Node
    taken: int
    given: int


class Bits:
    """The numbering of the flows of a net."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.of = {flow_id: 1 << number for number, flow_id in enumerate(net.flows)}
        self.flow = {bit: net.flows[flow_id] for flow_id, bit in self.of.items()}
        self.moves = [self._moves(node) for node in net.nodes.values()]

    def mask(self, flow_ids: Iterable[str]) -> int:
        """The bits of these flows."""
        mask = 0
        for flow_id in flow_ids:
            mask |= self.of[flow_id]
        return mask

    def split(self, mask: int) -> Iterator[int]:
        """Its bits, one by one."""
        while mask:
            bit = mask & -mask
            yield bit
            mask ^= bit

    def reach(self, origins: Iterable[str], *, avoiding: str | None = None) -> int:
        """The origins, and all flows that a token on one of them can come to.

        avoiding: id of a node or of a flow that it does not pass.
        """
        seen = {flow for flow in origins if flow != avoiding}
        pending = list(seen)
        while pending:
            target = self.net.flows[pending.pop()].target
            if target == avoiding:
                continue
            fresh = [f for f in self.net.nodes[target].outs if f not in seen and f != avoiding]
            seen.update(fresh)
            pending += fresh
        return self.mask(seen)

    def _moves(self, node: Node) -> Moves:
        takes = self.mask(node.ins)
        reaches: dict[int, int] = {}
        if node.join is Join.REST and len(node.ins) > 1:
            for flow_id, bit in self.of.items():
                if inputs := self.reach([flow_id], avoiding=node.id) & takes:
                    reaches[bit] = inputs
        outcomes = tuple(_Outcome(self.mask(o), self._side_branches(o)) for o in node.outcomes)
        return Moves(node, takes, outcomes, reaches)

    def _side_branches(self, outcome: frozenset[str]) -> int:
        mask = 0
        for flow_id in outcome:
            if self.net.flows[flow_id].is_extra:
                around = self.reach(self.net.starts, avoiding=flow_id)
                mask |= self.reach([flow_id]) & ~around
        return mask


def firings_of(bits: Bits, marking: int) -> Iterator[Firing]:
    """What can happen next when tokens are on the flows of that marking."""
    for moves in bits.moves:
        present = marking & moves.takes
        if not present:
            continue
        for taken in _takings(bits, moves, marking, present):
            for outcome in moves.outcomes:
                if not outcome.needs_empty & (marking ^ taken):
                    yield Firing(moves.node, taken, outcome.gives)


def _takings(bits: Bits, moves: Moves, marking: int, present: int) -> Iterable[int]:
    if moves.node.join is Join.EACH:
        return bits.split(present)
    if moves.node.join is Join.ALL:
        return [present] if present == moves.takes else []
    return [] if _must_wait(bits, moves, marking, present) else [present]


def _must_wait(bits: Bits, moves: Moves, marking: int, present: int) -> bool:
    """BPMN 2.0.2 §13.4.3: a token can reach an empty input, and no input that has one already."""
    if present == moves.takes:
        return False
    for bit in bits.split(marking & ~moves.takes):
        reached = moves.reaches.get(bit, 0)
        if reached & ~present and not reached & present:
            return True
    return False
