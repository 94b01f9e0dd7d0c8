"""An external task: asks for a service by its topic, and waits until a worker has performed it.

The machine only records what it asks for; locks and retries are kept beside it, and what the
worker tells comes back as an input.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.values import Template
from engine.model import EventKind
from engine.spiff.behaviour import evaluate, whole_number
from engine.spiff.specs import Behaving


class ServiceTask(Behaving):
    """Waits, STARTED, for a worker."""

    topic: Template
    task_priority: Template | None = None

    def _update_hook(self, my_task: Any) -> None:
        """Ask once when the token arrives."""
        if my_task.state != TaskState.STARTED:
            super()._update_hook(my_task)
            request = self._request(my_task)
            my_task._set_state(TaskState.STARTED)
            self._ask(my_task, request)

    def go_on(self, my_task: Any) -> None:
        """After an incident: ask again, with the values of now."""
        self._ask(my_task, self._request(my_task))

    def finish(self, my_task: Any, local_variables: dict[str, Any]) -> None:
        """The worker is done; its local variables are at hand for the output parameters."""
        del my_task.internal_data["service"]
        my_task.data.update(local_variables)
        names = set(my_task.internal_data.get("inputs", ())) | set(local_variables)
        my_task.internal_data["inputs"] = sorted(names)
        my_task._set_state(TaskState.READY)

    def _request(self, my_task: Any) -> dict[str, Any]:
        topic = evaluate(my_task, self.topic)
        if not isinstance(topic, str) or not topic.strip():
            raise WorkflowTaskException(
                f"{self.topic.source!r} is {topic!r}; the name of a topic was expected",
                task=my_task,
            )
        priority = evaluate(my_task, self.task_priority) if self.task_priority else 0
        number = whole_number(priority)
        if number is None:
            raise WorkflowTaskException(
                f"taskPriority is {priority!r}; a whole number was expected", task=my_task
            )
        return {"topic": topic.strip(), "priority": number}

    def _ask(self, my_task: Any, request: dict[str, Any]) -> None:
        my_task.internal_data["service"] = request["topic"]
        recorder = my_task.workflow.top_workflow.recorder
        recorder.note(EventKind.SERVICE_REQUESTED, my_task, **request)
