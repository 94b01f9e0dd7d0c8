"""Looks ahead one element, not the whole way: what the library predicts, Alur does not need.

SpiffWorkflow 3.2.0 creates tasks for everything that will surely come, and means to stop at what
it has seen; it compares tasks with specs there, so that a certain loop without a choice ends in a
RecursionError. A task needs its successors only when it completes, so they are created when it is
reached.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.util.task import TaskState


def _predict(
    self: Any,
    my_task: Any,
    seen: Any = None,  # noqa: ARG001  (the library's signature)
    looked_ahead: int = 0,  # noqa: ARG001
    mask: int = TaskState.PREDICTED_MASK,
) -> None:
    """TaskSpec._predict for the task itself; its successors wait until they are reached."""
    if my_task.has_state(mask):
        self._predict_hook(my_task)


def _update(self: Any, my_task: Any) -> None:
    """TaskSpec._update, which also finds the successors of a task that has now been reached."""
    if not my_task._children and my_task.has_state(TaskState.NOT_FINISHED_MASK):
        self._predict(my_task, mask=TaskState.NOT_FINISHED_MASK)
    if self._update_hook(my_task):
        my_task._ready()


TaskSpec._predict = _predict
TaskSpec._update = _update
