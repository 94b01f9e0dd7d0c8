"""How the work of an office stands: figures of lanes and SOPs, and the instances that are stuck."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.model.instances import InstanceState, ProcessInstance


@dataclass(frozen=True, slots=True)
class OpenWork:
    """Open tasks of one lane. `oldest_at`: when the oldest became open."""

    lane: str | None
    open_tasks: int
    unclaimed_tasks: int
    #: Of the open ones, those whose due date has passed.
    late_tasks: int
    oldest_at: datetime
    #: Of the open ones, those that went up to superiors.
    escalated_tasks: int = 0


@dataclass(frozen=True, slots=True)
class DatedWork:
    """The tasks of one lane in one definition that were completed in a period and had a due date.

    `punctual_tasks`: those completed by then.
    """

    definition_id: str
    lane: str | None
    dated_tasks: int
    punctual_tasks: int


@dataclass(frozen=True, slots=True)
class InstanceCount:
    """How many instances of a definition are in a state."""

    definition_id: str
    state: InstanceState
    number: int


@dataclass(frozen=True, slots=True)
class RunningCount:
    """How many instances run, and how many of them are late, or have a step that failed."""

    running: int = 0
    late: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class StuckInstance:
    """A running instance that is late or has failed: since when, and by how many tasks or steps."""

    instance: ProcessInstance
    since: datetime
    number: int


@dataclass(frozen=True, slots=True)
class Punctuality:
    """Of the completed tasks that had a due date, how many were completed by then."""

    dated_tasks: int = 0
    punctual_tasks: int = 0

    @property
    def share(self) -> float | None:
        """From 0 to 1; None when nothing had a due date."""
        return self.punctual_tasks / self.dated_tasks if self.dated_tasks else None


@dataclass(frozen=True, slots=True)
class LaneStanding:
    """What waits in a lane now, and how punctual it was in the period. `lane` None: of no lane."""

    lane: str | None
    open_tasks: int
    unclaimed_tasks: int
    late_tasks: int
    #: Since when the oldest open task waits; None without one.
    oldest_at: datetime | None
    punctuality: Punctuality
    #: Of the open ones, those that went up to superiors.
    escalated_tasks: int = 0


@dataclass(frozen=True, slots=True)
class ProcessStanding:
    """The instances of all versions of one SOP: running now, and ended in the period."""

    definition_key: str
    running: int
    #: Running ones with a task whose due date has passed.
    late: int
    #: Running ones with a step that failed.
    failed: int
    completed: int
    cancelled: int
    punctuality: Punctuality


@dataclass(frozen=True, slots=True)
class Overview:
    """How the work stands at one moment, as far as somebody may see it."""

    at: datetime
    lanes: tuple[LaneStanding, ...]
    processes: tuple[ProcessStanding, ...]
    #: Tasks in the hands of who asks, and tasks that wait for whoever takes them.
    my_tasks: int
    offered_tasks: int
    #: Late the longest first.
    late: tuple[StuckInstance, ...]
    #: Failed the longest ago first.
    failed: tuple[StuckInstance, ...]

    @property
    def punctuality(self) -> Punctuality:
        """That of all SOPs together."""
        return Punctuality(
            sum(each.punctuality.dated_tasks for each in self.processes),
            sum(each.punctuality.punctual_tasks for each in self.processes),
        )
