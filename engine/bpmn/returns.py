"""Which flows lead back to where a run had been: the returns of a loop."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.elements import ProcessModel, SequenceFlow


class ReturnFinder:
    """Knows which nodes of one process lie on a way round."""

    def __init__(self, model: ProcessModel) -> None:
        self._flows = model.flows
        self._onward = _onward(model)

    def follow(self) -> ReturnTrail:
        """The trail of one run, from its beginning."""
        return ReturnTrail(self._flows, self._onward)


class ReturnTrail:
    """Hears what a run enters and takes, in order.

    Only the flow that closes a loop is a return, not all that are taken again after it.
    """

    def __init__(
        self, flows: Mapping[str, SequenceFlow], onward: Mapping[str, frozenset[str]]
    ) -> None:
        self._flows, self._onward = flows, onward
        self._entered: set[str | None] = set()
        self._before: set[str] = set()
        self._back: set[str] = set()

    def enter(self, node_id: str | None) -> None:
        """The run is at that node."""
        self._entered.add(node_id)

    def take(self, flow_id: str) -> bool:
        """The run goes along that flow; whether that leads back to where it had been."""
        if flow_id not in self._before and self._leads_back(flow_id):
            self._back.add(flow_id)
        self._before.add(flow_id)
        return flow_id in self._back

    def _leads_back(self, flow_id: str) -> bool:
        flow = self._flows.get(flow_id)
        if flow is None:
            return False
        return flow.target in self._entered and flow.source in self._onward[flow.target]


def _onward(model: ProcessModel) -> dict[str, frozenset[str]]:
    """Node -> itself and every node that flows lead to from it."""
    nexts: dict[str, list[str]] = {node_id: [] for node_id in model.nodes}
    for flow in model.flows.values():
        nexts[flow.source].append(flow.target)
    return {node_id: _closure(node_id, nexts) for node_id in model.nodes}


def _closure(start: str, nexts: Mapping[str, list[str]]) -> frozenset[str]:
    found, pending = {start}, [start]
    while pending:
        for target in nexts[pending.pop()]:
            if target not in found:
                found.add(target)
                pending.append(target)
    return frozenset(found)
