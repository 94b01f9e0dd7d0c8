"""When a task is due by its *Waktu*: set when it opens or is taken, noted in history, verified.

A deadline follows from the step's term, a moment in history and one revision of a calendar. So it
is a note of history: replay passes it over, and `Deadlines.faults` computes it again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from engine.bpmn.elements import ProcessModel
from engine.bpmn.sop_terms import CALENDAR, TERM, ZONE
from engine.calendars import DEFAULT_KEY, Calendars
from engine.errors import PASSING_TROUBLE, EngineError
from engine.model import EventKind, Fault, HistoryEvent, Observation, UserTask
from engine.reminders import schedule_of
from engine.store import StoreTransaction
from engine.worktime import NoWorkingDay, Rule, TermError, WorkCalendar, deadline, term_of, zone_of

_log = logging.getLogger(__name__)


class Deadlines:
    """Sets deadlines by the calendars of one store."""

    def __init__(self, calendars: Calendars, rule: Rule, *, remind_before: timedelta) -> None:
        self._calendars = calendars
        self._rule = rule
        self._remind_before = remind_before

    def opened(
        self, tx: StoreTransaction, model: ProcessModel, rows: Iterable[UserTask]
    ) -> tuple[tuple[UserTask, ...], tuple[Observation, ...]]:
        """The new tasks with their deadlines, and the notes of those for history."""
        found = [self._set(tx, model, row, row.created_at) for row in rows]
        reminded = tuple(self._reminded(model, row, row.created_at) for row, _ in found)
        return reminded, tuple(note for _, note in found if note)

    def taken(
        self, tx: StoreTransaction, model: ProcessModel, row: UserTask, at: datetime
    ) -> tuple[UserTask, tuple[Observation, ...]]:
        """A task that was taken, given or put back, with the deadline that counts from there on."""
        text = term_text(model, row)
        counts_from_claim = self._rule is Rule.FROM_CLAIM and text and not term_of(text).days
        if not counts_from_claim or is_dated(model, row) or _is_set_by_hand(row):
            return row, ()
        if row.assignee is None:
            unset = replace(row, due_at=None, due_calendar=None, due_revision=None)
            return self._reminded(model, unset, at), (_note(row, {"dueAt": None}),)
        changed, note = self._set(tx, model, row, at)
        return (self._reminded(model, changed, at), (note,)) if note else (row, ())

    def migrated(
        self,
        tx: StoreTransaction,
        models: tuple[ProcessModel, ProcessModel],
        row: UserTask,
        renewed: UserTask,
        at: datetime,
    ) -> tuple[UserTask, Observation | None]:
        """An open task as another version has it, by the term of its step there.

        models, `row` and `renewed`: of the old version and of the new one. The due date stays
        when the term is the same, when somebody set it by hand, or when a diagram says it. A new
        term counts from when the task opened, or was taken: being moved excuses no delay.
        """
        old, new = models
        text = term_text(new, renewed)
        is_said = is_dated(old, row) or is_dated(new, renewed)
        if is_said or _is_set_by_hand(row) or term_text(old, row) == text:
            # The new version may say otherwise to whom it goes up.
            return replace(renewed, escalate_at=renewed.due_at), None
        unset = self._reminded(
            new, replace(renewed, due_at=None, due_calendar=None, due_revision=None), at
        )
        since = renewed.created_at
        if self._rule is Rule.FROM_CLAIM and text and not term_of(text).days:
            since = renewed.claimed_at or since
        changed, note = self._set(tx, new, unset, renewed.created_at, since=since)
        if note is None:
            return unset, _note(renewed, {"dueAt": None}) if row.due_at else None
        return self._reminded(new, changed, at), note

    def set_by_hand(self, model: ProcessModel, row: UserTask, at: datetime) -> UserTask:
        """A task whose due date somebody has changed: no calendar counts it any more."""
        changed = replace(row, due_calendar=None, due_revision=None)
        if row.due_at is None or row.due_at > at:
            # It is not overdue any more: what it went up to before counts no more.
            changed = replace(changed, escalations=())
        return self._reminded(model, changed, at)

    def _reminded(self, model: ProcessModel, row: UserTask, since: datetime) -> UserTask:
        """The row with its first reminder, also when the diagram says when it is due.

        When it is due it is looked at whether, and when, it goes up to superiors.
        """
        if row.due_at is row.remind_at is row.escalate_at is None:
            return row
        schedule = schedule_of(model, row.activity_id, self._remind_before)
        remind_at = schedule.first(row.due_at, since)
        return replace(row, remind_at=remind_at, escalate_at=row.due_at)

    def _set(
        self,
        tx: StoreTransaction,
        model: ProcessModel,
        row: UserTask,
        at: datetime,
        *,
        since: datetime | None = None,
    ) -> tuple[UserTask, Observation | None]:
        """The row with its deadline, counted from `at`; as it is when it has none of this kind.

        since: from when it counts, for a note of a later moment.
        """
        text = term_text(model, row)
        if not text or is_dated(model, row):
            return row, None
        calendar = self._calendar(tx, model)
        try:
            due_at = deadline(
                term_of(text), calendar, available_at=at, claimed_at=row.claimed_at, rule=self._rule
            )
        except NoWorkingDay as error:
            _log.warning("task %s has no deadline: %s", row.task_id, error)
            return row, None
        if due_at is None:
            return row, None
        told = {
            "dueAt": due_at.isoformat(timespec="milliseconds"),
            "term": text,
            "calendar": calendar.key,
            "revision": calendar.revision,
            "zone": calendar.zone.key,
            "rule": str(self._rule),
            **({"since": since.isoformat(timespec="milliseconds")} if since else {}),
        }
        changed = replace(
            row, due_at=due_at, due_calendar=calendar.key, due_revision=calendar.revision
        )
        return changed, _note(row, told)

    def _calendar(self, tx: StoreTransaction, model: ProcessModel) -> WorkCalendar:
        return in_zone_of(model, self._calendars.current(tx, calendar_key(model)))

    # ------------------------------------------------------------------- verifying

    def faults(self, tx: StoreTransaction, events: Iterable[HistoryEvent]) -> list[Fault]:
        """Every deadline of a history that does not follow from its term and its calendar."""
        found: list[Fault] = []
        for event in events:
            if event.kind is not EventKind.DEADLINE_SET or event.payload["dueAt"] is None:
                continue
            expected = self._computed_again(tx, event)
            if expected != event.payload["dueAt"]:
                found.append(_fault(event, expected))
        return found

    def _computed_again(self, tx: StoreTransaction, event: HistoryEvent) -> str:
        told = event.payload
        try:
            since = datetime.fromisoformat(told["since"]) if "since" in told else event.at
            calendar = self._calendars.at_revision(tx, told["calendar"], told["revision"])
            due_at = deadline(
                term_of(told["term"]),
                replace(calendar, zone=zone_of(told["zone"])),
                available_at=since,
                claimed_at=since,
                rule=Rule(told["rule"]),
            )
        except PASSING_TROUBLE:
            raise
        except (EngineError, KeyError, ValueError) as error:
            return f"not computable: {error}"
        return due_at.isoformat(timespec="milliseconds") if due_at else "none"


def calendar_key(model: ProcessModel) -> str:
    """The key of the working calendar by which the process counts."""
    return model.properties.get(CALENDAR, "").strip() or DEFAULT_KEY


def in_zone_of(model: ProcessModel, calendar: WorkCalendar) -> WorkCalendar:
    """The calendar in the time zone that the process names; as it is when it names none."""
    zone = model.properties.get(ZONE, "").strip()
    return replace(calendar, zone=zone_of(zone)) if zone else calendar


def term_text(model: ProcessModel, row: UserTask) -> str:
    """The term of the task's step; none when it was deployed with one that cannot be read."""
    text = model.nodes[row.activity_id].properties.get(TERM, "").strip()
    try:
        term_of(text)
    except TermError:
        return ""
    return text


def is_dated(model: ProcessModel, row: UserTask) -> bool:
    """Whether the diagram says itself when the task is due: then that counts."""
    return bool(model.nodes[row.activity_id].due_date)


def _is_set_by_hand(row: UserTask) -> bool:
    """Whether somebody set the due date that the task has; one taken away is computed again."""
    return row.due_at is not None and row.due_calendar is None


def _note(row: UserTask, told: dict[str, object]) -> Observation:
    return Observation(EventKind.DEADLINE_SET, row.activity_id, row.task_id, told)


def _fault(event: HistoryEvent, expected: str) -> Fault:
    return Fault(
        event.instance_id,
        event.sequence,
        "deadline",
        "the deadline is not what the step's term comes to in the calendar of its time",
        expected=expected,
        found=str(event.payload["dueAt"]),
    )
