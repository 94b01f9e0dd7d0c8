"""Watches the tasks of one run move, and says in BPMN's words what happened, in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.elements import FlowNode, ProcessModel
from engine.json_values import in_canonical_order
from engine.model import EventKind, Observation
from engine.spiff.repeating import STARTED_BY
from engine.spiff.stepping import current_step

#: The library's name for the activity inside a multi-instance body.
INNER = " [child]"
_ACTIVE = TaskState.WAITING | TaskState.READY | TaskState.STARTED
_JOINS = {"parallelGateway", "inclusiveGateway"}


class Recorder:
    """Collects the observations of a step. `on_transition` is the step's listener."""

    def __init__(self, model: ProcessModel) -> None:
        self.observations: list[Observation] = []
        self._nodes = model.nodes
        self._flows = model.flow_between

    def on_transition(self, task: Any, former: int, state: int) -> None:
        """A task went from one state to another; turn it into observations."""
        node = self.node_of(task)
        if node is None or former == state:
            return
        if state & _ACTIVE and not former & (_ACTIVE | TaskState.FINISHED_MASK):
            self._arrived(task, node, state)
        elif state == TaskState.READY and former == TaskState.WAITING and _waits_to_enter(node):
            self._entered(task, node)
        elif state == TaskState.COMPLETED:
            self.note(EventKind.ACTIVITY_COMPLETED, task)
        elif state == TaskState.CANCELLED and _was_inside(node, former):
            self.note(EventKind.ACTIVITY_CANCELLED, task)

    def set_variables(self, task: Any, values: Mapping[str, Any]) -> None:
        """Write what a script or an ending scope gives.

        To the loop instance when it owns the name, else to the nearest (sub-)process.
        """
        values = in_canonical_order(dict(values))
        local = {n: v for n, v in values.items() if n in task.data}
        shared = {n: v for n, v in values.items() if n not in task.data}
        task.data.update(local)
        if is_inner(task):
            task.data.update(shared)
        else:
            task.workflow.data.setdefault("variables", {}).update(shared)
        self.note(EventKind.VARIABLES_SET, task, values=values, **_scope(task))

    def note(self, kind: EventKind, task: Any, /, **payload: Any) -> None:
        """Record one observation about `task`."""
        self.observations.append(Observation(kind, activity_id_of(task), str(task.id), payload))

    def note_firing(self, task: Any) -> None:
        """A repeating event was triggered once more: a visit of its own, with its own id."""
        node = self.node_of(task)
        if node is None:
            return
        visit = current_step().mint()
        payload = {"type": node.type}
        if node.name:
            payload["name"] = node.name
        for kind, facts in (
            (EventKind.ACTIVITY_ENTERED, payload),
            (EventKind.ACTIVITY_COMPLETED, {}),
        ):
            self.observations.append(Observation(kind, activity_id_of(task), visit, facts))

    def node_of(self, task: Any) -> FlowNode | None:
        """The diagram's element behind a task; None for the library's own control tasks."""
        return self._nodes.get(base_name(task.task_spec.name))

    def _arrived(self, task: Any, node: FlowNode, state: int) -> None:
        flow = self._incoming_flow(task)
        if flow is not None:
            self.note(EventKind.FLOW_TAKEN, task, flow=flow)
        if not (_waits_to_enter(node) and state == TaskState.WAITING):
            self._entered(task, node)

    def _entered(self, task: Any, node: FlowNode) -> None:
        payload: dict[str, Any] = {"type": activity_type(task, node)}
        if node.name:
            payload["name"] = node.name
        if node.lane_path:
            payload["lane"] = list(node.lane_path)
        if task.data:
            payload["locals"] = dict(task.data)
        if offer := task.internal_data.get("offer"):
            payload["offer"] = dict(offer)
        payload.update(_scope(task))
        self.note(EventKind.ACTIVITY_ENTERED, task, **payload)

    def _incoming_flow(self, task: Any) -> str | None:
        if is_inner(task):
            return None
        if STARTED_BY in task.internal_data:
            return self._flow(task.internal_data[STARTED_BY], task)
        source = task.parent
        # Past the control tasks, and the gateways that the drawing does not have.
        while source is not None and self.node_of(source) is None:
            if STARTED_BY in source.internal_data:
                return self._flow(source.internal_data[STARTED_BY], task)
            source = source.parent
        return None if source is None else self._flow(source.task_spec.name, task)

    def _flow(self, source: str, task: Any) -> str | None:
        return self._flows.get((base_name(source), base_name(task.task_spec.name)))


def scope_id(task: Any) -> str:
    """The visit of the loop or sub-process in which what is set at a task stays; "": none."""
    if is_inner(task):
        return str(task.id)
    return str(getattr(task.workflow, "parent_task_id", None) or "")


def _scope(task: Any) -> dict[str, str]:
    """{"scope": activity instance id} when what is set there stays in a loop or sub-process."""
    found = scope_id(task)
    return {"scope": found} if found else {}


def _waits_to_enter(node: FlowNode) -> bool:
    """A join is entered when it fires, a boundary event when it is triggered."""
    return node.type in _JOINS or node.type == "boundaryEvent"


def _was_inside(node: FlowNode, former: int) -> bool:
    """Whether a task in state `former` had been entered; a token that waits at a join had not."""
    waited = _waits_to_enter(node) and former == TaskState.WAITING
    return bool(former & _ACTIVE) and not waited


def is_inner(task: Any) -> bool:
    """Whether the task is one instance inside a multi-instance body."""
    return bool(task.task_spec.name.endswith(INNER))


def base_name(spec_name: str) -> str:
    """The diagram's id behind a spec's name."""
    return spec_name.removesuffix(INNER)


def activity_id_of(task: Any) -> str:
    """The activity's id as Camunda writes it: a body around instances is "id#multiInstanceBody".

    Whatever waits for the start of an event sub-process has the id of its start event.
    """
    name: str = getattr(task.task_spec, "listens_for", task.task_spec.name)
    return f"{name}#multiInstanceBody" if is_body(task) else base_name(name)


def activity_type(task: Any, node: FlowNode) -> str:
    """The element's type as Camunda's history names it."""
    return "multiInstanceBody" if is_body(task) else node.type


def is_body(task: Any) -> bool:
    """Whether the task is the body around multiple instances."""
    return hasattr(task.task_spec, "connect_inner")
