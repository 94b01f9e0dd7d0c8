"""Updates what waits only where something does.

SpiffWorkflow 3.2.0 walks the whole tree whenever a task has completed, to tell those that wait;
after most completions of a person nothing does.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.util.task import TaskState
from SpiffWorkflow.workflow import Workflow

_all_that_wait = Workflow.update_waiting_tasks


def _update_waiting_tasks(self: Any) -> None:
    """Workflow.update_waiting_tasks, without the walk when it would find nothing."""
    if any(task._state == TaskState.WAITING for task in self.tasks.values()):
        _all_that_wait(self)


Workflow.update_waiting_tasks = _update_waiting_tasks
