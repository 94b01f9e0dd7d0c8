"""How an installation is doing: what it checks of itself, and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.model.history import EventKind


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `message`: what was found, without secrets."""

    name: str
    is_well: bool
    message: str


class Verdict(StrEnum):
    """How something stands that the doctor looked at."""

    OK = "ok"
    #: It works; somebody should see to it.
    ATTENTION = "attention"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that the doctor looked at: how it stands, what was found, and what to do."""

    name: str
    verdict: Verdict
    message: str
    #: None when there is nothing to do.
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class LaneLoad:
    """The open tasks of a lane; `lane` is None for those of no lane."""

    lane: str | None
    open_tasks: int
    #: Of them, those whose due date has passed.
    overdue_tasks: int


@dataclass(frozen=True, slots=True)
class TopicLoad:
    """The external tasks of a topic. `held`: those that a worker has locked."""

    topic: str
    waiting: int
    held: int


@dataclass(frozen=True, slots=True)
class DeliveryLoad:
    """What is on its way to others. `failed`: given up within the last day."""

    pending: int
    failed: int
    #: Since when the one that waits the longest could be sent.
    oldest_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What there is to do at one moment."""

    lanes: tuple[LaneLoad, ...]
    topics: tuple[TopicLoad, ...]
    #: Key of a process definition -> running instances of all its versions.
    running: Mapping[str, int]
    open_incidents: int
    due_instances: int
    #: Since when the timer that waits the longest is due.
    oldest_due_at: datetime | None
    deliveries: DeliveryLoad
    #: When the newest checkpoint was made; None: none was.
    last_checkpoint_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WrittenSteps:
    """One transaction that took steps and was kept.

    steps: (kind of the input, instance id), one of each instance that moved; the first is the
    one that was asked for. seconds: from its begin until it was kept.
    """

    steps: tuple[tuple[EventKind, str], ...]
    seconds: float
    statements: int
