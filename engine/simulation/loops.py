"""Finds where runs go round: flows that lead back to where the run had been."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from engine.bpmn.elements import ProcessModel
from engine.model import EventKind, Observation


class LoopFinder:
    """Finds the loops in runs of one process."""

    def __init__(self, model: ProcessModel) -> None:
        self._flows = model.flows
        self._onward = _onward(model)

    def loops_of(self, observations: Iterable[Observation]) -> Mapping[str, int]:
        """Flow that led back -> how often it did in this run.

        Only the flow that closes a loop counts, not all that are taken again after it.
        """
        back: Counter[str] = Counter()
        entered: set[str | None] = set()
        before: set[str] = set()
        for seen in observations:
            if seen.kind is EventKind.ACTIVITY_ENTERED:
                entered.add(seen.activity_id)
            elif seen.kind is EventKind.FLOW_TAKEN:
                flow_id = seen.payload["flow"]
                if flow_id in back or (
                    flow_id not in before and self._leads_back(flow_id, entered)
                ):
                    back[flow_id] += 1
                before.add(flow_id)
        return back

    def _leads_back(self, flow_id: str, entered: set[str | None]) -> bool:
        flow = self._flows[flow_id]
        return flow.target in entered and flow.source in self._onward[flow.target]


def _onward(model: ProcessModel) -> dict[str, set[str]]:
    """Node -> itself and every node that flows lead to from it."""
    nexts: dict[str, list[str]] = {node_id: [] for node_id in model.nodes}
    for flow in model.flows.values():
        nexts[flow.source].append(flow.target)
    return {node_id: _closure(node_id, nexts) for node_id in model.nodes}


def _closure(start: str, nexts: Mapping[str, list[str]]) -> set[str]:
    found, pending = {start}, [start]
    while pending:
        for target in nexts[pending.pop()]:
            if target not in found:
                found.add(target)
                pending.append(target)
    return found
