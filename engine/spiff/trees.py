"""The live trees of a run: its own, and those of the sub-processes in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.util.task import TaskState

from engine.errors import NotFound
from engine.spiff.event_gateway import EventGateway, next_due


class Trees:
    """The part of a Run that finds its tasks."""

    _workflow: Any

    def _trees(self) -> Iterator[Any]:
        yield self._workflow
        yield from self._workflow.subprocesses.values()

    def _tasks(self) -> list[Any]:
        found = [*self._workflow.tasks.values()]
        for tree in self._workflow.subprocesses.values():
            found += tree.tasks.values()
        return found

    def _task(self, task_id: str) -> Any:
        for tree in self._trees():
            if task_id in tree.tasks:
                return tree.tasks[task_id]
        raise NotFound("task", task_id)

    def _timers(self) -> Iterator[Any]:
        # In the order of the tree: the library's own order is lost when a snapshot is loaded.
        waiting = self._workflow.event_manager.tasks
        for task in self._tasks():
            spec = task.task_spec
            if isinstance(spec, EventGateway):
                # One that was interrupted keeps its moments until it is pruned.
                if task._state == TaskState.STARTED and next_due(task) is not None:
                    yield task
            elif task.id in waiting and isinstance(spec.event_definition, TimerEventDefinition):
                yield task

    def _due(self, task: Any) -> datetime | None:
        value = next_due(task) or task.internal_data.get("event_value")
        if isinstance(value, dict):  # a repeating timer; without cycles it is at its end
            value = value["next"] if value["cycles"] else None
        return TimerEventDefinition.get_datetime(value) if isinstance(value, str) else None
