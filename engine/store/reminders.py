"""Reminders: which open task is to be reminded of, and when next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from engine.model import Announcement, UserTask
from engine.store.announcements import announcement_values
from engine.store.tables import announcement, process_instance, user_task
from engine.store.tasks import TASK_KEY, task_of
from engine.store.transaction import Transaction

_C = user_task.c


class Reminders(Transaction):
    """Questions about reminders. Only open tasks have one: see _task_values."""

    def is_reminder_due(self, now: datetime) -> bool:
        """Whether there is a task to be reminded of."""
        return self._is_any(select(user_task).where(_C.remind_at <= now))

    def claimed_reminders(self, now: datetime, limit: int) -> list[tuple[UserTask, int]]:
        """(task, last sequence of its instance) of those to be reminded of, the longest due first.

        What another transaction holds is passed over, the instance included: a reminder must not
        wait for a step that waits for the task.
        """
        self._must_write()
        statement = (
            select(user_task, process_instance.c.last_sequence)
            .join(process_instance, process_instance.c.instance_id == _C.instance_id)
            .where(_C.remind_at <= now)
            .order_by(_C.remind_at, _C.task_id)
            .limit(self._beyond_damaged(limit))
            .with_for_update(of=[process_instance, user_task], skip_locked=True)
        )
        return self._listed(
            statement, lambda row: (task_of(row), int(row.last_sequence)), *TASK_KEY
        )

    def put_reminder(self, task: UserTask, at: datetime | None) -> None:
        """The task is next reminded of then; None: no more."""
        self._write(
            update(user_task)
            .where(_C.instance_id == task.instance_id, _C.task_id == task.task_id)
            .values(remind_at=at)
        )

    def add_reminders(self, new: Sequence[Announcement]) -> None:
        """Put them into the outbox; one that still lies there from yesterday stays as it is."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        put = dialect.insert(announcement).on_conflict_do_nothing()
        self._write(put, [announcement_values(each) for each in new])
