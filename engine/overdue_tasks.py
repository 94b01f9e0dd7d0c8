"""The duty of escalations: lets overdue tasks go up to superiors."""

from __future__ import annotations

from typing import Protocol

from engine.one_by_one import OneByOne
from engine.sources import Clock


class Rising(Protocol):
    """What the duty needs of engine.escalations.Escalations."""

    def due(self, limit: int) -> list[str]:
        """Ids of tasks that are to be looked at."""
        ...

    def escalate(self, task_id: str) -> bool:
        """Whether the task went up now."""
        ...


class OverdueTasks(OneByOne):
    """Lets each go up when it is its time, once to each level."""

    name = "escalations"

    def __init__(self, escalations: Rising, clock: Clock) -> None:
        failure = "task %s could not go up to superiors; again in %s: %s"
        super().__init__(escalations.due, escalations.escalate, clock, failure=failure)
