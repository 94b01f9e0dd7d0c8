"""Whether what the worker measured of an instance, for reports, is what its history leads to.

What is not measured yet has no row. Times that no deadline's calendar counts may have been counted
in whichever revision of the process's calendar was the newest then: any of them counts as right.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from operator import attrgetter
from typing import TypeVar

from engine.bpmn.drawing.marks import marks_of
from engine.calendars import Calendars
from engine.courses import Ways, course_of
from engine.deadlines import calendar_key, in_zone_of
from engine.differences import Difference, differing
from engine.errors import NotFound
from engine.led_to import LedTo
from engine.model import HAND_KINDS, EventKind, KeptMeasures, TaskState, TaskTime, UserTask
from engine.store import StoreTransaction
from engine.task_times import by_task, passed, stretches
from engine.worktime import WorkCalendar

T = TypeVar("T")
_OF_TASK = (
    *("definition_id", "definition_key", "activity_id", "lane"),
    *("created_at", "ended_at", "due_at"),
)
_task_facts = attrgetter(*_OF_TASK)
_OF_INSTANCE = ("definition_id", "definition_key", "state", "started_at", "ended_at")
#: What differs, and of which task; None: of the instance itself.
Wrong = tuple[str | None, Difference]


@dataclass(frozen=True, slots=True)
class Measured:
    """One instance, its tasks as history leads to them, and what is kept of their measures."""

    led: LedTo
    tasks: Mapping[str, UserTask]
    kept: KeptMeasures


class MeasureProof:
    """Measures again, by the calendars of one store."""

    def __init__(self, calendars: Calendars) -> None:
        self._calendars = calendars

    def wrong(self, tx: StoreTransaction, found: Measured) -> Iterator[Wrong]:
        """Each measure that is missing, too many, or another one."""
        for task_id in sorted(found.kept.measured_tasks - found.kept.tasks.keys()):
            yield task_id, (f"task_time {task_id}", "a row", "none")
        rounds = _Rounds(found) if found.kept.tasks else None
        hands = by_task(each for each in found.led.events if each.kind in HAND_KINDS)
        for task_id, row in sorted(found.kept.tasks.items()):
            task = found.tasks.get(task_id)
            if task is None or task.ended_at is None or rounds is None:
                yield task_id, (f"task_time {task_id}", "no row", "one")
                continue
            if _task_facts(task) != _task_facts(row):
                for each in differing(f" of task_time {task_id}", task, row, _OF_TASK):
                    yield task_id, each
            parts = stretches(task, hands[task_id], task.ended_at)
            counted = (passed(parts, each) for each in self._of_task(tx, found.led, task))
            times = row.waiting, row.working
            for each in (
                *_state(task, row),
                *rounds.differences(task, row),
                *_unlike(f"the waiting and working of task_time {task_id}", times, counted),
            ):
                yield task_id, each
        for each in self._of_instance(tx, found):
            yield None, each

    def _of_instance(self, tx: StoreTransaction, found: Measured) -> Iterator[Difference]:
        led, row = found.led, found.kept.instance
        if row is None:
            if found.kept.is_measured:
                yield "instance_time", "a row", "none"
            return
        instance = led.instance
        if instance.ended_at is None:
            yield "instance_time", "no row", "one"
            return
        yield from differing(" of instance_time", instance, row, _OF_INSTANCE)
        calendars = self._of_process(tx, led, instance.definition_id)
        ended_at = instance.ended_at
        counted = (each.working_time(instance.started_at, ended_at) for each in calendars)
        yield from _unlike("the elapsed of instance_time", row.elapsed, counted)
        went = course_of(
            instance.definition_id,
            Ways(found.tasks.values()).steps_of(instance.instance_id),
            marks_of(led.events),
            is_migrated=_is_migrated(led),
        )
        if row.course_digest != went.digest:
            yield "the course_digest of instance_time", went.digest, row.course_digest
        elif found.kept.course != went:
            yield f"course {went.digest}", str(went), str(found.kept.course)

    def _of_task(self, tx: StoreTransaction, led: LedTo, task: UserTask) -> Iterator[WorkCalendar]:
        """The calendars by which the task's time may have been counted."""
        if task.due_calendar is None or task.due_revision is None:
            yield from self._of_process(tx, led, task.definition_id)
            return
        model = led.lineage.machine(task.definition_id).model
        try:
            calendar = self._calendars.at_revision(tx, task.due_calendar, task.due_revision)
        except NotFound:
            return  # of that the proof of deadlines tells
        yield in_zone_of(model, calendar)

    def _of_process(
        self, tx: StoreTransaction, led: LedTo, definition_id: str
    ) -> Iterator[WorkCalendar]:
        """The revisions of the process's calendar, the newest first."""
        model = led.lineage.machine(definition_id).model
        key = calendar_key(model)
        for revision in range(tx.last_calendar_revision(key), 0, -1):
            yield in_zone_of(model, self._calendars.at_revision(tx, key, revision))


class _Rounds:
    """How often the instance came to each task's step, as far as it is certain.

    A task is measured when it ends; tasks that came in the same moment, or while a clock was set
    back, may have been counted before it or after it. What a moved instance was told is not known.
    """

    def __init__(self, found: Measured) -> None:
        self._is_known = not _is_migrated(found.led)
        #: In the order in which the instance came to them.
        self._items: dict[tuple[str, str], list[UserTask]] = defaultdict(list)
        self._done: dict[datetime | None, list[UserTask]] = defaultdict(list)
        self._item_of = {task_id: _item(each) for task_id, each in found.tasks.items()}
        for each in found.tasks.values():
            self._items[self._item_of[each.task_id]].append(each)
            if each.state is TaskState.COMPLETED:
                self._done[each.ended_at].append(each)
        self._moments = {
            item: [each.created_at for each in tasks] for item, tasks in self._items.items()
        }
        self._in_order = {item: sorted(found) for item, found in self._moments.items()}

    def differences(self, task: UserTask, row: TaskTime) -> Iterator[Difference]:
        """What the row says of the round, and of who sent the instance back, and cannot be."""
        if not self._is_known:
            return
        least, most = self._bounds(task)
        if not least <= row.round <= most:
            yield f"the round of task_time {task.task_id}", str(least), str(row.round)
            return
        senders = self._done.get(task.created_at, ())
        possible = {each.activity_id for each in senders if self._bounds(each)[0] < most}
        is_sure = task.ended_at != task.created_at and any(
            self._bounds(each)[1] < least for each in senders
        )
        if row.sent_by not in possible if row.sent_by else is_sure:
            of = f"the sent_by of task_time {task.task_id}"
            yield of, str(sorted(possible)), str(row.sent_by)

    def _bounds(self, task: UserTask) -> tuple[int, int]:
        item, at = self._item_of[task.task_id], task.created_at
        moments, in_order = self._moments[item], self._in_order[item]
        if moments == in_order:
            least = bisect_left(in_order, at)
        else:
            before = takewhile(lambda each: each.task_id != task.task_id, self._items[item])
            least = sum(each.created_at < at for each in before)
        return least + 1, bisect_right(in_order, at)


def _item(task: UserTask) -> tuple[str, str]:
    local = task.local_variables
    return task.activity_id, json.dumps(dict(local), sort_keys=True) if local else ""


def _is_migrated(led: LedTo) -> bool:
    return any(each.kind is EventKind.INSTANCE_MIGRATED for each in led.events)


def _state(task: UserTask, row: TaskTime) -> Iterator[Difference]:
    is_cancelled = task.state is TaskState.CANCELLED
    if is_cancelled != row.is_cancelled:
        yield (
            f"the is_cancelled of task_time {task.task_id}",
            str(is_cancelled),
            str(row.is_cancelled),
        )


def _unlike(what: str, row: T, counted: Iterable[T]) -> Iterator[Difference]:
    """That none of the counts is the row's: the newest revision's is told."""
    first: T | None = None
    for each in counted:
        if each == row:
            return
        first = each if first is None else first
    yield what, "no calendar to count by" if first is None else _in_words(first), _in_words(row)


def _in_words(times: object) -> str:
    return " and ".join(map(str, times)) if isinstance(times, tuple) else str(times)
