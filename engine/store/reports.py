"""Reports: figures of measured time, counted and spread by the database.

Every question reads the measures of one SOP and one period by their index, and gives few rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, case, func, or_, select

from engine.model import (
    CourseFigures,
    InstanceFigures,
    InstanceState,
    LaneFigures,
    Period,
    Return,
    Spread,
    StepFigures,
    TaskState,
)
from engine.store.tables import course, instance_time, process_instance, task_time, user_task
from engine.store.transaction import Conditions, Transaction, equal

_T, _I = task_time.c, instance_time.c
_NONE = timedelta(0)
_HALF, _NINE_OF_TEN = 50, 90
_SHARES = (_HALF, _NINE_OF_TEN)

#: What a group took: share in percent -> working time.
Quantiles = Mapping[int, timedelta]


class Reports(Transaction):
    """Questions about what was measured in a period."""

    def step_figures(
        self, definition_key: str, period: Period, definition_id: str | None = None
    ) -> list[StepFigures]:
        """Each step with visits that ended in the period, of all versions or of one."""
        ended = [
            _T.definition_key == definition_key,
            *equal(_T.definition_id, definition_id),
            *_ended(task_time, period),
        ]
        done = [*ended, ~_T.is_cancelled]
        waiting = self._quantiles(_T.waiting, _T.activity_id, done)
        working = self._quantiles(_T.working, _T.activity_id, done)
        returns = self._returns(ended)
        return [
            StepFigures(
                activity_id=row.activity_id,
                visits=row.done,
                cancelled=row.number - row.done,
                dated=row.dated,
                late=row.late,
                repeated=row.repeated,
                returned=sum(each.times for each in returns if each.receiver == row.activity_id),
                sent_back=sum(each.times for each in returns if each.sender == row.activity_id),
                waiting=_spread(waiting.get(row.activity_id), row.waiting),
                working=_spread(working.get(row.activity_id), row.working),
            )
            for row in self._all(_sums(_T.activity_id, ended))
        ]

    def returns(self, definition_key: str, period: Period) -> list[Return]:
        """Which step sent instances back to which, the most frequent first."""
        return self._returns([_T.definition_key == definition_key, *_ended(task_time, period)])

    def lane_figures(
        self, definition_key: str, period: Period, *, now: datetime
    ) -> list[LaneFigures]:
        """Each lane that ended visits in the period, or has open tasks now."""
        ended = [_T.definition_key == definition_key, *_ended(task_time, period)]
        done = {row.lane: row for row in self._all(_sums(_T.lane, ended))}
        tasks = user_task.c
        waiting = self._all(
            select(
                tasks.lane,
                func.count().label("open"),
                func.count().filter(tasks.due_at < now).label("overdue"),
            )
            .where(tasks.definition_key == definition_key, tasks.state == TaskState.OPEN.value)
            .group_by(tasks.lane)
        )
        now_open = {row.lane: row for row in waiting}
        return [
            LaneFigures(
                lane,
                **_of_row(done.get(lane), "done", "late", "waiting", "working"),
                **_of_row(now_open.get(lane), "open", "overdue"),
            )
            for lane in sorted({*done, *now_open}, key=lambda lane: lane or "")
        ]

    def course_figures(self, definition_key: str, period: Period) -> list[CourseFigures]:
        """The ways that instances went that ended in the period."""
        is_completed = _I.state == InstanceState.COMPLETED.value
        counted = (
            select(
                _I.course_digest,
                func.count().label("number"),
                func.count().filter(is_completed).label("completed"),
            )
            .where(_I.definition_key == definition_key, *_ended(instance_time, period))
            .group_by(_I.course_digest)
            .subquery()
        )
        rows = self._all(
            select(course, counted.c.number, counted.c.completed)
            .join(counted, counted.c.course_digest == course.c.digest)
            .order_by(counted.c.number.desc(), course.c.digest)
        )
        return [
            CourseFigures(
                row.definition_id,
                tuple(row.steps),
                row.visits,
                row.flows,
                row.completed,
                row.number - row.completed,
            )
            for row in rows
        ]

    def instance_figures(
        self, period: Period, definition_key: str | None = None
    ) -> dict[str, InstanceFigures]:
        """Key -> the instances of that SOP, or of every one that has any."""
        of = equal(_I.definition_key, definition_key)
        is_completed = _I.state == InstanceState.COMPLETED.value
        ended = self._all(
            select(
                _I.definition_key,
                func.count().label("number"),
                func.count().filter(is_completed).label("completed"),
                func.sum(case((is_completed, _I.elapsed))).label("elapsed"),
            )
            .where(*of, *_ended(instance_time, period))
            .group_by(_I.definition_key)
        )
        completed = [*of, *_ended(instance_time, period), is_completed]
        elapsed = self._quantiles(_I.elapsed, _I.definition_key, completed)
        found = {
            row.definition_key: {
                "completed": row.completed,
                "cancelled": row.number - row.completed,
                "elapsed": _spread(elapsed.get(row.definition_key), row.elapsed),
            }
            for row in ended
        }
        moving = self._moving(period, definition_key)
        return {
            key: InstanceFigures(key, **moving.get(key, {}), **found.get(key, {}))
            for key in {*found, *moving}
        }

    def deadline_figures(self, period: Period) -> dict[str, tuple[int, int]]:
        """Key -> (visits with a deadline, those of them that were late), over all its steps."""
        rows = self._all(
            _sums(_T.definition_key, [*_ended(task_time, period), _T.due_at.is_not(None)])
        )
        return {row.definition_key: (row.dated, row.late) for row in rows}

    def count_unmeasured(self, definition_key: str) -> int:
        """How many tasks and instances of the SOP have ended and are not measured yet."""
        return sum(
            self._number(
                select(func.count())
                .select_from(table)
                .where(
                    ~table.c.is_measured,
                    table.c.ended_at.is_not(None),
                    table.c.definition_key == definition_key,
                )
            )
            for table in (user_task, process_instance)
        )

    # -------------------------------------------------------------------- parts

    def _returns(self, conditions: Conditions) -> list[Return]:
        # The items of a multi-instance step come back together: that is one return.
        once = (
            select(_T.instance_id, _T.sent_by, _T.activity_id, _T.round)
            .where(*conditions, _T.sent_by.is_not(None))
            .distinct()
            .subquery()
        )
        rows = self._all(
            select(once.c.sent_by, once.c.activity_id, func.count().label("times"))
            .group_by(once.c.sent_by, once.c.activity_id)
            .order_by(func.count().desc(), once.c.sent_by, once.c.activity_id)
        )
        return [Return(row.sent_by, row.activity_id, row.times) for row in rows]

    def _moving(self, period: Period, definition_key: str | None) -> dict[str, dict[str, Any]]:
        """Key -> how many instances were started in the period, and how many run now."""
        columns = process_instance.c
        started = and_(columns.started_at >= period.since, columns.started_at < period.until)
        is_running = columns.state == InstanceState.ACTIVE.value
        rows = self._all(
            select(
                columns.definition_key,
                func.count().filter(started).label("started"),
                func.count().filter(is_running).label("running"),
            )
            .where(*equal(columns.definition_key, definition_key), or_(started, is_running))
            .group_by(columns.definition_key)
        )
        return {row.definition_key: _of_row(row, "started", "running") for row in rows}

    def _quantiles(
        self, value: ColumnElement[Any], group: ColumnElement[Any], conditions: Conditions
    ) -> dict[str, Quantiles]:
        """Group -> the values below which these shares lie, by proportion between two of them.

        The same as percentile_cont, which SQLite does not have: only the ranks that are needed
        leave the database.
        """
        ranked = (
            select(
                group.label("of"),
                value.label("value"),
                func.row_number().over(partition_by=group, order_by=value).label("rank"),
                func.count().over(partition_by=group).label("number"),
            )
            .where(*conditions)
            .subquery()
        )
        wanted = [
            ranked.c.rank.in_([below, below + 1])
            for share in _SHARES
            for below in [1 + (ranked.c.number - 1) * share // 100]
        ]
        found: dict[str, dict[int, timedelta]] = {}
        numbers: dict[str, int] = {}
        for row in self._all(select(ranked).where(or_(*wanted))):
            found.setdefault(row.of, {})[row.rank] = row.value
            numbers[row.of] = row.number
        return {of: _quantiles_of(values, numbers[of]) for of, values in found.items()}


def _quantiles_of(values: Mapping[int, timedelta], number: int) -> Quantiles:
    found = {}
    for share in _SHARES:
        below, part = divmod((number - 1) * share, 100)
        low = values[below + 1]
        found[share] = low + (values.get(below + 2, low) - low) * part / 100
    return found


def _spread(quantiles: Quantiles | None, total: timedelta | None) -> Spread:
    if quantiles is None:
        return Spread()
    return Spread(quantiles[_HALF], quantiles[_NINE_OF_TEN], total or _NONE)


def _sums(group: ColumnElement[Any], conditions: Conditions) -> Any:
    """Counts and sums of visits by a group; times, deadlines and rounds of those not cancelled."""
    is_done = ~_T.is_cancelled
    is_late = _T.ended_at > _T.due_at
    return (
        select(
            group,
            func.count().label("number"),
            func.count().filter(is_done).label("done"),
            func.count().filter(is_done, _T.due_at.is_not(None)).label("dated"),
            func.count().filter(is_done, is_late).label("late"),
            func.count().filter(is_done, _T.round > 1).label("repeated"),
            func.sum(case((is_done, _T.waiting))).label("waiting"),
            func.sum(case((is_done, _T.working))).label("working"),
        )
        .where(*conditions)
        .group_by(group)
    )


def _ended(table: Table, period: Period) -> Conditions:
    return [table.c.ended_at >= period.since, table.c.ended_at < period.until]


def _of_row(row: Any, *names: str) -> dict[str, Any]:
    """These values of the row; what is null is left to its default."""
    return {n: getattr(row, n) for n in names if row is not None and getattr(row, n) is not None}
