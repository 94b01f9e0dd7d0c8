"""Finds where runs go round: flows that lead back to where the run had been."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from engine.bpmn.elements import ProcessModel
from engine.bpmn.returns import ReturnFinder
from engine.model import EventKind, Observation


class LoopFinder:
    """Finds the loops in runs of one process."""

    def __init__(self, model: ProcessModel) -> None:
        self._returns = ReturnFinder(model)

    def loops_of(self, observations: Iterable[Observation]) -> Mapping[str, int]:
        """Flow that led back -> how often it did in this run."""
        back: Counter[str] = Counter()
        trail = self._returns.follow()
        for seen in observations:
            if seen.kind is EventKind.ACTIVITY_ENTERED:
                trail.enter(seen.activity_id)
            elif seen.kind is EventKind.FLOW_TAKEN and trail.take(seen.payload["flow"]):
                back[seen.payload["flow"]] += 1
        return back
