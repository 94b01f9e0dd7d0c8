"""What a simulation found: frozen data that the borders show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from engine.model import Finding, Json


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a simulation stops at the latest. A timer that fires counts as a completion."""

    runs: int = 500
    completions: int = 200
    seconds: float = 10


class Outcome(StrEnum):
    """How a run ended."""

    COMPLETED = "completed"
    #: Something failed, and nobody can go on.
    INCIDENT = "incident"
    #: Nothing failed, and yet nobody and nothing is waited for.
    DEAD_END = "dead_end"
    #: It came to where another run, or it itself, had been; what follows is known from there.
    KNOWN = "known"
    #: A bound stopped it.
    BOUNDED = "bounded"


@dataclass(frozen=True, slots=True)
class Place:
    """A node or sequence flow of the diagram. `source` and `target` are those of a flow."""

    id: str
    type: str
    name: str | None
    line: int | None
    source: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A task that waits, and for whom: lane from the outermost, or who is named."""

    activity_id: str
    activity_name: str | None
    waits_for: str


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step of a run: who did what, which way it went, and who is waited for then."""

    number: int
    at: datetime
    #: "start", "complete" or "timer".
    deed: str
    activity_id: str | None
    activity_name: str | None
    waits_for: str | None
    #: Field id -> what was decided; None: the field was left blank.
    decisions: Mapping[str, Json]
    flows: tuple[str, ...]
    incidents: tuple[str, ...]
    waiting: tuple[Waiting, ...]
    next_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class SimulatedRun:
    """One run from its start. Only runs that show something of their own are kept."""

    number: int
    outcome: Outcome
    completions: int
    duration_seconds: int
    #: Field id -> what was decided, in order: `--decide` takes it like this.
    decisions: Mapping[str, tuple[Json, ...]]
    #: Flows that no run before had taken.
    new_flows: tuple[str, ...]
    path: tuple[PathStep, ...]
    #: At the end; without what loops and sub-processes kept to themselves.
    variables: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Decision:
    """A field whose values lead different ways, or may. `values`: those that were tried."""

    field: str
    activity_id: str
    values: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """A flow that led back. `times`: at most so often in one run."""

    flow: str
    source: str
    target: str
    times: int


@dataclass(frozen=True, slots=True)
class Duty:
    """A task and whom it waits for; `times`: how often it opened in all runs together."""

    activity_id: str
    activity_name: str | None
    waits_for: str
    times: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """An incident or a dead end, where it arose, and the first run that shows it."""

    activity_id: str | None
    activity_name: str | None
    line: int | None
    message: str
    run: int
    times: int


@dataclass(frozen=True, slots=True)
class Length:
    """How long a completed run was."""

    run: int
    completions: int
    duration_seconds: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was reached, and what never."""

    flows: int
    nodes: int
    untaken_flows: tuple[Place, ...]
    unreached_nodes: tuple[Place, ...]

    @property
    def is_full(self) -> bool:
        """Whether every flow was taken and every node reached."""
        return not self.untaken_flows and not self.unreached_nodes


@dataclass(frozen=True, slots=True)
class Simulation:
    """The answer. Of a refused diagram there are findings and nothing else."""

    is_accepted: bool
    findings: tuple[Finding, ...]
    process_key: str | None = None
    process_name: str | None = None
    #: Whether the decisions were explored; else they were given, and there is one run.
    is_explored: bool = True
    runs: tuple[SimulatedRun, ...] = ()
    #: Outcome -> number of runs, those that are not kept included.
    outcomes: Mapping[str, int] = field(default_factory=dict)
    coverage: Coverage | None = None
    decisions: tuple[Decision, ...] = ()
    duties: tuple[Duty, ...] = ()
    loops: tuple[Loop, ...] = ()
    incidents: tuple[Trouble, ...] = ()
    dead_ends: tuple[Trouble, ...] = ()
    shortest: Length | None = None
    longest: Length | None = None
    #: Whether nothing is left to be tried; False too when all was taken before that.
    is_exhausted: bool = False
    #: The bounds that stopped it: "runs", "completions", "seconds", "combinations".
    bounds: tuple[str, ...] = ()

    @property
    def is_bounded(self) -> bool:
        """Whether a bound stopped it, so that it may have more to show."""
        return bool(self.bounds)

    @property
    def is_sound(self) -> bool:
        """Whether every run ended and, when the decisions were explored, every flow was taken."""
        is_covered = self.coverage is not None and self.coverage.is_full
        is_troubled = bool(self.incidents or self.dead_ends or self.bounds)
        return self.is_accepted and not is_troubled and (is_covered or not self.is_explored)
