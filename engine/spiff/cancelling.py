"""Cancels a task with all that is at work below it.

SpiffWorkflow 3.2.0 drops the unfinished children of a task that it cancels. Those of a
multi-instance body are activities at work: dropped, their sub-processes go on without an owner, and
nobody is told that they are over.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

_AT_WORK = TaskState.WAITING | TaskState.READY | TaskState.STARTED


def _cancel(self: Any) -> None:
    """Task.cancel, which also cancels the children that are at work before it drops them."""
    if self.has_state(TaskState.FINISHED_MASK):
        for child in self.children:
            child.cancel()
        return
    self._set_state(TaskState.CANCELLED)
    for child in self.children:
        if child.has_state(_AT_WORK):
            child.cancel()
    self._drop_children()
    self.task_spec._on_cancel(self)


Task.cancel = _cancel
