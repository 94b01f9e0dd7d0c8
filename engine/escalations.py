"""Overdue tasks go up to superiors, lane by lane; an input of history that moves no token.

To whom, and after how much working time: as the step says, else its process, else the office's
order of superiors. Only a due date that somebody sets by hand, and that lies ahead, begins anew.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from engine.calendars import Calendars
from engine.deadlines import calendar_key, in_zone_of
from engine.definitions import Definitions
from engine.escalation_rules import above_step, counts_from, rises_at
from engine.history import Input
from engine.model import (
    EventKind,
    Json,
    Superior,
    SuperiorsRevision,
    TaskEscalation,
    TaskState,
    UserTask,
)
from engine.sources import Clock
from engine.steps import Steps
from engine.store import Store, StoreTransaction
from engine.superiors import Superiors
from engine.worktime import NoWorkingDay, WorkCalendar

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Next:
    """The next level of a task, and when it comes. `by`: who says so, as in Above."""

    at: datetime
    above: Superior
    by: str
    since: datetime
    calendar: WorkCalendar


class Escalations:
    """Lets overdue tasks go up, once to each level."""

    def __init__(
        self,
        store: Store,
        definitions: Definitions,
        steps: Steps,
        clock: Clock,
        *,
        calendars: Calendars,
        superiors: Superiors,
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._steps = steps
        self._clock = clock
        self._calendars = calendars
        self._superiors = superiors

    def due(self, limit: int) -> list[str]:
        """Ids of open tasks that are to be looked at by now; one indexed question."""
        with self._store.reading() as tx:
            return tx.due_escalations(self._clock.now(), limit)

    def escalate(self, task_id: str) -> bool:
        """Let the task go up if it is its time, once; whether it did.

        Looked at again in its instance's lock: who was slower finds that there is nothing to do.
        """
        now = self._clock.now()
        with self._store.writing() as tx:
            task, stored = tx.stored_task(task_id, for_step=True)
            if task.state is not TaskState.OPEN or not _is_due(task.escalate_at, now):
                return False
            order = self._superiors.in_step(tx)
            found = self._next(tx, task, order)
            if found is None or found.at > now:
                tx.put_escalation_time(task, found.at if found else None)
                return False
            told = TaskEscalation(found.above.lane, now, task.due_at or now)
            risen = replace(task, escalations=(*task.escalations, told))
            after = self._next(tx, risen, order)
            risen = replace(risen, escalate_at=after.at if after else None)
            payload = _facts(risen, found, order)
            given = Input(EventKind.TASK_ESCALATED, None, payload, task.activity_id, task_id)
            self._steps.note(tx, stored, given, now=now, changed=(risen,))
            tx.put_escalation(risen)
        return True

    def _next(self, tx: StoreTransaction, task: UserTask, order: SuperiorsRevision) -> _Next | None:
        """The next level of an overdue task, and when it comes; None when there is none."""
        if task.due_at is None:
            return None
        model = self._definitions.machine(tx, task.definition_id).model
        above = above_step(model, task.activity_id, task.lane, order)
        superior = above.after(task.escalations)
        if superior is None:
            return None
        since = counts_from(task.due_at, task.escalations[-1].at if task.escalations else None)
        calendar = in_zone_of(model, self._calendars.current(tx, calendar_key(model)))
        try:
            at = rises_at(superior.after, calendar, since)
        except NoWorkingDay as error:
            _log.warning("task %s does not go up: %s", task.task_id, error)
            return None
        return _Next(at, superior, above.by, since, calendar)


def _facts(task: UserTask, found: _Next, order: SuperiorsRevision) -> dict[str, Json]:
    """What history tells of it: to whom, and why now."""
    return {
        "level": len(task.escalations),
        "from": task.escalations[-2].lane if len(task.escalations) > 1 else task.lane,
        "to": found.above.lane,
        "dueAt": _text(task.escalations[-1].due_at),
        "since": _text(found.since),
        "after": found.above.after,
        "at": _text(found.at),
        "by": found.by,
        "superiors": order.revision,
        "calendar": found.calendar.key,
        "revision": found.calendar.revision,
        "zone": found.calendar.zone.key,
    }


def _is_due(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
