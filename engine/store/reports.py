"""Reports: figures of measured time, counted and spread by the database.

Every question reads the measures of one SOP and one period by their index, and gives few rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, and_, case, func, literal, select

from engine.model import (
    CourseFigures,
    InstanceFigures,
    InstanceState,
    LaneLoad,
    Period,
    Return,
    Spread,
    StepFigures,
    TaskState,
)
from engine.store.filters import Conditions, equal
from engine.store.kept_rows import of_table, readable
from engine.store.tables import course, instance_time, process_instance, task_time, user_task
from engine.store.transaction import Transaction

_T, _I = task_time.c, instance_time.c


class Reports(Transaction):
    """Questions about what was measured in a period."""

    def step_figures(
        self, definition_key: str, period: Period, returns: Sequence[Return]
    ) -> list[StepFigures]:
        """Each step with visits that ended in the period, over all versions of the SOP.

        returns: those of the period.
        """
        ended = [_T.definition_key == definition_key, *_ended(task_time, period)]
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
                waiting=self._spread(_T.waiting, of_step, row.done, row.waiting),
                working=self._spread(_T.working, of_step, row.done, row.working),
            )
            for row in self._all(_sums(_T.activity_id, ended))
            for of_step in [[*ended, _T.activity_id == row.activity_id, ~_T.is_cancelled]]
        ]

    def returns(self, definition_key: str, period: Period) -> list[Return]:
        """Which step sent instances back to which, the most frequent first."""
        # The items of a multi-instance step come back together: that is one return.
        once = (
            select(_T.instance_id, _T.sent_by, _T.activity_id, _T.round)
            .where(
                _T.definition_key == definition_key,
                *_ended(task_time, period),
                _T.sent_by.is_not(None),
            )
            .distinct()
            .subquery()
        )
        rows = self._all(
            select(once.c.sent_by, once.c.activity_id, func.count().label("times"))
            .group_by(once.c.sent_by, once.c.activity_id)
            .order_by(func.count().desc(), once.c.sent_by, once.c.activity_id)
        )
        return [Return(row.sent_by, row.activity_id, row.times) for row in rows]

    def open_loads(self, definition_key: str, *, now: datetime) -> list[LaneLoad]:
        """The open tasks of each lane that has any, and how many of them are overdue."""
        tasks = user_task.c
        # Written into the statement, so that SQLite takes the index of open tasks: see figures.py.
        is_open = tasks.state == literal(TaskState.OPEN.value, literal_execute=True)
        rows = self._all(
            select(
                tasks.lane,
                func.count().label("open"),
                func.count().filter(tasks.due_at < now).label("overdue"),
            )
            .where(tasks.definition_key == definition_key, is_open)
            .group_by(tasks.lane)
        )
        return [LaneLoad(row.lane, row.open, row.overdue) for row in rows]

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
        statement = (
            select(course, counted.c.number, counted.c.completed)
            .join(counted, counted.c.course_digest == course.c.digest)
            .order_by(counted.c.number.desc(), course.c.digest)
        )
        return self._listed(statement, _course_figures, course.c.digest)

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
        completed = [*_ended(instance_time, period), is_completed]
        found = {
            row.definition_key: {
                "completed": row.completed,
                "cancelled": row.number - row.completed,
                "elapsed": self._spread(_I.elapsed, of_sop, row.completed, row.elapsed),
            }
            for row in ended
            for of_sop in [[_I.definition_key == row.definition_key, *completed]]
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
                    # Hidden from SQLite's planner, which would read all tasks of the SOP by its
                    # index instead of the few in that of what is not measured.
                    table.c.definition_key.concat("") == definition_key,
                )
            )
            for table in (user_task, process_instance)
        )

    # -------------------------------------------------------------------- parts

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
            # No more is asked: one index has all that is counted, and the SOPs in their order.
            .where(*equal(columns.definition_key, definition_key))
            .group_by(columns.definition_key)
        )
        return {
            row.definition_key: _of_row(row, "started", "running")
            for row in rows
            if row.started or row.running
        }

    def _spread(
        self,
        value: ColumnElement[Any],
        conditions: Conditions,
        number: int,
        total: timedelta | None,
    ) -> Spread:
        """How the values are spread: `number` of them meet the conditions, and come to `total`.

        An index has them in their order, so that each question walks to its place in it. The same
        as percentile_cont, which would sort them, and which SQLite does not have.
        """
        if not number:
            return Spread()
        shares = []
        for percent in (50, 90):
            below, part = divmod((number - 1) * percent, 100)
            around = select(value).where(*conditions).order_by(value).limit(2).offset(below)
            with readable("a measured time"):
                low, *high = (row[0] for row in self._all(around))
                shares.append(low + ((high or [low])[0] - low) * part / 100)
        median, ninetieth = shares
        return Spread(median, ninetieth, total or timedelta(0))


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


@of_table(course)
def _course_figures(row: Row[Any]) -> CourseFigures:
    return CourseFigures(
        row.definition_id,
        tuple(row.steps),
        row.visits,
        row.flows,
        row.completed,
        row.number - row.completed,
        row.is_migrated,
    )


def _ended(table: Table, period: Period) -> Conditions:
    return [table.c.ended_at >= period.since, table.c.ended_at < period.until]


def _of_row(row: Any, *names: str) -> dict[str, Any]:
    """These values of the row; what is null is left to its default."""
    return {n: getattr(row, n) for n in names if row is not None and getattr(row, n) is not None}
