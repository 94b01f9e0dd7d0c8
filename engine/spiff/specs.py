"""Alur's own task specs, where the library's lose tokens, data or determinism.

- Joins count tokens per incoming flow. The library remembers an arrival as a cancelled task for
  ever, so that a second round of a loop fires early (BPMN 2.0.2 §13.4.1, §13.4.3).
- Multi-instance bodies keep their variables to themselves and give them back as one list.
- A sub-process keeps its variables to itself until it ends.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.specs.defaults import (
    InclusiveGateway,
    NoneTask,
    ParallelGateway,
    ScriptTask,
    SubWorkflowTask,
    UserTask,
)
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.specs.MultiChoice import MultiChoice
from SpiffWorkflow.util.task import TaskState

from engine.spiff.behaviour import Behaviour

#: A million instances would take the memory of the whole machine.
MAX_INSTANCES = 1000

_ACTIVE = TaskState.WAITING | TaskState.READY | TaskState.STARTED


def waiting_tokens(task: Any) -> list[Any]:
    """Tokens that have arrived at the join of `task`, oldest first, `task` itself last."""
    arrived = [
        other
        for other in task.workflow.tasks.values()
        if other.task_spec is task.task_spec
        and other is not task
        # A blocked join is FUTURE again; it has not arrived.
        and other.state == TaskState.WAITING
    ]
    return [*arrived, task]


def _consume(tokens: list[Any], *, by: Any) -> None:
    for token in tokens:
        if token is not by:
            token.cancel()


class Behaving(BpmnSpecMixin):  # type: ignore[misc]
    """A node with parameters or performers: see behaviour.py. `behaviour` is None for most."""

    behaviour: Behaviour | None = None

    def _update_hook(self, my_task: Any) -> Any:
        is_ready = super()._update_hook(my_task)
        if is_ready and self.behaviour:
            self.behaviour.enter(my_task)
        return is_ready

    def _run_hook(self, my_task: Any) -> Any:
        done = super()._run_hook(my_task)
        if done and self.behaviour and self.behaviour.outputs:
            # Still inside: a failure here leaves the task where it can be run again.
            give_back(my_task, self.behaviour.leave(my_task))
        return done

    def _on_complete_hook(self, my_task: Any) -> None:
        for name in my_task.internal_data.pop("inputs", ()):
            my_task.data.pop(name, None)
        super()._on_complete_hook(my_task)


def give_back(my_task: Any, values: dict[str, Any]) -> None:
    """Set what a task gives back; its own inputs of the same name are not meant."""
    for name in my_task.internal_data.pop("inputs", ()):
        my_task.data.pop(name, None)
    my_task.workflow.top_workflow.recorder.set_variables(my_task, values)


class BehavingUserTask(Behaving, UserTask):  # type: ignore[misc]
    """A user task."""


class BehavingScriptTask(Behaving, ScriptTask):  # type: ignore[misc]
    """A script task."""


class PassedAtOnce(Behaving, NoneTask):  # type: ignore[misc]
    """`task` and `manualTask` are passed at once, as in Camunda: nobody reports back."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.manual = False


class TokenJoin(ParallelGateway):  # type: ignore[misc]
    """A parallel gateway: fires with exactly one token from each incoming flow; others stay."""

    def _update_hook(self, my_task: Any) -> bool:
        taken: dict[str, Any] = {}
        for token in waiting_tokens(my_task):
            taken.setdefault(token.parent.task_spec.name, token)
        if len(taken) < len(set(self._inputs)):
            my_task._set_state(TaskState.WAITING)
            return False
        my_task._inherit_data()
        _consume([*taken.values()], by=my_task)
        return True

    def _run_hook(self, my_task: Any) -> bool:  # noqa: ARG002  (the library's hook)
        return True


class InclusiveJoin(InclusiveGateway):  # type: ignore[misc]
    """An inclusive gateway: waits while another token can still reach an empty incoming flow."""

    def _update_hook(self, my_task: Any) -> bool:
        tokens = waiting_tokens(my_task)
        if len(self._inputs) > 1 and self._may_be_reached(my_task, tokens):
            my_task._set_state(TaskState.WAITING)
            return False
        my_task._inherit_data()
        _consume(tokens, by=my_task)
        return True

    def _may_be_reached(self, my_task: Any, tokens: list[Any]) -> bool:
        """BPMN 2.0.2 §13.4.3: a path from a token to an empty input, and none to a full one."""
        full = {token.parent.task_spec.name for token in tokens}
        empty = set(self._inputs) - full
        for other in my_task.workflow.tasks.values():
            if not other.has_state(_ACTIVE) or other.task_spec is self:
                continue
            reached = self._reachable_from(other.task_spec)
            if reached & empty and not reached & full:
                return True
        return False

    def _reachable_from(self, spec: Any) -> set[str]:
        """Names of specs on a path from `spec` that does not pass through this gateway."""
        seen, todo = {spec.name}, [spec]
        while todo:
            for following in todo.pop().outputs:
                if following is not self and following.name not in seen:
                    seen.add(following.name)
                    todo.append(following)
        return seen

    def _run_hook(self, my_task: Any) -> bool:
        matches, defaults = self._get_matching_outputs(my_task)
        if not matches and not defaults:
            raise WorkflowTaskException("no condition of the gateway is true", task=my_task)
        my_task._sync_children(matches or defaults, TaskState.FUTURE)
        for child in my_task.children:
            child.task_spec._predict(child, mask=TaskState.FUTURE | TaskState.PREDICTED_MASK)
        return True

    def test(self) -> None:
        """Only what a choice needs; the library also wants a join's inputs."""
        MultiChoice.test(self)


class MultiInstanceBody(BpmnSpecMixin):  # type: ignore[misc]
    """The body around a multi-instance activity; `task_spec` names the activity inside.

    collection: expression that gives a list; or cardinality: expression that gives a number.
    Each instance sees `element_variable` and `loopCounter`; what it submits stays with it. At the
    end the list of all of them, in the collection's order, becomes `collect_into`.
    """

    def __init__(
        self,
        wf_spec: Any,
        bpmn_id: str,
        *,
        is_sequential: bool = False,
        collection: str | None = None,
        cardinality: str | None = None,
        element_variable: str | None = None,
        completion_condition: str | None = None,
        collect_into: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.task_spec = ""
        self.is_sequential = is_sequential
        self.collection = collection
        self.cardinality = cardinality
        self.element_variable = element_variable
        self.completion_condition = completion_condition
        self.collect_into = collect_into

    def connect_inner(self) -> None:
        """Listen to the activity inside. The library does so at run time, in one process only."""
        self._wf_spec.task_specs[self.task_spec].completed_event.connect(self._inner_completed)

    def _update_hook(self, my_task: Any) -> bool | None:
        if my_task.has_state(TaskState.STARTED):
            return self._go_on(my_task)
        super()._update_hook(my_task)
        items = self._items(my_task)
        my_task._set_state(TaskState.STARTED)
        my_task.internal_data.update(items=items, started=0, completed=0)
        if not items:
            return True
        for _ in items[:1] if self.is_sequential else items:
            self._start_next(my_task)
        return None

    def _items(self, my_task: Any) -> list[Any]:
        source = self.collection or self.cardinality
        value = my_task.workflow.script_engine.evaluate(my_task, source)
        if self.collection is None:
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise WorkflowTaskException(
                    f"loop cardinality {source!r} is {value!r}; a whole number from 0 was expected",
                    task=my_task,
                )
            if value <= MAX_INSTANCES:
                return list(range(value))
            count = value
        else:
            if not isinstance(value, list):
                raise WorkflowTaskException(
                    f"collection {source!r} is {value!r}; a list was expected", task=my_task
                )
            if len(value) <= MAX_INSTANCES:
                return list(value)
            count = len(value)
        raise WorkflowTaskException(
            f"{source!r} asks for {count} instances; at most {MAX_INSTANCES} run", task=my_task
        )

    def _start_next(self, my_task: Any) -> None:
        index = my_task.internal_data["started"]
        my_task.internal_data["started"] = index + 1
        inner = my_task.workflow.spec.task_specs[self.task_spec]
        # FUTURE, not WAITING as in the library: entering must be seen as a transition.
        child = my_task._add_child(inner, TaskState.FUTURE)
        child.triggered = True
        child.internal_data["index"] = index
        child.data["loopCounter"] = index
        if self.element_variable:
            child.data[self.element_variable] = my_task.internal_data["items"][index]
        inner._update(child)

    def _inner_completed(self, _workflow: Any, child: Any) -> None:
        my_task = child.parent
        my_task.internal_data["completed"] += 1
        if self._go_on(my_task):
            my_task._set_state(TaskState.READY)

    def _go_on(self, my_task: Any) -> bool:
        """Whether the body is done; starts the next instance of a sequence when it is not."""
        state = my_task.internal_data
        if state["completed"] == len(state["items"]) or self._is_satisfied(my_task):
            for other in self._inner_tasks(my_task):
                other.cancel()
            return True
        if self.is_sequential and state["started"] == state["completed"]:
            self._start_next(my_task)
        return False

    def _is_satisfied(self, my_task: Any) -> bool:
        if self.completion_condition is None:
            return False
        state = my_task.internal_data
        counts = {
            "nrOfInstances": len(state["items"]),
            "nrOfCompletedInstances": state["completed"],
            "nrOfActiveInstances": state["started"] - state["completed"],
        }
        return bool(
            my_task.workflow.script_engine.evaluate(my_task, self.completion_condition, counts)
        )

    def _inner_tasks(self, my_task: Any) -> list[Any]:
        return [c for c in my_task.children if c.task_spec.name == self.task_spec]

    def _run_hook(self, my_task: Any) -> bool:
        """Give back what the instances submitted, in the order of the collection."""
        if self.collect_into:
            done = [c for c in self._inner_tasks(my_task) if c.state == TaskState.COMPLETED]
            done.sort(key=lambda child: child.internal_data["index"])
            results = [{k: v for k, v in c.data.items() if k != "loopCounter"} for c in done]
            recorder = my_task.workflow.top_workflow.recorder
            recorder.set_variables(my_task, {self.collect_into: results})
        my_task.internal_data.pop("items", None)
        return True


class SubProcess(Behaving, SubWorkflowTask):  # type: ignore[misc]
    """An embedded sub-process. Its variables are its own until it ends, then its parent's."""

    def _update_hook(self, my_task: Any) -> Any:
        """Not Behaving's: the library runs this once more when the inside has ended."""
        return SubWorkflowTask._update_hook(self, my_task)

    def start_workflow(self, my_task: Any) -> None:
        """Enter before anything inside moves; the library enters after."""
        if self.behaviour:
            self.behaviour.enter(my_task)
        my_task._set_state(TaskState.STARTED)
        super().start_workflow(my_task)

    def copy_data(self, my_task: Any, subworkflow: Any) -> None:
        """Only loop-locals travel in task data; variables are looked up through the scopes."""
        subworkflow.data["variables"] = {}
        subworkflow.task_tree.data.update(my_task.data)

    def update_data(self, my_task: Any, subworkflow: Any) -> None:
        """Publish what was set inside to the scope around it."""
        values = subworkflow.data.get("variables", {})
        if values:
            my_task.workflow.top_workflow.recorder.set_variables(my_task, dict(values))
