"""The duty of reminders: tells, through the outbox, of tasks that are due soon or overdue.

Each open task with a due date has the moment of its next reminder beside it, so that with nothing
to remind of one indexed search suffices, and no reminder is given twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from engine.announcements import of_task
from engine.model import AnnouncementKind
from engine.sources import Clock
from engine.store import Store

#: Tasks in one transaction.
_BATCH = 50
#: How often of a task that is overdue.
_AGAIN = timedelta(days=1)


def first_reminder(due_at: datetime | None, since: datetime, before: timedelta) -> datetime | None:
    """When a task that waits since then is first reminded of.

    `before` it is due; but at its due date when it has less time than that from the beginning,
    for then its opening has told of it.
    """
    if due_at is None:
        return None
    return due_at - before if due_at - since > before else due_at


def next_reminder(due_at: datetime, now: datetime) -> datetime:
    """When a task that was reminded of now is reminded of again: when it is due, then daily."""
    if now < due_at:
        return due_at
    return due_at + _AGAIN * ((now - due_at) // _AGAIN + 1)


class Reminders:
    """Reminds of open tasks: once before they are due, then when they are, and daily after."""

    name = "reminders"

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

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
            reminders = []
            for task, sequence in claimed:
                due_at = task.due_at or now
                is_late = due_at <= now
                kind = AnnouncementKind.TASK_OVERDUE if is_late else AnnouncementKind.TASK_DUE_SOON
                reminders.append(of_task(kind, task, at=now, sequence=sequence))
                tx.put_reminder(task, next_reminder(due_at, now))
            if reminders and tx.is_somebody_told():
                tx.add_reminders(reminders)
        return len(claimed)
