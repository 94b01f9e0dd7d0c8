"""The duty of reminders: tells, through the outbox, of tasks that are due soon or overdue.

Each open task with a due date has the moment of its next reminder beside it, so that with nothing
to remind of one indexed search suffices, and no reminder is given twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.announcements import of_task
from engine.bpmn.elements import ProcessModel
from engine.bpmn.overdue_terms import OverdueTermError, SinceDue, reminders_in
from engine.definitions import Definitions
from engine.errors import PASSING_TROUBLE, EngineError
from engine.model import Announcement, AnnouncementKind, UserTask
from engine.sources import Clock
from engine.store import Store, StoreTransaction

_log = logging.getLogger(__name__)
#: Tasks in one transaction.
_BATCH = 50
#: How often of a task that is overdue.
_AGAIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long before the due date a step is reminded of, the longest first; and since then."""

    before: tuple[timedelta, ...]
    since_due: SinceDue = SinceDue.DAILY

    def first(self, due_at: datetime | None, since: datetime) -> datetime | None:
        """When a task that waits since then is first reminded of.

        A reminder for which there is too little time from the beginning is left out, for the
        task's opening has told of it.
        """
        if due_at is None:
            return None
        times = [due_at - each for each in self.before if due_at - since > each]
        return times[0] if times else self._at_due(due_at)

    def following(self, due_at: datetime, now: datetime) -> datetime | None:
        """When a task that was reminded of now is reminded of again; None: never."""
        if now < due_at:
            times = [due_at - each for each in self.before if due_at - each > now]
            return times[0] if times else self._at_due(due_at)
        if self.since_due is not SinceDue.DAILY:
            return None
        return due_at + _AGAIN * ((now - due_at) // _AGAIN + 1)

    def _at_due(self, due_at: datetime) -> datetime | None:
        return None if self.since_due is SinceDue.NEVER else due_at


def schedule_of(model: ProcessModel, activity_id: str, usual: timedelta) -> Schedule:
    """When a step is reminded of, as its diagram says; `usual` before, where it says nothing."""
    try:
        terms = reminders_in(model.nodes[activity_id].properties)
    except OverdueTermError:  # it was deployed with what cannot be read
        return Schedule((usual,))
    return Schedule((usual,) if terms.before is None else terms.before, terms.since_due)


class Reminders:
    """Reminds of open tasks: before they are due, then when they are, and daily after.

    usual: how long before, where the diagram does not say.
    """

    name = "reminders"

    def __init__(
        self, store: Store, definitions: Definitions, clock: Clock, *, usual: timedelta
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._clock = clock
        self._usual = usual

    def turn(self, is_stopped: Callable[[], bool]) -> int:
        """Remind of what there is to remind of now; of how many tasks."""
        told = 0
        while not is_stopped():
            done = self._remind_of_some()
            told += done
            if done < _BATCH:
                break
        return told

    def _remind_of_some(self) -> int:
        now = self._clock.now()
        with self._store.reading() as tx:
            if not tx.is_reminder_due(now):
                return 0
        with self._store.writing() as tx:
            claimed = tx.claimed_reminders(now, _BATCH)
            found = [self._remind(tx, task, sequence, now) for task, sequence in claimed]
            reminders = [each for each in found if each]
            if reminders and tx.is_somebody_told():
                tx.add_reminders(reminders)
        return len(claimed)

    def _remind(
        self, tx: StoreTransaction, task: UserTask, sequence: int, now: datetime
    ) -> Announcement | None:
        """The reminder, with the next one set; None when the step wants none since it is due."""
        schedule = self._schedule(tx, task)
        due_at = task.due_at or now
        tx.put_reminder(task, schedule.following(due_at, now))
        is_late = due_at <= now
        if is_late and schedule.since_due is SinceDue.NEVER:
            return None  # the worker was away when it was due soon
        kind = AnnouncementKind.TASK_OVERDUE if is_late else AnnouncementKind.TASK_DUE_SOON
        return of_task(kind, task, at=now, sequence=sequence)

    def _schedule(self, tx: StoreTransaction, task: UserTask) -> Schedule:
        """That of its step; the usual one when its diagram is damaged: the others are waiting."""
        try:
            model = self._definitions.machine(tx, task.definition_id).model
            return schedule_of(model, task.activity_id, self._usual)
        except PASSING_TROUBLE:
            raise
        except (EngineError, LookupError):
            _log.exception("task %s is reminded of as usual: its step is not known", task.task_id)
            return Schedule((self._usual,))
