"""Takes a process through its ways: all that the decisions open, or the one that they give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from engine.model import Json
from engine.simulation.course import COMPLETE, START, Course, Event, Frozen, Stage, Taken
from engine.simulation.decisions import Choice, Choices
from engine.simulation.reports import Bounds, Length, Outcome, SimulatedRun
from engine.simulation.situations import Situations
from engine.simulation.tally import Tally, is_dead_end

ENDLESS = "whatever is decided from here on, it goes round and never comes to an end"


@dataclass(frozen=True, slots=True)
class _Move:
    """Something that may happen next. `rank` 1: not what the clock brings first."""

    event: Event
    choice: Choice
    rank: int

    @property
    def key(self) -> tuple[str, str, str]:
        """Equal for moves that are expected to show the same."""
        node_id = self.event.node.id if self.event.node else ""
        return self.event.name, node_id, repr(sorted(self.choice.items()))

    @property
    def values(self) -> set[tuple[str, str, str]]:
        """(node, field, value) of what is decided."""
        node_id = self.event.node.id if self.event.node else ""
        return {(node_id, name, repr(value)) for name, value in self.choice.items()}


@dataclass(frozen=True, slots=True)
class _Open:
    """A way that was not taken yet: where it begins, and its first move."""

    origin: Frozen
    situation: bytes | None
    move: _Move


class Exploration:
    """All runs of one simulation. With `is_single` only what the clock brings first happens."""

    def __init__(self, stage: Stage, choices: Choices, bounds: Bounds, *, is_single: bool) -> None:
        self._stage = stage
        self._choices = choices
        self._bounds = bounds
        self._is_single = is_single
        self._situations = Situations()
        #: Key of a move -> how often it was made.
        self._made: Counter[tuple[str, str, str]] = Counter()
        #: (node, field, value) that was decided.
        self._decided: set[tuple[str, str, str]] = set()
        self._open: list[_Open] = []
        self.tally = Tally(stage.model)
        self.runs: list[SimulatedRun] = []
        self.outcomes: Counter[str] = Counter()
        self.bounds: dict[str, None] = {}
        self.shortest: SimulatedRun | None = None
        self.longest: SimulatedRun | None = None

    @property
    def is_exhausted(self) -> bool:
        """Whether nothing is left to be tried."""
        return not self._open and not self._is_single and not self.bounds

    def explore(self) -> None:
        """Make runs until everything was seen, nothing is left, or a bound is reached."""
        course = Course(self._stage, Frozen(self._stage.scenario.started_at))
        moves = self._moves(course)
        self._leave(course, None, moves[:1] if self._is_single else moves)
        number = 0
        while self._open and not self._is_done() and not self._is_out_of_bounds(number):
            number += 1
            self._follow(self._next(), number)
        if not self._open and not self.bounds and not self._is_single:
            for run, activity_id in self._situations.endless()[:1]:
                self.tally.add_dead_end(ENDLESS, run, activity_id)

    def _is_done(self) -> bool:
        """Whether all was taken, every value of a decision tried once, and an end found for all."""
        if not self.tally.is_full or any(self._is_new(way.move) for way in self._open):
            return False
        return not self._situations.endless()

    def _is_new(self, move: _Move) -> bool:
        """Whether somebody decides as nobody has yet at this node."""
        return not self._decided.issuperset(move.values)

    def _is_out_of_bounds(self, number: int) -> bool:
        if number >= self._bounds.runs:
            self.bounds["runs"] = None
        return self._is_late() or "runs" in self.bounds

    def _is_late(self) -> bool:
        if self._stage.deadline.is_over:
            self.bounds["seconds"] = None
        return "seconds" in self.bounds

    # ------------------------------------------------------------------------ ways

    def _moves(self, course: Course) -> list[_Move]:
        """What may happen next, what the clock brings first in front."""
        events = course.events()
        return [
            _Move(event, choice, min(rank, 1))
            for rank, event in enumerate(events[:1] if self._is_single else events)
            for choice in self._ways(event)
        ]

    def _ways(self, event: Event) -> Sequence[Choice]:
        """How a form is filled in, where the event comes with one."""
        has_form = event.node is not None and event.deed in {START, COMPLETE}
        return self._choices.of(event.node) if has_form and event.node else [{}]

    def _leave(self, course: Course, situation: bytes | None, moves: list[_Move]) -> None:
        """Leave these ways for later."""
        if moves:
            origin = course.freeze()
            self._open += [_Open(origin, situation, move) for move in moves]

    def _next(self) -> _Open:
        """The way that promises most: decided anew, made least often, or left first."""
        best = min(
            range(len(self._open)),
            key=lambda n: (*self._promise(self._open[n].move), self._open[n].move.rank, n),
        )
        return self._open.pop(best)

    def _best(self, moves: list[_Move]) -> _Move:
        """How a run goes on by itself: as the clock says, by the decision that promises most."""
        return min(moves, key=lambda move: (move.rank, *self._promise(move)))

    def _promise(self, move: _Move) -> tuple[bool, int]:
        return not self._is_new(move), self._made[move.key]

    # ------------------------------------------------------------------------ runs

    def _follow(self, way: _Open, number: int) -> None:
        """One run, from where the way begins until it is over or stopped.

        Where it comes to a known situation it opens no more ways, and ends unless it has something
        to show: what follows from there is known.
        """
        course = Course(self._stage, way.origin)
        troubles = self.tally.troubles
        new_flows: list[str] = []
        situation, move = way.situation, way.move
        is_new = True
        while True:
            self._made[move.key] += 1
            self._decided |= move.values
            taken = course.take(move.event, move.choice)
            new_flows += self.tally.add_step(taken, number)
            before, situation = situation, course.signature()
            is_new &= self._remember(situation, before, taken, number)
            is_telling = bool(new_flows) or self.tally.troubles > troubles
            moves = self._moves(course)
            outcome = self._outcome(course, number, is_over=not moves, is_known=not is_new)
            if outcome is None and not is_new and not is_telling:
                outcome = Outcome.KNOWN
            if outcome:
                break
            move = self._best(moves)
            if is_new:
                self._leave(course, situation, [each for each in moves if each is not move])
        if outcome not in {Outcome.KNOWN, Outcome.BOUNDED}:
            self._situations.add_over(situation)
        self.tally.add_path(course.path)
        run = _run(course, outcome, number, new_flows)
        self._keep(run, is_telling=bool(new_flows) or self.tally.troubles > troubles)

    def _remember(self, situation: bytes, before: bytes | None, taken: Taken, number: int) -> bool:
        """Whether nobody had been there; a single run is always on its own."""
        waiting = taken.shown.waiting[0].activity_id if taken.shown.waiting else None
        is_new = self._situations.add(situation, before=before, run=number, activity_id=waiting)
        return is_new or self._is_single

    def _outcome(
        self, course: Course, number: int, *, is_over: bool, is_known: bool
    ) -> Outcome | None:
        """How the run ended; None when it goes on."""
        if course.is_stopped:
            self.bounds["seconds"] = None
            return Outcome.BOUNDED
        if course.is_completed:
            return Outcome.COMPLETED
        if is_over:
            return self._stuck(course, number)
        if len(course.path) > self._bounds.completions:
            return self._too_long(is_known=is_known)
        return Outcome.BOUNDED if self._is_late() else None

    def _too_long(self, *, is_known: bool) -> Outcome:
        if is_known:
            return Outcome.KNOWN
        self.bounds["completions"] = None
        return Outcome.BOUNDED

    def _stuck(self, course: Course, number: int) -> Outcome:
        if course.fault:
            self.tally.add_dead_end(course.fault, number)
            return Outcome.DEAD_END
        messages = [message for taken in course.path for message in taken.shown.incidents]
        return Outcome.DEAD_END if all(map(is_dead_end, messages)) else Outcome.INCIDENT

    def _keep(self, run: SimulatedRun, *, is_telling: bool) -> None:
        """Count the run, and keep it when it shows something that no other does."""
        is_first = run.outcome not in self.outcomes and run.outcome is not Outcome.KNOWN
        self.outcomes[run.outcome] += 1
        if run.outcome is Outcome.COMPLETED:
            if self.shortest is None or run.completions < self.shortest.completions:
                self.shortest = run
            if self.longest is None or run.completions > self.longest.completions:
                self.longest = run
        if is_first or is_telling:
            self.runs.append(run)

    def kept(self) -> tuple[SimulatedRun, ...]:
        """The runs that show something, the shortest and the longest among them."""
        extremes = [run for run in (self.shortest, self.longest) if run]
        found = {run.number: run for run in (*self.runs, *extremes)}
        return tuple(found[number] for number in sorted(found))


def _run(course: Course, outcome: Outcome, number: int, new_flows: list[str]) -> SimulatedRun:
    steps = tuple(taken.shown for taken in course.path)
    decisions: dict[str, list[Json]] = {}
    for shown in steps:
        for name, value in shown.decisions.items():
            decisions.setdefault(name, []).append(value)
    return SimulatedRun(
        number=number,
        outcome=outcome,
        completions=sum(shown.deed == COMPLETE for shown in steps),
        duration_seconds=(steps[-1].at - steps[0].at) // timedelta(seconds=1),
        decisions={name: tuple(values) for name, values in decisions.items()},
        new_flows=tuple(new_flows),
        path=steps,
        variables=course.variables,
    )


def length(run: SimulatedRun | None) -> Length | None:
    """How long a run was."""
    return Length(run.number, run.completions, run.duration_seconds) if run else None
