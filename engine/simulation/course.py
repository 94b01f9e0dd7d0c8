"""One run under way: the machine, the clock that people and timers move, and what may come next."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from engine.bpmn.elements import FlowNode, ProcessModel
from engine.errors import MachineFault
from engine.model import EventKind, Json, Observation
from engine.simulation.decisions import Choice
from engine.simulation.elsewhere import (
    CALLED,
    TASK,
    Place,
    all_places,
    answer_calls,
    perform,
    places,
    throw_at,
    thrown_at,
)
from engine.simulation.filling import Filler
from engine.simulation.reports import PathStep, Waiting
from engine.simulation.scenario import Scenario
from engine.sources import Clock
from engine.spiff.machine import Machine, Run
from engine.spiff.stepping import Step, step
from engine.spiff.subscriptions import OpenSubscription

#: Every run is the same instance: runs never meet.
INSTANCE_ID = "00000000-0000-0000-0000-000000000000"
START, COMPLETE, TIMER = "start", "complete", "timer"
#: A timer fires when the clock has passed it.
_PASSED = timedelta(milliseconds=1)
_EVERY_ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d:\d\d")


class _OutOfTime(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when the simulation itself may take."""

    clock: Clock
    until: datetime

    @property
    def is_over(self) -> bool:
        """Whether it has taken long enough."""
        return self.clock.now() >= self.until


@dataclass(frozen=True, slots=True)
class Stage:
    """What all runs of a simulation share."""

    machine: Machine
    filler: Filler
    scenario: Scenario
    deadline: Deadline

    @property
    def model(self) -> ProcessModel:
        """The process that is simulated."""
        return self.machine.model


@dataclass(frozen=True, slots=True)
class Event:
    """What may come next, and when: the start, the completion of a task, a timer, a message.

    deed: START, COMPLETE, TIMER, "message" and "signal" with their subscription; or something
    elsewhere at a `place`: a service that is performed, a called process that ends, an "error" or
    "escalation" of this `code`.
    """

    deed: str
    at: datetime
    node: FlowNode | None = None
    #: Where it happens; None for the start, a timer and a message.
    place: Place | None = None
    code: str | None = None
    subscription_id: str | None = None

    @property
    def name(self) -> str:
        """What happens, in words."""
        return f"{self.deed} {self.code}" if self.code else self.deed


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was taken, with all that was observed in it."""

    shown: PathStep
    observations: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class Frozen:
    """Where a run stood: other runs go on from here."""

    now: datetime
    revision: int = 0
    snapshot: bytes | None = None
    ready_at: Mapping[str, datetime] = field(default_factory=dict)
    arrived: frozenset[str] = frozenset()
    path: tuple[Taken, ...] = ()


class Course:
    """One run, from its start or from where another run stood."""

    def __init__(self, stage: Stage, origin: Frozen) -> None:
        self._stage = stage
        self._now = origin.now
        self._revision = origin.revision
        self._ready_at = dict(origin.ready_at)
        #: Subscriptions that got their message; of those that go on waiting, once is enough.
        self._arrived = set(origin.arrived)
        self._path = list(origin.path)
        self._run: Run | None = None
        self._snapshot = b""
        if origin.snapshot is not None:
            self._run = stage.machine.load(zlib.decompress(origin.snapshot))
        #: What the machine could not do, if so.
        self.fault: str | None = None
        #: Whether the deadline came in the middle of a step, which is then lost.
        self.is_stopped = False

    # ------------------------------------------------------------------ questions

    @property
    def path(self) -> tuple[Taken, ...]:
        """The steps so far."""
        return tuple(self._path)

    @property
    def is_completed(self) -> bool:
        """Whether every token has reached an end."""
        return self._run is not None and self._run.is_completed

    @property
    def _is_broken(self) -> bool:
        return self.is_stopped or self.fault is not None

    @property
    def variables(self) -> dict[str, Json]:
        """The process variables as they are now."""
        return self._run.variables if self._run else {}

    def events(self) -> list[Event]:
        """What may come next, what the clock brings first in front; nothing when it is over.

        Of several tasks of one activity only the first: they differ in nothing but their turn.
        """
        if self._run is None:
            return [Event(START, self._now, start) for start in self._starts()]
        if self._is_broken or self._run.is_completed:
            return []
        deeds = [*self._deeds(self._run), *self._arrivals(self._run)]
        deeds.sort(key=lambda event: event.at)
        thrown = list(self._throws(self._run))
        due_at = self._run.next_due_at
        if due_at is None:
            return [*deeds, *thrown]
        timer = Event(TIMER, max(self._now, due_at + _PASSED))
        if deeds and deeds[0].at <= due_at:
            return [*deeds, timer, *thrown]
        in_time = max(self._now, due_at)
        return [timer, *(replace(each, at=in_time) for each in [*deeds, *thrown])]

    def _starts(self) -> Sequence[FlowNode]:
        """Where the process may begin, where it begins untriggered in front."""
        model = self._stage.model
        return sorted(model.start_events, key=lambda start: start is not model.plain_start)

    def _deeds(self, run: Run) -> Iterator[Event]:
        """What people and programs do as they should; of each activity what was first there."""
        for place in places(run, self._ready_at):
            deed = COMPLETE if place.kind == TASK else place.kind
            yield Event(deed, self._soon(place), place.node, place)

    def _throws(self, run: Run) -> Iterator[Event]:
        """What people and programs may find instead, where something catches it."""
        for place in places(run, self._ready_at):
            for kind, code in thrown_at(run, place, self._stage.model):
                yield Event(kind, self._soon(place), place.node, place, code)

    def _soon(self, place: Place) -> datetime:
        return max(self._now, self._ready_at[place.id])

    def _arrivals(self, run: Run) -> Iterator[Event]:
        """A message comes as soon after it is waited for as a task takes."""
        seen: set[str] = set()
        for each in run.waits().subscriptions:
            if each.subscription_id not in self._arrived and each.activity_id not in seen:
                seen.add(each.activity_id)
                node = self._stage.model.nodes[each.activity_id]
                at = max(self._now, self._ready_at[each.subscription_id])
                yield Event(each.kind, at, node, subscription_id=each.subscription_id)

    def signature(self) -> bytes:
        """Equal for two situations from which the same can follow, whenever they came about.

        Ids are counted in the order in which they appear, and moments from now. Where that does
        not bring out that two situations are the same, more is tried than needed, never less.
        """
        ids: dict[bytes, bytes] = {}
        content = _EVERY_ID.sub(
            lambda found: ids.setdefault(found[0], b"#%d" % len(ids)), self._snapshot
        )
        content = _MOMENT.sub(self._from_now, content)
        awaited = self._run.waits().subscriptions if self._run else ()
        content += bytes(each.subscription_id in self._arrived for each in awaited)
        return sha256(content).digest()

    def _from_now(self, found: re.Match[bytes]) -> bytes:
        try:
            moment = datetime.fromisoformat(found[0].decode())
        except ValueError:
            return found[0]
        return str(moment - self._now).encode()

    def freeze(self) -> Frozen:
        """Where the run stands, for others to go on from."""
        return Frozen(
            self._now,
            self._revision,
            zlib.compress(self._snapshot, 1) if self._run else None,
            dict(self._ready_at),
            frozenset(self._arrived),
            tuple(self._path),
        )

    # ----------------------------------------------------------------------- steps

    def take(self, event: Event, choice: Choice) -> Taken:
        """Let this happen; the clock moves on to it."""
        self._now = event.at
        self._revision += 1
        observations: tuple[Observation, ...] = ()
        with step(now=self._now, instance_id=INSTANCE_ID, revision=self._revision) as bound:
            watched = _WatchedStep(bound, self._stage.deadline)
            try:
                run = self._act(watched, event, choice)
                answer_calls(run)
                observations = run.observations
                self._snapshot = run.dump()
            except MachineFault as error:
                self.fault = str(error)
            except _OutOfTime:
                self.is_stopped = True
        if event.deed == TIMER and not observations and not self._is_broken:
            self.fault = "a timer is due, and does not fire"
        taken = Taken(self._shown(event, choice, observations), observations)
        self._path.append(taken)
        return taken

    def _act(self, bound: Step, event: Event, choice: Choice) -> Run:
        if self._run is None:
            start = event.node or self._starts()[0]
            variables = self._stage.filler.start(start, choice)
            self._run = self._stage.machine.start(bound, variables, start.id)
            return self._run
        self._run.continue_in(bound)
        if event.subscription_id is not None:
            self._arrived.add(event.subscription_id)
            self._run.receive(event.subscription_id, {})
        elif event.place is None:
            self._run.fire_due()
        elif event.code is not None:
            throw_at(self._run, event.place, event.deed, event.code)
        elif event.deed == COMPLETE:
            values = self._stage.filler.task(event.place.node, choice)
            self._run.complete(event.place.id, values)
        else:
            perform(self._run, event.place)
        return self._run

    def _shown(
        self, event: Event, choice: Choice, observations: tuple[Observation, ...]
    ) -> PathStep:
        node = event.node or self._fired(observations)
        waiting = self._opened() if self._run and not self._is_broken else ()
        return PathStep(
            number=len(self._path) + 1,
            at=event.at,
            deed=event.name,
            activity_id=node.id if node else None,
            activity_name=node.name if node else None,
            waits_for=waits_for(node) if node and event.deed == COMPLETE else None,
            decisions=dict(choice),
            flows=tuple(_payloads(observations, EventKind.FLOW_TAKEN, "flow")),
            incidents=tuple(_payloads(observations, EventKind.INCIDENT_RAISED, "message")),
            waiting=waiting,
            next_due_at=self._run.next_due_at if self._run and not self._is_broken else None,
        )

    def _opened(self) -> tuple[Waiting, ...]:
        if self._run is None:
            return ()
        waits = self._run.waits()
        awaited = waits.subscriptions
        self._ready_at = {
            **{place.id: self._ready_place(place) for place in all_places(self._run)},
            **{e.subscription_id: self._ready(e.subscription_id, e.activity_id) for e in awaited},
        }
        nodes = [task.node for task in waits.tasks]
        return (
            *(Waiting(node.id, node.name, waits_for(node)) for node in nodes),
            *(self._awaiting(each) for each in awaited),
        )

    def _awaiting(self, each: OpenSubscription) -> Waiting:
        name = self._stage.model.nodes[each.activity_id].name
        return Waiting(each.activity_id, name, f"{each.kind} {each.name!r}")

    def _ready_place(self, place: Place) -> datetime:
        return self._now if place.kind == CALLED else self._ready(place.id, place.node.id)

    def _ready(self, known_as: str, activity_id: str) -> datetime:
        known = self._ready_at.get(known_as)
        return known or self._now + self._stage.scenario.time_of(activity_id)

    def _fired(self, observations: tuple[Observation, ...]) -> FlowNode | None:
        """The timer that fired: the first event that the step entered or completed."""
        nodes = self._stage.model.nodes
        found = (nodes.get(seen.activity_id or "") for seen in observations)
        return next((node for node in found if node and node.event_definitions), None)


class _WatchedStep(Step):
    """The step for the machine to listen in; ends it when time is up.

    One step may run a thousand slow scripts: no simulation may last as long as that.
    """

    def __init__(self, bound: Step, deadline: Deadline) -> None:
        self._bound = bound
        self._deadline = deadline

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "on_transition":
            object.__setattr__(self, name, value)
            return

        def listen(task: Any, former: int, state: int) -> None:
            if self._deadline.is_over:
                raise _OutOfTime
            value(task, former, state)

        self._bound.on_transition = listen


def waits_for(node: FlowNode) -> str:
    """For whom a task waits, in words; as the engine offers it (see step_records.py)."""
    if node.assignee:
        return node.assignee
    named = (*node.candidate_users, *node.candidate_groups)
    return ", ".join(named) or " > ".join(node.lane_path) or "(who started it)"


def _payloads(observations: tuple[Observation, ...], kind: EventKind, name: str) -> Iterator[Any]:
    return (seen.payload[name] for seen in observations if seen.kind is kind)
