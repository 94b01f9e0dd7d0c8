"""What is kept beside a history, when its instance goes on in another version of its process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, delete, insert, update

from engine.model import StepRecord
from engine.store.step_rows import candidate_values, task_values
from engine.store.tables import (
    event_subscription,
    external_task,
    incident,
    task_candidate,
    user_task,
)
from engine.store.transaction import Transaction

_OFFERS = ("offered_lane", "candidate_users", "candidate_groups")


class Migrated(Transaction):
    """Writes that only a migration needs."""

    def follow_migration(self, step: StepRecord, places: Mapping[str, str]) -> None:
        """What is open in the instance is of the new version, and at the elements of that one.

        The step itself is written already, with all else of its tasks. places: element id in the
        old version -> id in the new one.
        """
        instance = step.instance
        moved = {old: new for old, new in places.items() if old != new}
        of_version = {"definition_id": instance.definition_id}
        self._write(
            update(external_task)
            .where(external_task.c.instance_id == instance.instance_id)
            .values(**of_version, **_moved(external_task.c.activity_id, moved))
        )
        self._write(
            update(incident)
            .where(incident.c.instance_id == instance.instance_id, incident.c.resolved_at.is_(None))
            .values(**of_version, **_moved(incident.c.activity_id, moved))
        )
        if moved:
            self._write(
                update(event_subscription)
                .where(event_subscription.c.instance_id == instance.instance_id)
                .values(**_moved(event_subscription.c.activity_id, moved))
            )
        self._offer_anew(step)

    def _offer_anew(self, step: StepRecord) -> None:
        """Whom the open tasks are offered to, which no other step changes."""
        if not step.changed:
            return
        rows = [task_values(task) for task in step.changed]
        self._write(
            update(user_task)
            .where(
                user_task.c.instance_id == step.instance.instance_id,
                user_task.c.task_id == bindparam("of_task"),
            )
            .values({name: bindparam(f"new_{name}") for name in _OFFERS}),
            [
                {"of_task": row["task_id"], **{f"new_{name}": row[name] for name in _OFFERS}}
                for row in rows
            ],
        )
        self._write(
            delete(task_candidate).where(
                task_candidate.c.instance_id == step.instance.instance_id,
                task_candidate.c.task_id.in_([task.task_id for task in step.changed]),
            )
        )
        candidates = [row for task in step.changed for row in candidate_values(task)]
        if candidates:
            self._write(insert(task_candidate), candidates)


def _moved(column: ColumnElement[str], moved: Mapping[str, str]) -> dict[str, Any]:
    """The column's new value, all renamings at once: two elements may have changed their ids."""
    bodies = {f"{old}#multiInstanceBody": f"{new}#multiInstanceBody" for old, new in moved.items()}
    renamings = {**moved, **bodies}
    return {"activity_id": case(renamings, value=column, else_=column)} if moved else {}
