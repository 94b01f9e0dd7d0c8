"""Measures what has ended, once, for the reports: the worker's duty, and what it keeps.

The measures are a projection of history: they can be made again from it, and a step waits for none
of them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from engine.bpmn.drawing.marks import marks_of
from engine.calendars import Calendars
from engine.courses import Ways, course_of
from engine.deadlines import calendar_key, in_zone_of
from engine.definitions import Definitions
from engine.errors import DamagedHistory, DamagedRow, EngineError, StorageError
from engine.model import (
    Course,
    EventKind,
    HistoryEvent,
    InstanceTime,
    ProcessInstance,
    TaskState,
    TaskTime,
    UserTask,
)
from engine.rests import Rests
from engine.sources import Clock
from engine.store import Store, StoreTransaction
from engine.tallying import Tallying
from engine.task_times import by_task, calendar_of, passed, stretches
from engine.worktime import WorkCalendar

T = TypeVar("T")
_log = logging.getLogger(__name__)

#: Measured in one transaction, which holds up other writers of SQLite.
_TASKS, _INSTANCES = 100, 20
#: What cannot be measured is left alone for so long.
_SHORTEST_REST, _LONGEST_REST = timedelta(minutes=1), timedelta(hours=1)
#: Rows and events that cannot be read.
_DAMAGE = (DamagedRow, DamagedHistory)
#: What one instance may lead to: it is damaged, its diagram is gone, or an event does not say what
#: events of its kind say.
_NOT_AS_IT_MUST_BE = (EngineError, LookupError, ValueError, TypeError, AttributeError)


class Measuring:
    """The duty: measures tasks and instances that have ended since it last looked."""

    name = "measuring"

    def __init__(
        self,
        store: Store,
        definitions: Definitions,
        calendars: Calendars,
        tallying: Tallying,
        clock: Clock,
    ) -> None:
        self._tallying = tallying
        self._rests = Rests(clock, shortest=_SHORTEST_REST, longest=_LONGEST_REST)
        self._store = store
        self._definitions = definitions
        self._calendars = calendars

    def turn(self, is_stopped: Callable[[], bool]) -> int:
        """Measure what has ended, and add up what is over; how many tasks and instances."""
        ends: list[datetime] = []
        while not is_stopped():
            with self._store.reading() as tx:
                if not tx.is_unmeasured(self._rests.names()):
                    break
            done = [*self._tasks(), *self._instances()]
            ends += done
            if not done:
                break  # another worker has what is left
        if not is_stopped():
            self._tallying.turn(is_stopped, measured_from=min(ends, default=None))
        return len(ends)

    def _tasks(self) -> list[datetime]:
        """When those ended that were measured; likewise `_instances`."""
        with self._store.writing() as tx:
            tasks = tx.claimed_unmeasured_tasks(_TASKS, except_of=self._rests.names())
            if not tasks:
                return []
            ids = {task.instance_id for task in tasks}
            ways = Ways(self._read(ids, tx.tasks_of_instances))
            hands = by_task(
                self._read(
                    ids, lambda some: tx.hand_events([t for t in tasks if t.instance_id in some])
                )
            )
            measured = [
                found
                for task in tasks
                for found in self._if_sound(
                    task.instance_id, partial(self._time, tx, task, hands[task.task_id], ways)
                )
            ]
            tx.put_task_times(measured)
        return [each.ended_at for each in measured]

    def _time(
        self, tx: StoreTransaction, task: UserTask, hands: Sequence[HistoryEvent], ways: Ways
    ) -> TaskTime:
        known = calendar_of(tx, self._definitions, self._calendars, task)
        calendar = known or self._process_calendar(tx, task.definition_id)
        ended_at = task.ended_at or task.created_at
        waiting, working = passed(stretches(task, hands, ended_at), calendar)
        return TaskTime(
            instance_id=task.instance_id,
            task_id=task.task_id,
            definition_id=task.definition_id,
            definition_key=task.definition_key,
            activity_id=task.activity_id,
            lane=task.lane,
            created_at=task.created_at,
            ended_at=ended_at,
            is_cancelled=task.state is TaskState.CANCELLED,
            waiting=waiting,
            working=working,
            due_at=task.due_at,
            round=ways.rounds[task.task_id],
            sent_by=ways.sender_of(task),
        )

    def _instances(self) -> list[datetime]:
        with self._store.writing() as tx:
            ended = tx.claimed_unmeasured_instances(_INSTANCES, except_of=self._rests.names())
            if not ended:
                return []
            ways = Ways(self._read({each.instance_id for each in ended}, tx.tasks_of_instances))
            measured = [
                found
                for each in ended
                for found in self._if_sound(each.instance_id, partial(self._course, tx, each, ways))
            ]
            tx.put_instance_times(measured)
        return [each.ended_at for each, _ in measured]

    def _course(
        self, tx: StoreTransaction, instance: ProcessInstance, ways: Ways
    ) -> tuple[InstanceTime, Course]:
        events = tx.events(instance.instance_id)
        went = course_of(
            instance.definition_id,
            ways.steps_of(instance.instance_id),
            marks_of(events),
            is_migrated=any(each.kind is EventKind.INSTANCE_MIGRATED for each in events),
        )
        ended_at = instance.ended_at or instance.started_at
        calendar = self._process_calendar(tx, instance.definition_id)
        measured = InstanceTime(
            instance_id=instance.instance_id,
            definition_id=instance.definition_id,
            definition_key=instance.definition_key,
            state=instance.state,
            started_at=instance.started_at,
            ended_at=ended_at,
            elapsed=calendar.working_time(instance.started_at, ended_at),
            course_digest=went.digest,
        )
        return measured, went

    def _process_calendar(self, tx: StoreTransaction, definition_id: str) -> WorkCalendar:
        model = self._definitions.machine(tx, definition_id).model
        return in_zone_of(model, self._calendars.current(tx, calendar_key(model)))

    def _read(
        self, instance_ids: Collection[str], read: Callable[[Collection[str]], list[T]]
    ) -> list[T]:
        """What is read of these instances at once; all but what belongs to those that then rest."""
        try:
            return read(instance_ids)
        except DamagedRow:
            found = [self._if_sound(each, partial(read, [each])) for each in sorted(instance_ids)]
        return [one for some in found for rows in some for one in rows]

    def _if_sound(self, instance_id: str, measure: Callable[[], T]) -> list[T]:
        """What is measured; nothing of an instance that is not what it must be: it rests."""
        if self._rests.is_resting(instance_id):
            return []
        try:
            found = measure()
        except _NOT_AS_IT_MUST_BE as error:
            if isinstance(error, StorageError) and not isinstance(error, _DAMAGE):
                # That is the database's: all is undone. PostgreSQL answers nothing any more in a
                # transaction in which it has refused once, so that the others would seem damaged.
                raise
            rest = self._rests.begin(instance_id)
            _log.exception("instance %s cannot be measured; again in %s", instance_id, rest)
            return []
        self._rests.end(instance_id)
        return [found]
