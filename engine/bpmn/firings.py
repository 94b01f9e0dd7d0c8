"""What can happen next in the token game of a scope, with one bit for each of its flows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.bpmn.nets import Join, Net, Node


class Firing(NamedTuple):
    """A node that passes tokens on: the flows that it empties and fills, as bits."""

    node: Node
    taken: int
    given: int
    #: Flows that must be empty first: the side branch of a non-interrupting event, still at work.
    needs_empty: int


@dataclass(frozen=True, slots=True)
class Moves:
    """A node in bits: one bit for each flow. outcomes: what it gives, and what must be empty."""

    node: Node
    takes: int
    outcomes: tuple[tuple[int, int], ...]
    #: For a REST join, flow -> the inputs that a token there can still reach around the node.
    reaches: Mapping[int, int]
    #: The firings by what they take: a search meets the same ones in thousands of markings.
    _firings: dict[int, tuple[Firing, ...]] = field(default_factory=dict)

    def taking(self, taken: int) -> tuple[Firing, ...]:
        """One firing for each outcome."""
        found = self._firings.get(taken)
        if found is None:
            found = tuple(Firing(self.node, taken, *outcome) for outcome in self.outcomes)
            self._firings[taken] = found
        return found


class Bits:
    """The numbering of the flows of a net."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.of = {flow_id: 1 << number for number, flow_id in enumerate(net.flows)}
        self.flow = {bit: net.flows[flow_id] for flow_id, bit in self.of.items()}
        self._sources = {flow_id: node for node in net.nodes.values() for flow_id in node.outs}
        self._beside = {flow: self._side_branch(flow) for flow in self._extras()}
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

        avoiding: id of a flow that it does not pass.
        """
        seen = {flow for flow in origins if flow != avoiding}
        pending = list(seen)
        while pending:
            outs = self.net.nodes[self.net.flows[pending.pop()].target].outs
            fresh = [flow for flow in outs if flow not in seen and flow != avoiding]
            seen.update(fresh)
            pending += fresh
        return self.mask(seen)

    def _moves(self, node: Node) -> Moves:
        reaches: dict[int, int] = {}
        if node.join is Join.REST and len(node.ins) > 1:
            for flow_id in node.ins:
                for origin in self._origins(flow_id, node):
                    reaches[self.of[origin]] = reaches.get(self.of[origin], 0) | self.of[flow_id]
        outcomes = tuple((self.mask(o), self._side_branches(o)) for o in node.outcomes)
        return Moves(node, self.mask(node.ins), outcomes, reaches)

    def _origins(self, flow_id: str, join: Node) -> set[str]:
        """The flow, and all from which a token can come to it around the join."""
        seen = {flow_id}
        pending = [flow_id]
        while pending:
            source = self._sources.get(pending.pop())
            if source is not None and source is not join:
                fresh = [flow for flow in source.ins if flow not in seen]
                seen.update(fresh)
                pending += fresh
        return seen

    def _extras(self) -> Iterator[str]:
        return (flow.id for flow in self.net.flows.values() if flow.is_extra)

    def _side_branches(self, outcome: frozenset[str]) -> int:
        mask = 0
        for flow_id in outcome & self._beside.keys():
            mask |= self._beside[flow_id]
        return mask

    def _side_branch(self, flow_id: str) -> int:
        """The flows that a token comes to by that one alone."""
        return self.reach([flow_id]) & ~self.reach(self.net.starts, avoiding=flow_id)


def firings_of(bits: Bits, marking: int) -> Iterator[Firing]:
    """What can happen next when tokens are on the flows of that marking."""
    for moves in bits.moves:
        present = marking & moves.takes
        if not present:
            continue
        for taken in _takings(bits, moves, marking, present):
            for firing in moves.taking(taken):
                if not firing.needs_empty & (marking ^ taken):
                    yield firing


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
