"""How much working time is left until tasks are due, or has passed since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.calendars import Calendars
from engine.deadlines import is_dated, term_text
from engine.definitions import Definitions
from engine.errors import DamagedRow, NotFound
from engine.model import Actor, TaskState, UserTask
from engine.permissions import require_task_visible
from engine.sources import Clock
from engine.store import Store, StoreTransaction
from engine.task_times import calendar_of
from engine.worktime import NoWorkingDay, Rule, Span, WorkCalendar, term_of


@dataclass(frozen=True, slots=True)
class Remaining:
    """Where a task stands before its deadline; of a task with a deadline or a term.

    `span`: working time until it is due, or since; None when the office has no calendar for it.
    `from_claim`: the working time that begins to count when somebody takes the task.
    """

    is_overdue: bool = False
    span: Span | None = None
    from_claim: timedelta | None = None


class RemainingTimes:
    """Looks at open tasks; it changes nothing, so everything is as of now."""

    def __init__(
        self,
        store: Store,
        definitions: Definitions,
        calendars: Calendars,
        clock: Clock,
        rule: Rule,
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._calendars = calendars
        self._clock = clock
        self._rule = rule

    def of(self, tasks: Iterable[UserTask], *, actor: Actor) -> Mapping[str, Remaining]:
        """By task id; a task that has ended, or has neither deadline nor term, is left out.

        Each is counted in the calendar's revision that set its deadline; where the diagram set it,
        in the process's calendar as it is now. Raises Forbidden.
        """
        found: dict[str, Remaining] = {}
        now = self._clock.now()
        with self._store.reading() as tx:
            for task in tasks:
                if task.state is not TaskState.OPEN:
                    continue
                require_task_visible(actor, task)
                told = self.at(tx, task, now)
                if told is not None:
                    found[task.task_id] = told
        return found

    def at(self, tx: StoreTransaction, task: UserTask, now: datetime) -> Remaining | None:
        """The same of one open task at a moment, for a room that has judged who may see it."""
        if task.due_at is None:
            return self._from_claim(tx, task)
        is_overdue = task.due_at < now
        first, last = (task.due_at, now) if is_overdue else (now, task.due_at)
        calendar = self._calendar(tx, task)
        try:
            span = calendar.span(first, last) if calendar else None
        except NoWorkingDay:
            span = None
        return Remaining(is_overdue, span)

    def _from_claim(self, tx: StoreTransaction, task: UserTask) -> Remaining | None:
        model = self._definitions.machine(tx, task.definition_id).model
        text = term_text(model, task)
        if not text or is_dated(model, task) or self._rule is not Rule.FROM_CLAIM:
            return None
        time = term_of(text).time
        return Remaining(from_claim=time) if time and task.assignee is None else None

    def _calendar(self, tx: StoreTransaction, task: UserTask) -> WorkCalendar | None:
        try:
            return calendar_of(tx, self._definitions, self._calendars, task)
        except (DamagedRow, NotFound) as error:
            # A calendar is everybody's: without it the task is told, and not how much time is left.
            row = f"the calendar of process {task.definition_key}"
            self._store.quarantine.take(row, str(error))
            return None
