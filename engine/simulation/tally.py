"""Counts what the steps of all runs showed: flows, nodes, duties, loops, incidents, dead ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.bpmn.elements import FlowNode, ProcessModel
from engine.model import EventKind, Observation
from engine.simulation.course import Taken, waits_for
from engine.simulation.loops import LoopFinder
from engine.simulation.reports import Coverage, Duty, Loop, Place, Trouble

#: What the machine says of a join whose token can never come: nothing failed.
NEVER = "waits for a token that can never come"
_BODY = "#multiInstanceBody"
_Troubles = dict[tuple[str | None, str], Trouble]


class Tally:
    """What was seen so far. A step that several runs share is counted once."""

    def __init__(self, model: ProcessModel) -> None:
        self._model = model
        self._flows: set[str] = set()
        self._nodes: set[str] = set()
        self._duties: dict[str, Duty] = {}
        self._finder = LoopFinder(model)
        self._loops: dict[str, int] = {}
        self._incidents: _Troubles = {}
        self._dead_ends: _Troubles = {}

    # ----------------------------------------------------------------------- count

    def add_step(self, taken: Taken, run: int) -> tuple[str, ...]:
        """Count a step; the flows that it is the first to take."""
        new = dict.fromkeys(flow for flow in taken.shown.flows if flow not in self._flows)
        self._flows.update(new)
        for seen in taken.observations:
            node = self._node_of(seen)
            if seen.kind is EventKind.ACTIVITY_ENTERED and node:
                self._enter(node, seen)
            elif seen.kind is EventKind.INCIDENT_RAISED:
                self._fail(node, str(seen.payload["message"]), run)
        return tuple(new)

    def _node_of(self, seen: Observation) -> FlowNode | None:
        return self._model.nodes.get((seen.activity_id or "").removesuffix(_BODY))

    def _enter(self, node: FlowNode, seen: Observation) -> None:
        self._nodes.add(node.id)
        if node.type == seen.payload["type"] == "userTask":
            known = self._duties.get(node.id) or Duty(node.id, node.name, waits_for(node), 0)
            self._duties[node.id] = replace(known, times=known.times + 1)

    def _fail(self, node: FlowNode | None, message: str, run: int) -> None:
        troubles = self._dead_ends if is_dead_end(message) else self._incidents
        self._note(troubles, node, message, run)

    def add_dead_end(self, message: str, run: int, activity_id: str | None = None) -> None:
        """An instance that nobody can move on, though nothing in it failed."""
        self._note(self._dead_ends, self._model.nodes.get(activity_id or ""), message, run)

    def _note(self, troubles: _Troubles, node: FlowNode | None, message: str, run: int) -> None:
        node_id, name, line = (node.id, node.name, node.line) if node else (None, None, None)
        known = troubles.get((node_id, message))
        first = known or Trouble(node_id, name, line, message, run, 0)
        troubles[node_id, message] = replace(first, times=first.times + 1)

    def add_path(self, path: Sequence[Taken]) -> None:
        """Count the loops of a whole run."""
        seen = (observation for taken in path for observation in taken.observations)
        for flow_id, times in self._finder.loops_of(seen).items():
            self._loops[flow_id] = max(times, self._loops.get(flow_id, 0))

    # ------------------------------------------------------------------- questions

    @property
    def is_full(self) -> bool:
        """Whether every flow was taken and every node reached."""
        model = self._model
        return len(self._flows) == len(model.flows) and len(self._nodes) == len(model.nodes)

    @property
    def troubles(self) -> int:
        """How many different incidents and dead ends there were."""
        return len(self._incidents) + len(self._dead_ends)

    @property
    def coverage(self) -> Coverage:
        """What was reached and what not, in the order of the file."""
        model = self._model
        return Coverage(
            flows=len(model.flows),
            nodes=len(model.nodes),
            untaken_flows=tuple(
                Place(each.id, "sequenceFlow", each.name, each.line, each.source, each.target)
                for each in model.flows.values()
                if each.id not in self._flows
            ),
            unreached_nodes=tuple(
                Place(each.id, each.type, each.name, each.line)
                for each in model.nodes.values()
                if each.id not in self._nodes
            ),
        )

    @property
    def duties(self) -> tuple[Duty, ...]:
        """Which task waits for whom, in the order of the file."""
        return tuple(self._duties[node] for node in self._model.nodes if node in self._duties)

    @property
    def loops(self) -> tuple[Loop, ...]:
        """The flows that led back, in the order of the file."""
        return tuple(
            Loop(flow.id, flow.source, flow.target, self._loops[flow.id])
            for flow in self._model.flows.values()
            if flow.id in self._loops
        )

    @property
    def incidents(self) -> tuple[Trouble, ...]:
        """What failed, in the order in which it was found."""
        return tuple(self._incidents.values())

    @property
    def dead_ends(self) -> tuple[Trouble, ...]:
        """Where nobody is waited for, in the order in which it was found."""
        return tuple(self._dead_ends.values())


def is_dead_end(message: str) -> bool:
    """Whether an incident says no more than that nobody is waited for."""
    return message.endswith(NEVER)
