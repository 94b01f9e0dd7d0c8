"""The straight path of a process: from its start to its end without going back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping

from engine.bpmn.elements import FlowNode, ProcessModel
from engine.bpmn.names import ACTIVITIES

#: Where one way out is taken, and not all of them.
_CHOICES = frozenset({"exclusiveGateway", "eventBasedGateway"})
_UNREACHED = 1_000_000


def straight_path(model: ProcessModel, start: str | None = None) -> tuple[str, ...]:
    """The activities in order; of several ways at a choice, the one with the fewest to the end.

    start: the start event, when there are several. Where the work forks, every branch is part of
    it; what a boundary event or an event sub-process would begin is not.
    """
    return tuple(_Walk(model).through(model.id, start))


class _Walk:
    """Goes through the flows of one process, each node once."""

    def __init__(self, model: ProcessModel) -> None:
        self._model = model
        self._outgoing: dict[str, list[str]] = {}
        incoming: dict[str, list[str]] = {}
        for flow in model.flows.values():
            self._outgoing.setdefault(flow.source, []).append(flow.target)
            incoming.setdefault(flow.target, []).append(flow.source)
        self._left = _distances(model.nodes, self._outgoing, incoming)

    def through(self, scope: str, start: str | None = None) -> Iterator[str]:
        """The activities of a process or sub-process."""
        pending = [start] if start else self._starts(scope)
        held: list[str] = []
        seen: set[str] = set()
        while pending or held:
            # A join that some branch never reaches is gone through last, and not left out.
            is_forced = not pending
            node = self._model.nodes[(pending or held).pop(0)]
            if node.id in seen:
                continue
            if not is_forced and self._waits(node, seen):
                held.append(node.id)
                continue
            seen.add(node.id)
            if node.type in ACTIVITIES:
                yield node.id
                yield from self.through(node.id)
            # A branch is followed to its join before the next one.
            pending = self._onward(node) + pending

    def _starts(self, scope: str) -> list[str]:
        nodes = self._model.nodes.values()
        starts = [n for n in nodes if n.scope == scope and n.type == "startEvent"]
        plain = [n.id for n in starts if not n.event_definitions]
        return plain[:1] or [n.id for n in starts[:1] if scope == self._model.id]

    def _waits(self, node: FlowNode, seen: set[str]) -> bool:
        """Whether a join is not reached by all of its branches yet."""
        if node.type != "parallelGateway":
            return False
        sources = [f.source for f in self._model.flows.values() if f.target == node.id]
        return any(source not in seen for source in sources)

    def _onward(self, node: FlowNode) -> list[str]:
        targets = self._outgoing.get(node.id, [])
        if node.type in _CHOICES and targets:
            return [min(targets, key=lambda target: self._left.get(target, _UNREACHED))]
        return targets


def _distances(
    nodes: Mapping[str, FlowNode],
    outgoing: Mapping[str, list[str]],
    incoming: Mapping[str, list[str]],
) -> dict[str, int]:
    """Node -> how many activities lie from it, itself included, to where nothing follows."""
    ends = [node for node in nodes if not outgoing.get(node)]
    found = {node: _weight(nodes[node]) for node in ends}
    pending = deque(ends)
    while pending:
        node = pending.popleft()
        for source in incoming.get(node, ()):
            distance = found[node] + _weight(nodes[source])
            if distance < found.get(source, _UNREACHED):
                found[source] = distance
                pending.append(source)
    return found


def _weight(node: FlowNode) -> int:
    return int(node.type in ACTIVITIES)
