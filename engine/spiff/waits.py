"""What a run waits for: people, called instances, workers, messages and signals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.elements import FlowNode
from engine.model import Variables
from engine.spiff.recorder import Recorder
from engine.spiff.services import ServiceTask
from engine.spiff.subscriptions import OpenSubscription, subscriptions_in
from engine.spiff.trees import Trees


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A user task that waits for a person."""

    task_id: str
    node: FlowNode
    local_variables: Variables
    #: What the expressions of its performers and dates gave: assignee, candidate_users,
    #: candidate_groups, due_date, follow_up_date, priority.
    offer: Variables


@dataclass(frozen=True, slots=True)
class Waits:
    """Whom and what a run waits for, but for its timers. Empty: nobody outside moves it on."""

    #: The user tasks that wait for a person, oldest first.
    tasks: tuple[OpenTask, ...]
    #: Ids of the called instances.
    calls: frozenset[str]
    #: Ids of the external tasks that workers are waited for, those with an incident too.
    services: frozenset[str]
    #: The messages and signals.
    subscriptions: tuple[OpenSubscription, ...]

    def __bool__(self) -> bool:
        return bool(self.tasks or self.calls or self.services or self.subscriptions)


#: Of an instance that has not begun.
NOTHING = Waits((), frozenset(), frozenset(), ())

_LISTENING = (TaskState.WAITING, TaskState.STARTED)


class Waiting(Trees):
    """The part of a Run that says what it waits for."""

    _recorder: Recorder
    _blocked: dict[str, Any]

    def waits(self) -> Waits:
        """All of it as the run stands now. One look at its tasks: every step asks it twice."""
        tasks: list[OpenTask] = []
        calls: list[str] = []
        services: list[str] = []
        listening: list[Any] = []
        for task in self._tasks():
            state = task._state
            if state == TaskState.READY:
                node = self._recorder.node_of(task) if task.task_spec.manual else None
                if node is not None and task.id not in self._blocked:
                    offer = dict(task.internal_data.get("offer", {}))
                    tasks.append(OpenTask(task.id, node, dict(task.data), offer))
            elif state in _LISTENING:
                listening.append(task)
                if state == TaskState.STARTED:
                    if "call" in task.internal_data:
                        calls.append(task.internal_data["call"])
                    if isinstance(task.task_spec, ServiceTask):
                        services.append(task.id)
        subscriptions = tuple(subscriptions_in(listening))
        return Waits(tuple(tasks), frozenset(calls), frozenset(services), subscriptions)
