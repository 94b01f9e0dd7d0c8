"""The story of one instance: its steps, visits and the flows taken, folded from its events."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from types import MappingProxyType
from zoneinfo import ZoneInfo

from engine.bpmn.elements import ProcessModel
from engine.bpmn.returns import ReturnFinder
from engine.model import HAND_KINDS, EventKind, HistoryEvent, ProcessInstance, Verification
from engine.moments import due_moment
from engine.playback.frames import Frame, frames_of
from engine.playback.visits import BODY, Due, Former, Hand, Visit

_ENDS = {EventKind.ACTIVITY_COMPLETED, EventKind.ACTIVITY_CANCELLED}


@dataclass(frozen=True, slots=True)
class Taken:
    """One passing along a sequence flow. `order` counts all of the instance, from 1 on."""

    order: int
    flow_id: str
    step: int
    #: Whether it led back to where the instance had been.
    is_return: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One frame with all of its events, the flows it took, and the visit that it was about."""

    frame: Frame
    events: tuple[HistoryEvent, ...]
    taken: tuple[Taken, ...]
    visit: Visit | None


@dataclass(frozen=True, slots=True)
class Chapter:
    """From a step on the instance was in this version."""

    first: int
    definition_id: str
    model: ProcessModel


@dataclass(frozen=True, slots=True)
class Story:
    """What happened in an instance, as far as its history was proved.

    `model` is that of the version that it ended up in; `at` gives the one of a step.

    `verification` is of `checked_at`. After a fault of history nothing is told: `steps` ends
    before the first step that has one, and `recorded` is how many there are in all.
    """

    instance: ProcessInstance
    model: ProcessModel
    verification: Verification
    checked_at: datetime
    steps: tuple[Step, ...]
    visits: tuple[Visit, ...]
    taken: tuple[Taken, ...]
    recorded: int
    #: At least one; another one for each migration.
    chapters: tuple[Chapter, ...]

    def at(self, step: int) -> Chapter:
        """The version that the instance was in after a step; before the first one, the first."""
        found = [each for each in self.chapters if each.first <= max(step, 1)]
        return found[-1]

    @property
    def is_whole(self) -> bool:
        """Whether every recorded step is told."""
        return len(self.steps) == self.recorded

    def step_at(self, moment: datetime) -> int:
        """The number of the last step at or before a moment; 0 before the first."""
        return bisect.bisect_right(self.steps, moment, key=lambda step: step.frame.at)

    def events_until(self, step: int) -> Iterator[HistoryEvent]:
        """The events of the steps up to that one, in order."""
        return (event for each in self.steps[:step] for event in each.events)


def tell(
    instance: ProcessInstance,
    begun: Chapter,
    events: Sequence[HistoryEvent],
    verification: Verification,
    *,
    checked_at: datetime,
    zone: ZoneInfo,
    later: Mapping[str, ProcessModel] = MappingProxyType({}),
) -> Story:
    """The story of these events, all of which are proved.

    zone: the office's, in which a diagram's due dates are days. later: definition id -> the model
    of each version that the instance was migrated to.
    """
    frames = list(frames_of(events))
    groups = [tuple(group) for _, group in groupby(events, key=lambda event: event.revision)]
    teller = _Teller(begun, later, zone)
    told = [teller.hear(frame, group) for frame, group in zip(frames, groups, strict=True)]
    visits = {each.visit_id: each for each in teller.visits()}
    return Story(
        instance=instance,
        model=teller.chapters[-1].model,
        verification=verification,
        checked_at=checked_at,
        steps=tuple(
            Step(frame, group, taken, visits.get(frame.activity_instance_id or ""))
            for frame, group, taken in zip(frames, groups, told, strict=True)
        ),
        visits=tuple(visits.values()),
        taken=tuple(taken for each in told for taken in each),
        recorded=max(instance.revision, len(frames)),
        chapters=tuple(teller.chapters),
    )


@dataclass(slots=True)
class _Notes:
    """What is known of a visit so far."""

    visit: Visit
    hands: list[Hand] = field(default_factory=list)
    dues: list[Due] = field(default_factory=list)


class _Teller:
    """Hears the events in order, and keeps what each visit and flow came to."""

    def __init__(self, begun: Chapter, later: Mapping[str, ProcessModel], zone: ZoneInfo) -> None:
        self.chapters = [begun]
        self._model, self._zone, self._later = begun.model, zone, later
        self._trail = ReturnFinder(begun.model).follow()
        self._entered: list[str | None] = []
        self._notes: dict[str, _Notes] = {}
        self._ordinals: dict[str, int] = {}
        self._order = 0

    def visits(self) -> Iterator[Visit]:
        """Every visit, in the order of entering."""
        for notes in self._notes.values():
            yield replace(notes.visit, hands=tuple(notes.hands), dues=tuple(notes.dues))

    def hear(self, frame: Frame, events: Sequence[HistoryEvent]) -> tuple[Taken, ...]:
        """One step; the flows that it took."""
        given, taken = events[0], []
        if given.kind is EventKind.INSTANCE_MIGRATED:
            self._turn_to(frame.number, given.payload["to"])
        for event in events:
            if event.kind is EventKind.ACTIVITY_ENTERED:
                self._trail.enter(event.activity_id)
                self._entered.append(event.activity_id)
                self._enter(frame.number, event)
            elif event.kind is EventKind.FLOW_TAKEN:
                taken.append(self._take(frame.number, event.payload["flow"]))
            else:
                self._note(frame.number, event, given)
        return tuple(taken)

    def _turn_to(self, step: int, definition_id: str) -> None:
        """From this step on the instance is in another version."""
        self._model = self._later[definition_id]
        self.chapters.append(Chapter(step, definition_id, self._model))
        self._trail = ReturnFinder(self._model).follow()
        for node_id in self._entered:
            self._trail.enter(node_id)

    def _take(self, step: int, flow_id: str) -> Taken:
        self._order += 1
        return Taken(self._order, flow_id, step, self._trail.take(flow_id))

    def _enter(self, step: int, event: HistoryEvent) -> None:
        payload, element = event.payload, event.activity_id or ""
        self._ordinals[element] = self._ordinals.get(element, 0) + 1
        visit = Visit(
            visit_id=event.activity_instance_id or "",
            activity_id=element.removesuffix(BODY),
            name=payload.get("name") or element.removesuffix(BODY),
            type=payload["type"],
            lane_path=tuple(payload.get("lane", ())),
            local_variables=payload.get("locals", {}),
            ordinal=self._ordinals[element],
            entered_in=step,
            entered_at=event.at,
            is_local="scope" in payload,
        )
        notes = self._notes[visit.visit_id] = _Notes(visit)
        if visit.type == "userTask":
            self._offer(notes, payload.get("offer", {}))

    def _offer(self, notes: _Notes, offer: Mapping[str, str]) -> None:
        """Whom and when the diagram itself names."""
        visit = notes.visit
        node = self._model.nodes.get(visit.activity_id)
        if assignee := offer.get("assignee") or (node.assignee if node else None):
            notes.hands.append(Hand(visit.entered_in, visit.entered_at, assignee))
        if due := offer.get("due_date"):
            at = due_moment(due, since=visit.entered_at, zone=self._zone)
            notes.dues.append(Due(visit.entered_in, at))

    def _note(self, step: int, event: HistoryEvent, given: HistoryEvent) -> None:
        notes = self._notes.get(event.activity_instance_id or "")
        if notes is None:
            return
        if event.kind in HAND_KINDS:
            notes.hands.append(Hand(step, event.at, event.payload.get("to")))
        elif event.kind is EventKind.TASK_CHANGED and "dueDate" in event.payload["changes"]:
            notes.dues.append(_due(step, {"dueAt": event.payload["changes"]["dueDate"]["to"]}))
        elif event.kind is EventKind.DEADLINE_SET:
            notes.dues.append(_due(step, event.payload))
        elif event.kind is EventKind.ACTIVITY_MIGRATED:
            notes.visit = _migrated(notes.visit, step, event)
            self._entered.append(event.activity_id)
            self._trail.enter(event.activity_id)
        elif event.kind in _ENDS:
            notes.visit = _ended(notes.visit, step, event, given)


def _migrated(visit: Visit, step: int, event: HistoryEvent) -> Visit:
    element = (event.activity_id or "").removesuffix(BODY)
    return replace(
        visit,
        activity_id=element,
        name=event.payload.get("name") or element,
        lane_path=tuple(event.payload.get("lane", ())),
        former=(*visit.former, Former(step, visit.activity_id, visit.name, visit.lane_path)),
    )


def _ended(visit: Visit, step: int, event: HistoryEvent, given: HistoryEvent) -> Visit:
    is_its_own = given.activity_instance_id == visit.visit_id
    return replace(
        visit,
        ended_in=step,
        ended_at=event.at,
        is_cancelled=event.kind is EventKind.ACTIVITY_CANCELLED,
        ended_by=given.actor if is_its_own else None,
        ended_as=given.capacity if is_its_own else None,
    )


def _due(step: int, told: Mapping[str, object]) -> Due:
    at, calendar, revision = told["dueAt"], told.get("calendar"), told.get("revision")
    return Due(
        step,
        datetime.fromisoformat(at) if isinstance(at, str) else None,
        calendar if isinstance(calendar, str) else None,
        revision if isinstance(revision, int) else None,
    )
