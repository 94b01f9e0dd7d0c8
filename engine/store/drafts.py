"""Drafts of forms: one per account and task."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from engine.model import TaskDraft, TaskState
from engine.store.tables import task_draft, user_task
from engine.store.transaction import Transaction

_COLUMNS = task_draft.c
_REPLACED = ("texts", "saved_at")


class Drafts(Transaction):
    """Questions about drafts."""

    def put_task_draft(self, draft: TaskDraft) -> None:
        """Keep the draft in place of the account's former one of that task."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        new = dialect.insert(task_draft)
        keep = new.on_conflict_do_update(
            index_elements=[_COLUMNS.account, _COLUMNS.task_id],
            set_={name: new.excluded[name] for name in _REPLACED},
        )
        row = {
            "account": draft.account,
            "instance_id": draft.instance_id,
            "task_id": draft.task_id,
            "texts": dict(draft.texts),
            "saved_at": draft.saved_at,
        }
        self._write(keep, [row])

    def task_draft(self, account: str, task_id: str) -> TaskDraft | None:
        """The account's draft of that task, if there is one."""
        row = self._first(
            select(task_draft).where(_COLUMNS.account == account, _COLUMNS.task_id == task_id)
        )
        return TaskDraft(**row._mapping) if row else None

    def delete_task_draft(self, account: str, task_id: str) -> int:
        """Drop the account's draft of that task; how many."""
        return self._write(
            delete(task_draft).where(_COLUMNS.account == account, _COLUMNS.task_id == task_id)
        )

    def drop_drafts_of_ended_tasks(self) -> int:
        """Drop the drafts of tasks that are not open any more; how many."""
        ended = select(user_task.c.task_id).where(
            user_task.c.instance_id == _COLUMNS.instance_id,
            user_task.c.task_id == _COLUMNS.task_id,
            user_task.c.state != TaskState.OPEN,
        )
        return self._write(delete(task_draft).where(ended.exists()))
