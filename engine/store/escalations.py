"""Escalations: which open task may go up to superiors, and the office's order of superiors."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from engine.errors import Conflict
from engine.model import SuperiorsRevision, TaskState, UserTask, superiors_from
from engine.store.kept_rows import of_table
from engine.store.tables import superior_lanes, task_escalation, user_task
from engine.store.transaction import Transaction

_C = user_task.c
_REVISIONS = superior_lanes.c


class Escalations(Transaction):
    """Questions about escalations. Only open tasks are looked at: see task_values."""

    def due_escalations(self, now: datetime, limit: int) -> list[str]:
        """Ids of tasks that are to be looked at by now, the longest due first."""
        wanted = (
            select(_C.task_id)
            .where(_C.escalate_at <= now)
            .order_by(_C.escalate_at, _C.task_id)
            .limit(limit)
        )
        return self._ids(wanted, _C.task_id)

    def put_escalation_time(self, task: UserTask, at: datetime | None) -> None:
        """The task is next looked at then; None: not until its due date changes."""
        self._write(
            update(user_task)
            .where(_C.instance_id == task.instance_id, _C.task_id == task.task_id)
            .values(escalate_at=at)
        )

    def put_escalation(self, task: UserTask) -> None:
        """The lane that the task went up to last is found by it."""
        level = len(task.escalations)
        key = {"instance_id": task.instance_id, "task_id": task.task_id, "level": level}
        columns = task_escalation.c
        same = [columns[name] == value for name, value in key.items()]
        self._write(delete(task_escalation).where(*same))
        self._write(insert(task_escalation), [{**key, "lane": task.escalations[-1].lane}])

    def look_again_at_escalations(self) -> int:
        """Every open task is looked at when it is due, at once when it was; how many they are."""
        return self._write(
            update(user_task)
            .where(_C.state == TaskState.OPEN.value, _C.due_at.is_not(None))
            .values(escalate_at=_C.due_at)
        )

    # ------------------------------------------------------------- superiors

    def last_superiors_revision(self) -> int:
        """The number of the newest order of superiors; 0 when there is none."""
        return self._number(select(func.max(_REVISIONS.revision)))

    def superiors_revisions(self, *revisions: int) -> list[SuperiorsRevision]:
        """These revisions, or all, the newest first."""
        statement = select(superior_lanes).order_by(_REVISIONS.revision.desc())
        if revisions:
            statement = statement.where(_REVISIONS.revision.in_(revisions))
        return [_revision(row) for row in self._all(statement)]

    def add_superiors(self, new: SuperiorsRevision) -> None:
        """Keep the next revision. Conflict when somebody else has changed it since."""
        self._write(
            insert(superior_lanes),
            [
                {
                    "revision": new.revision,
                    "content": new.content(),
                    "changed_at": new.changed_at,
                    "changed_by": new.changed_by,
                }
            ],
            clash=Conflict("the order of superiors was changed by somebody else just now"),
        )


@of_table(superior_lanes)
def _revision(row: Row[Any]) -> SuperiorsRevision:
    return SuperiorsRevision(
        row.revision, superiors_from(row.content), row.changed_at, row.changed_by
    )
