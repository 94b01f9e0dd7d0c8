"""An event that is triggered again and again: each time its path starts anew, beside the rest.

The library hangs the paths below the event, and drops them without a word when the activity ends.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin
from SpiffWorkflow.bpmn.specs.event_definitions.timer import CycleTimerEventDefinition
from SpiffWorkflow.util.task import TaskState

#: In a task's internal data: the id of the event that started its path.
STARTED_BY = "started_by"


class RepeatingTimer(CycleTimerEventDefinition):  # type: ignore[misc]
    """`timeCycle` of a boundary event, or event sub-process, that does not interrupt."""

    def update_task(self, my_task: Any) -> None:
        """Fire once when the next time has passed; what is still due fires at the next look."""
        value = my_task.internal_data.get("event_value")
        is_over = value is not None and value["cycles"] == 0
        if not is_over and self.cycle_complete(my_task):
            start_beside(my_task)


def start_beside(event: Any) -> None:
    """Start what follows an event that was triggered and goes on waiting."""
    event.workflow.top_workflow.recorder.note_firing(event)
    root = event.workflow.task_tree
    for output in event.task_spec.outputs:
        if isinstance(output, BoundaryEventJoin):
            continue
        child = root._add_child(output, TaskState.FUTURE)
        child.triggered = True
        child.internal_data[STARTED_BY] = event.task_spec.name
        output._predict(child, mask=TaskState.NOT_FINISHED_MASK)
        output._update(child)


def repeat_rightly(task_spec: Any) -> None:
    """Give a spec with a repeating timer the definition above."""
    definition = getattr(task_spec, "event_definition", None)
    if isinstance(definition, CycleTimerEventDefinition):
        task_spec.event_definition = RepeatingTimer(definition.name, definition.expression)
