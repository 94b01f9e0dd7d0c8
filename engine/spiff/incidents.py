"""What failed in a run: kept where it can be run again, and said as an incident."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.util.task import TaskState

from engine.model import EventKind, Observation
from engine.spiff.recorder import activity_id_of
from engine.spiff.stepping import current_step
from engine.spiff.trees import Trees


class Incidents(Trees):
    """The part of a Run that knows what is blocked."""

    #: task id -> {"incident": id, "retry": "run" | "update" | "go on", "activity": id}
    _blocked: dict[str, Any]
    _recorder: Any

    def incident_of(self, task_id: str) -> str | None:
        """The open incident of an activity instance."""
        blocked = self._blocked.get(task_id)
        return None if blocked is None else str(blocked["incident"])

    def _guarded(self, task: Any, action: Any) -> bool:
        """Do it; a failure of the diagram's own making becomes an incident. True when it worked."""
        try:
            action()
        except SpiffWorkflowException as error:
            self._block(getattr(error, "task", None) or task, error)
            return False
        return True

    def _block(self, task: Any, error: SpiffWorkflowException) -> None:
        """Keep a failed task where it can be run again, and raise an incident for it."""
        if task._state == TaskState.STARTED and hasattr(task.task_spec, "go_on"):
            retry = "go on"
        elif task._state == TaskState.ERROR:
            # The library counts ERROR as finished, and would let the instance end around it.
            task._set_state(TaskState.READY)
            retry = "run"
        else:
            retry = "update"
        if task._state == TaskState.WAITING:
            task._set_state(TaskState.FUTURE)
        stopped = getattr(error, "stopped", None)
        facts = {"stopped": stopped} if stopped else {}
        self._raise_incident(task, str(error).strip(" ."), retry, **facts)

    def _raise_incident(self, task: Any, message: str, retry: str, **facts: str) -> None:
        incident_id = current_step().mint()
        activity = activity_id_of(task)
        self._blocked[task.id] = {"incident": incident_id, "retry": retry, "activity": activity}
        self._recorder.note(
            EventKind.INCIDENT_RAISED, task, incident=incident_id, message=message, **facts
        )

    def _settle_moot(self) -> bool:
        """Resolve incidents of what is over: cancelled tasks, events of activities that are done.

        True when an event was let go, so that what waited for it may go on.
        """
        tasks = {task.id: task for task in self._tasks()}
        is_freed = False
        for task_id in sorted(self._blocked):  # as after loading: replay never loads
            task = tasks.get(task_id)
            if task is not None and _outlived_its_host(task):
                task.cancel()
                task.workflow.update_waiting_tasks()
                is_freed = True
            if task is None or task.has_state(TaskState.FINISHED_MASK):
                self._settle(task_id)
        return is_freed

    def _settle(self, task_id: str) -> None:
        blocked = self._blocked.pop(task_id)
        self._recorder.observations.append(
            Observation(
                EventKind.INCIDENT_RESOLVED,
                blocked["activity"],
                task_id,
                {"incident": blocked["incident"]},
            )
        )


def _outlived_its_host(task: Any) -> bool:
    """Whether a boundary event still stands though the activity it belongs to is finished."""
    if not isinstance(task.task_spec, BoundaryEvent) or task.parent is None:
        return False
    hosts = [c for c in task.parent.children if not isinstance(c.task_spec, BoundaryEvent)]
    return all(host.has_state(TaskState.FINISHED_MASK) for host in hosts)
