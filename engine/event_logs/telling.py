"""Tells the history of one instance as entries, step by step; it remembers open visits only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.bpmn.elements import FlowNode
from engine.bpmn.names import ACTIVITIES
from engine.event_logs.entries import Entry, Transition
from engine.event_logs.values import told_values
from engine.event_logs.versions import Versions
from engine.model import HAND_KINDS, EventKind, HistoryEvent, Json, documents_of
from engine.moments import due_moment
from engine.playback.visits import BODY
from engine.task_times import Stretch

T = Transition
_BODY_TYPE = "multiInstanceBody"
#: What waits, or happens, between activities. A boundary event is told when it happens only.
_EVENTS = frozenset({"intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
TOLD = ACTIVITIES | _EVENTS | {_BODY_TYPE}


@dataclass(slots=True)
class _Visit:
    """An open visit, and what is known of it so far."""

    visit_id: str
    activity_id: str
    name: str
    type: str
    lane_path: tuple[str, ...]
    round: int
    item: int | None
    since: datetime
    is_started: bool = False
    holder: str | None = None
    stretches: list[Stretch] = field(default_factory=list)
    due_at: datetime | None = None
    calendar: tuple[str, int] | None = None
    called_id: str | None = None

    @property
    def is_task(self) -> bool:
        return self.type == "userTask"


#: A visit, what became of it, and what else its entry says.
_Change = tuple[_Visit, Transition, dict[str, Any]]


class Teller:
    """Hears the steps of one instance in their order."""

    def __init__(self, definition_id: str, versions: Versions) -> None:
        """definition_id: of the version in which the instance began."""
        self._versions = versions
        self._be_in(definition_id)
        self._open: dict[str, _Visit] = {}
        #: Element, or body of a repeated one -> how often the instance came to it.
        self._rounds: dict[str, int] = {}
        #: Repeated element -> how many of its items were entered in this round.
        self._items: dict[str, int] = {}

    def _be_in(self, definition_id: str) -> None:
        self._version = self._versions(definition_id)
        self._trail = self._version.returns.follow()

    def hear(self, step: Sequence[HistoryEvent], *, is_chained: bool = True) -> Iterator[Entry]:
        """What one step changed. step: its input, and what the engine observed."""
        given, facts = step[0], _Facts.of(step)
        if given.kind is EventKind.INSTANCE_MIGRATED:
            self._be_in(given.payload["to"])
        led_back = self._follow(step)
        for event in step:
            for visit, transition, more in self._changes(event, given, facts):
                ends_input = transition is T.COMPLETE and _is_of(given, visit)
                yield Entry(
                    sequence=event.sequence,
                    at=event.at.astimezone(self._version.zone),
                    transition=transition,
                    visit_id=visit.visit_id,
                    activity_id=visit.activity_id,
                    name=visit.name,
                    type=visit.type,
                    version=self._version.definition.version,
                    round=visit.round,
                    item=visit.item,
                    lane_path=visit.lane_path,
                    office=self._version.office,
                    due_at=visit.due_at and visit.due_at.astimezone(self._version.zone),
                    called_id=visit.called_id,
                    led_back=led_back and ends_input,
                    is_chained=is_chained,
                    **more,
                )

    def _follow(self, step: Iterable[HistoryEvent]) -> bool:
        """Whether a flow of the step led back to where the instance had been."""
        led_back = False
        for event in step:
            if event.kind is EventKind.ACTIVITY_ENTERED:
                self._trail.enter(event.activity_id)
            elif event.kind is EventKind.FLOW_TAKEN:
                led_back |= self._trail.take(event.payload["flow"])
        return led_back

    def _changes(
        self, event: HistoryEvent, given: HistoryEvent, facts: _Facts
    ) -> Iterator[_Change]:
        if event.kind is EventKind.ACTIVITY_ENTERED:
            yield from self._entered(event, facts)
            return
        visit = self._open.get(event.activity_instance_id or "")
        if visit is None:
            return
        facts.tell(visit)
        if event.kind in HAND_KINDS:
            yield from self._handed(visit, event)
        elif event.kind is EventKind.ACTIVITY_COMPLETED:
            yield from self._completed(visit, event, given)
        elif event.kind is EventKind.ACTIVITY_CANCELLED:
            yield from self._cancelled(visit, event, given)
        elif event.kind is EventKind.TASK_CHANGED and "dueDate" in event.payload["changes"]:
            visit.due_at = _moment(event.payload["changes"]["dueDate"]["to"])
            visit.calendar = None
        elif event.kind is EventKind.ACTIVITY_MIGRATED:
            self._move(visit, event)

    def _move(self, visit: _Visit, event: HistoryEvent) -> None:
        """The visit goes on in another version, under the name that it has there."""
        before, now = event.payload["from"], event.activity_id or ""
        visit.activity_id = now.removesuffix(BODY)
        visit.name = self._name(visit.activity_id)
        visit.lane_path = tuple(event.payload.get("lane", ()))
        self._trail.enter(now)
        self._rounds[now] = self._rounds.get(before, 1)
        self._items[visit.activity_id] = self._items.get(before.removesuffix(BODY), 0)

    def _name(self, activity_id: str) -> str:
        node = self._version.model.nodes.get(activity_id)
        return name_of(node) if node else activity_id

    # -------------------------------------------------------------------- entering

    def _entered(self, event: HistoryEvent, facts: _Facts) -> Iterator[_Change]:
        visit = self._visit(event)
        if visit.type not in TOLD:
            return
        self._open[visit.visit_id] = visit
        facts.tell(visit)
        if visit.is_task:
            yield from self._offered(visit, event)
        elif visit.type != "boundaryEvent":
            visit.is_started = True
            yield visit, T.START, {}

    def _visit(self, event: HistoryEvent) -> _Visit:
        payload, element = event.payload, event.activity_id or ""
        activity_id, item = element.removesuffix(BODY), None
        if element + BODY in self._rounds:
            self._items[element] += 1
            item, round_ = self._items[element], self._rounds[element + BODY]
        else:
            round_ = self._rounds[element] = self._rounds.get(element, 0) + 1
            self._items[activity_id] = 0
        return _Visit(
            visit_id=event.activity_instance_id or "",
            activity_id=activity_id,
            name=self._name(activity_id),
            type=payload["type"],
            lane_path=tuple(payload.get("lane", ())),
            round=round_,
            item=item,
            since=event.at,
        )

    def _offered(self, visit: _Visit, event: HistoryEvent) -> Iterator[_Change]:
        """A user task, with whom and when the diagram itself names."""
        offer = event.payload.get("offer", {})
        node = self._version.model.nodes.get(visit.activity_id)
        if due := offer.get("due_date"):
            visit.due_at = due_moment(due, since=event.at, zone=self._version.zone)
        yield visit, T.SCHEDULE, {}
        if assignee := offer.get("assignee") or (node.assignee if node else None):
            visit.holder, visit.is_started = assignee, True
            for transition in (T.ASSIGN, T.START):
                yield visit, transition, {"account": assignee}

    # ----------------------------------------------------------------------- hands

    def _handed(self, visit: _Visit, event: HistoryEvent) -> Iterator[_Change]:
        before, taker = visit.holder, event.payload.get("to")
        if taker == before:
            return
        visit.stretches.append(Stretch(visit.since, event.at, before is not None))
        visit.since, visit.holder = event.at, taker
        if before is not None:
            yield visit, T.SUSPEND, _by(event, before)
        if taker is not None:
            for transition in (T.RESUME,) if visit.is_started else (T.ASSIGN, T.START):
                yield visit, transition, _by(event, taker)
            visit.is_started = True

    # ------------------------------------------------------------------------- ends

    def _completed(
        self, visit: _Visit, event: HistoryEvent, given: HistoryEvent
    ) -> Iterator[_Change]:
        del self._open[visit.visit_id]
        by = _by(given, given.actor) if _is_of(given, visit) else {}
        if visit.is_task and visit.holder is None:
            # Done without having been taken: until then it waited.
            yield visit, T.RESUME if visit.is_started else T.START, by
        more = {**by, **self._measured(visit, event), "is_passage": visit.item is None}
        if visit.is_task and _is_of(given, visit):
            more |= self._submitted(visit, given)
        yield visit, T.COMPLETE, more

    def _submitted(self, visit: _Visit, given: HistoryEvent) -> dict[str, Any]:
        form = self._version.forms.get(visit.activity_id, ())
        values: Mapping[str, Json] = given.payload.get("variables") or {}
        return {"values": told_values(form, values), "documents": documents_of(given.payload)}

    def _cancelled(
        self, visit: _Visit, event: HistoryEvent, given: HistoryEvent
    ) -> Iterator[_Change]:
        del self._open[visit.visit_id]
        if visit.type == "boundaryEvent":
            return
        is_ended = given.kind is EventKind.INSTANCE_CANCELLED
        by = _by(given, given.actor) if is_ended or _is_of(given, visit) else {}
        aborted = T.ATE_ABORT if visit.is_started else T.WITHDRAW
        yield visit, T.PI_ABORT if is_ended else aborted, {**by, **self._measured(visit, event)}

    def _measured(self, visit: _Visit, event: HistoryEvent) -> dict[str, Any]:
        """How a user task's time has passed until it ended."""
        if not visit.is_task:
            return {}
        last = Stretch(visit.since, event.at, visit.holder is not None)
        waiting, working = self._version.times.passed([*visit.stretches, last], visit.calendar)
        is_late = None if visit.due_at is None else visit.due_at < event.at
        return {"waiting": waiting, "working": working, "is_late": is_late}


@dataclass(frozen=True, slots=True)
class _Facts:
    """What later events of a step say of visits that earlier ones are about."""

    #: Visit -> its deadline.
    deadlines: Mapping[str, Mapping[str, Json]]
    #: Visit -> the instance that it calls.
    calls: Mapping[str, str]

    @classmethod
    def of(cls, step: Iterable[HistoryEvent]) -> _Facts:
        deadlines, calls = {}, {}
        for event in step:
            if event.kind is EventKind.DEADLINE_SET:
                deadlines[event.activity_instance_id or ""] = event.payload
            elif event.kind is EventKind.CALL_REQUESTED:
                calls[event.activity_instance_id or ""] = event.payload["call"]
        return cls(deadlines, calls)

    def tell(self, visit: _Visit) -> None:
        """The visit has what is said of it."""
        visit.called_id = self.calls.get(visit.visit_id, visit.called_id)
        deadline = self.deadlines.get(visit.visit_id)
        if deadline is None:
            return
        visit.due_at = _moment(deadline["dueAt"])
        calendar, revision = deadline.get("calendar"), deadline.get("revision")
        if isinstance(calendar, str) and isinstance(revision, int):
            visit.calendar = calendar, revision
        else:
            visit.calendar = None


def name_of(node: FlowNode) -> str:
    """What an activity is called in a log: one line, as tools read it from the diagram."""
    return (node.name or node.id).replace("\r", " ").replace("\n", " ")


def _by(event: HistoryEvent, account: str | None) -> dict[str, Any]:
    """The account, and its capacity when it was the one that acted."""
    return {"account": account, "capacity": event.capacity if account == event.actor else None}


def _is_of(given: HistoryEvent, visit: _Visit) -> bool:
    return given.activity_instance_id == visit.visit_id


def _moment(text: Json) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
