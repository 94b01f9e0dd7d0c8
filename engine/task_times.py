"""How long tasks waited, and how long they were worked on, in working time of their calendars.

Computed from history alone: a task waits while it is in nobody's hands, and is worked on while it
is in somebody's. What was completed without having been taken only waited.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.calendars import Calendars
from engine.deadlines import calendar_key, in_zone_of
from engine.definitions import Definitions
from engine.model import Actor, HistoryEvent, UserTask
from engine.permissions import require_instance_visible, require_task_visible
from engine.sources import Clock
from engine.store import Store, StoreTransaction
from engine.worktime import NoWorkingDay, Span, WorkCalendar

_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Elapsed:
    """How a task's time has passed so far, or until it ended.

    times: how often somebody took it. waited, worked: the same in working days and what is left
    below one, as people say it.
    """

    waiting: timedelta
    working: timedelta
    times: int
    waited: Span
    worked: Span


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one moment to another the task was in somebody's hands, or in nobody's."""

    since: datetime
    until: datetime
    is_held: bool


def stretches(task: UserTask, hands: Sequence[HistoryEvent], until: datetime) -> list[Stretch]:
    """The task's time from its opening to `until`, cut where it got into hands or out of them.

    hands: its claims, releases and assignments, in their order.
    """
    # Before the first of them it is in the hands that the diagram named. Whoever completes a task
    # that nobody took becomes its assignee, but never had it.
    named = task.assignee if task.claimed_at else None
    holder = hands[0].payload.get("from") if hands else named
    found: list[Stretch] = []
    since = task.created_at
    for event in hands:
        taker = event.payload.get("to")
        if taker != holder:
            found.append(Stretch(since, event.at, holder is not None))
            since, holder = event.at, taker
    return [*found, Stretch(since, until, holder is not None)]


def passed(found: Iterable[Stretch], calendar: WorkCalendar) -> tuple[timedelta, timedelta]:
    """(waiting, working) time of the stretches in a calendar."""
    waiting = working = _NONE
    for each in found:
        time = calendar.working_time(each.since, each.until)
        if each.is_held:
            working += time
        else:
            waiting += time
    return waiting, working


class TaskTimes:
    """Looks at tasks, open or ended; it changes nothing."""

    def __init__(
        self, store: Store, definitions: Definitions, calendars: Calendars, clock: Clock
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._calendars = calendars
        self._clock = clock

    def of(self, tasks: Iterable[UserTask], *, actor: Actor) -> Mapping[str, Elapsed]:
        """By task id; of open tasks until now. Raises Forbidden.

        Each is counted in the calendar's revision that set its deadline, else in the process's
        calendar as it is now; a task whose office has none yet is left out.
        """
        wanted = list(tasks)
        for task in wanted:
            require_task_visible(actor, task)
        if not wanted:
            return {}
        with self._store.reading() as tx:
            return self._of(tx, wanted)

    def of_instance(self, instance_id: str, *, actor: Actor) -> list[tuple[UserTask, Elapsed]]:
        """All tasks of an instance in the order of their opening, for whoever may see it.

        A task whose office has no calendar yet is left out. Raises NotFound, Forbidden.
        """
        with self._store.reading() as tx:
            instance = tx.instance(instance_id)
            require_instance_visible(actor, instance, tx.definition(instance.definition_id))
            tasks = tx.tasks_of_instance(instance_id)
            found = self._of(tx, tasks) if tasks else {}
        return [(task, found[task.task_id]) for task in tasks if task.task_id in found]

    def _of(self, tx: StoreTransaction, tasks: Sequence[UserTask]) -> dict[str, Elapsed]:
        now = self._clock.now()
        hands = by_task(tx.hand_events(tasks))
        found: dict[str, Elapsed] = {}
        for task in tasks:
            calendar = self._calendar(tx, task)
            if calendar is None:
                continue
            parts = stretches(task, hands[task.task_id], task.ended_at or now)
            waiting, working = passed(parts, calendar)
            try:
                found[task.task_id] = Elapsed(
                    waiting,
                    working,
                    sum(each.is_held for each in parts),
                    calendar.span_of(waiting, task.created_at),
                    calendar.span_of(working, task.created_at),
                )
            except NoWorkingDay:
                continue
        return found

    def _calendar(self, tx: StoreTransaction, task: UserTask) -> WorkCalendar | None:
        return calendar_of(tx, self._definitions, self._calendars, task)


def calendar_of(
    tx: StoreTransaction, definitions: Definitions, calendars: Calendars, task: UserTask
) -> WorkCalendar | None:
    """The calendar in which a task's time counts; None when its office has none yet."""
    model = definitions.machine(tx, task.definition_id).model
    key = task.due_calendar or calendar_key(model)
    revision = task.due_revision or tx.last_calendar_revision(key)
    return in_zone_of(model, calendars.at_revision(tx, key, revision)) if revision else None


def by_task(events: Iterable[HistoryEvent]) -> Mapping[str, list[HistoryEvent]]:
    """Task id -> its events; an empty list for a task that has none."""
    found: dict[str, list[HistoryEvent]] = defaultdict(list)
    for event in events:
        found[event.activity_instance_id or ""].append(event)
    return found
