"""What reports say of an SOP in a period: figures of its steps, lanes, courses and instances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Period:
    """From the first moment to the last, which is no part of it."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class ActivityStatistics:
    """How often an element was visited by the instances that were asked for, and failed there.

    running: visits that go on. finished: those that are over, cancelled ones among them.
    scopes_completed: those that gave their token to nobody.
    """

    activity_id: str
    running: int = 0
    finished: int = 0
    cancelled: int = 0
    scopes_completed: int = 0
    open_incidents: int = 0
    resolved_incidents: int = 0
    deleted_incidents: int = 0


class PeriodUnit(StrEnum):
    """What part of a year a period is."""

    MONTH = "month"
    QUARTER = "quarter"

    def number(self, month: int) -> int:
        """Which part the month of that number lies in, from 1 on."""
        return month if self is PeriodUnit.MONTH else (month + 2) // 3


@dataclass(frozen=True, slots=True)
class Durations:
    """How long what there was took, from the moment that it came up: the sum, and its ends."""

    count: int
    minimum: timedelta
    maximum: timedelta
    total: timedelta

    def __add__(self, other: Durations) -> Durations:
        """Both together."""
        return Durations(
            self.count + other.count,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
            self.total + other.total,
        )

    @property
    def average(self) -> timedelta:
        """What each took on average."""
        return self.total / self.count


@dataclass(frozen=True, slots=True)
class PeriodDurations:
    """Durations of one period: the month or quarter of that number, of any year."""

    period: int
    unit: PeriodUnit
    durations: Durations


@dataclass(frozen=True, slots=True)
class TaskCount:
    """How many tasks of a definition were completed; of one name, or of all."""

    definition_id: str
    definition_key: str
    count: int
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """How working time is spread over what was measured.

    median, ninetieth: half, and nine of ten, took no longer; between two of them by proportion.
    """

    median: timedelta = timedelta(0)
    ninetieth: timedelta = timedelta(0)
    total: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class StepFigures:
    """One step's visits that ended in the period. Of cancelled ones there is only the number.

    dated: visits with a deadline; late: those that ended after it. repeated: visits of a later
    round. returned: how often instances were sent back to this step; sent_back: by it to another.
    """

    activity_id: str
    visits: int = 0
    cancelled: int = 0
    dated: int = 0
    late: int = 0
    repeated: int = 0
    returned: int = 0
    sent_back: int = 0
    waiting: Spread = Spread()
    working: Spread = Spread()

    @property
    def total(self) -> timedelta:
        """Waiting and working time of all visits together."""
        return self.waiting.total + self.working.total

    @property
    def on_time_share(self) -> float | None:
        """How many of the visits with a deadline kept it, from 0 to 1; None without any."""
        return (self.dated - self.late) / self.dated if self.dated else None


@dataclass(frozen=True, slots=True)
class LaneFigures:
    """What a lane did in the period, and what waits for it now."""

    lane: str | None
    done: int = 0
    late: int = 0
    waiting: timedelta = timedelta(0)
    working: timedelta = timedelta(0)
    open: int = 0
    overdue: int = 0


@dataclass(frozen=True, slots=True)
class Return:
    """How often one step sent instances back to another."""

    sender: str
    receiver: str
    times: int


@dataclass(frozen=True, slots=True)
class CourseFigures:
    """How many instances that ended in the period went one way."""

    definition_id: str
    steps: tuple[str, ...]
    visits: Mapping[str, int]
    flows: Mapping[str, int]
    completed: int
    cancelled: int
    #: Whether they were moved to another version on the way.
    is_migrated: bool = False


@dataclass(frozen=True, slots=True)
class InstanceFigures:
    """The instances of an SOP: started and ended in the period, running now."""

    definition_key: str
    started: int = 0
    completed: int = 0
    cancelled: int = 0
    running: int = 0
    #: Of those that were completed.
    elapsed: Spread = Spread()


@dataclass(frozen=True, slots=True)
class ReportedStep:
    """A step of the SOP with its row of the sheet and its figures."""

    activity_id: str
    #: The row's number; "" for a step that has none.
    number: str
    name: str
    lane: str | None
    #: The sheet's Waktu in its own words, and as a term of working time; "" without one.
    norm: str
    term: str
    figures: StepFigures
    #: Its share of all time that the SOP's steps took, from 0 to 1.
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Variant:
    """One order of steps, and how many completed instances went it."""

    steps: tuple[str, ...]
    instances: int
    share: float


@dataclass(frozen=True, slots=True)
class Conformance:
    """Whether completed instances did every step of the sheet, each once.

    skipped, repeated: step -> in how many instances. Those that were moved to another version on
    the way did the steps of several sheets: they are counted as `migrated`, and not judged.
    """

    completed: int = 0
    conforming: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    repeated: Mapping[str, int] = field(default_factory=dict)
    migrated: int = 0

    @property
    def share(self) -> float | None:
        """How many of the completed ones conform, from 0 to 1; None without any."""
        return self.conforming / self.completed if self.completed else None


@dataclass(frozen=True, slots=True)
class Heat:
    """What a diagram's elements saw of the instances that ended in the period.

    visits, flows: element or sequence flow -> how often. times: step -> waiting and working time of
    all versions.
    """

    definition_id: str
    visits: Mapping[str, int] = field(default_factory=dict)
    flows: Mapping[str, int] = field(default_factory=dict)
    times: Mapping[str, timedelta] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReportedSop:
    """An SOP in the overview of all."""

    definition_key: str
    name: str
    #: The office's name as the SOP says it; "" when it says none.
    office: str
    instances: InstanceFigures
    dated: int = 0
    late: int = 0

    @property
    def on_time_share(self) -> float | None:
        """How many of its steps with a deadline kept it, from 0 to 1; None without any."""
        return (self.dated - self.late) / self.dated if self.dated else None


@dataclass(frozen=True, slots=True)
class SopReport:
    """All that is reported of one SOP in one period.

    day: how long a usual working day of its calendar is. unmeasured: what ended, and is not yet in
    these figures. variants: the most frequent first. steps: in the order of the sheet.
    """

    definition_key: str
    definition_id: str
    name: str
    office: str
    period: Period
    day: timedelta
    instances: InstanceFigures
    steps: tuple[ReportedStep, ...]
    lanes: tuple[LaneFigures, ...]
    returns: tuple[Return, ...]
    variants: tuple[Variant, ...]
    conformance: Conformance
    heat: Heat
    unmeasured: int = 0

    def step(self, activity_id: str) -> ReportedStep | None:
        """The step of that id."""
        return next((each for each in self.steps if each.activity_id == activity_id), None)

    @property
    def bottlenecks(self) -> tuple[ReportedStep, ...]:
        """The steps that took time, those that took most of it first."""
        taking = [step for step in self.steps if step.figures.total]
        return tuple(sorted(taking, key=lambda step: step.figures.total, reverse=True))
