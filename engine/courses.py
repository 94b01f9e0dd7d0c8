"""Which way an instance went through its steps: rounds, returns, and the whole course."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby

from engine.bpmn.drawing.marks import Marks
from engine.model import Course, TaskState, UserTask


class Ways:
    """The tasks of some instances, all of each, in the order in which they came.

    rounds: task id -> 1 when the instance first came to this step, 2 when it came again. Each item
    of a multi-instance step, told by its local variables, has rounds of its own.
    """

    def __init__(self, tasks: Iterable[UserTask]) -> None:
        ordered = sorted(tasks, key=lambda t: (t.instance_id, t.created_at, t.activity_id))
        self.rounds: dict[str, int] = {}
        self._tasks: dict[str, list[UserTask]] = {}
        for instance_id, group in groupby(ordered, key=lambda task: task.instance_id):
            self._tasks[instance_id] = list(group)
            seen: Counter[tuple[str, str]] = Counter()
            for task in self._tasks[instance_id]:
                item = (task.activity_id, json.dumps(task.local_variables, sort_keys=True))
                seen[item] += 1
                self.rounds[task.task_id] = seen[item]

    def sender_of(self, task: UserTask) -> str | None:
        """The step that sent the instance back to the task's; None when it went onward.

        The step whose task ended as this one opened, when it had come round less often.
        """
        senders = (
            each.activity_id
            for each in self._tasks[task.instance_id]
            if each.state is TaskState.COMPLETED
            and each.ended_at == task.created_at
            and self.rounds[each.task_id] < self.rounds[task.task_id]
        )
        return next(senders, None)

    def steps_of(self, instance_id: str) -> tuple[str, ...]:
        """The instance's steps in their order, but those cancelled; several items are one step."""
        visits = [
            (task.activity_id, self.rounds[task.task_id])
            for task in self._tasks.get(instance_id, ())
            if task.state is not TaskState.CANCELLED
        ]
        return tuple(activity_id for (activity_id, _), _ in groupby(visits))


def course_of(
    definition_id: str, steps: tuple[str, ...], marks: Marks, *, is_migrated: bool = False
) -> Course:
    """The course of an instance with these steps, in whose history these marks are."""
    visits = {node: mark.visits for node, mark in marks.nodes.items()}
    digest = _digest(definition_id, steps, visits, marks.flows)
    return Course(
        # Of another kind even when it took the same steps as one that was never moved.
        digest=hashlib.sha256(f"migrated {digest}".encode()).hexdigest() if is_migrated else digest,
        definition_id=definition_id,
        steps=steps,
        visits=visits,
        flows=marks.flows,
        is_migrated=is_migrated,
    )


def _digest(
    definition_id: str,
    steps: tuple[str, ...],
    visits: Mapping[str, int],
    flows: Mapping[str, int],
) -> str:
    text = json.dumps([definition_id, steps, visits, flows], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
