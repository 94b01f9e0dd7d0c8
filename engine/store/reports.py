"""Reports: figures of measured time, counted and spread by the database.

Sums are of tallies, as far as the period is tallied, and otherwise of the measures (tallies.py).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, literal, select

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
from engine.store.buckets import Buckets
from engine.store.filters import equal
from engine.store.kept_rows import of_table, readable
from engine.store.leading import Lead
from engine.store.tables import (
    course,
    instance_time,
    process_definition,
    process_instance,
    task_time,
    user_task,
)
from engine.store.tallies import Spreads, Tallies, of_key, within
from engine.store.transaction import FEW

_T, _I = task_time.c, instance_time.c
_COMPLETED = InstanceState.COMPLETED.value
_WAITING = Lead(task_time, "ix_task_time_waiting")
_WORKING = Lead(task_time, "ix_task_time_working")
_ELAPSED = Lead(instance_time, "ix_instance_time_elapsed")
_OF_SOP = Lead(user_task, "ix_user_task_definition_key")
_OPEN = Lead(user_task, "ix_user_task_open_lane")
#: Courses that are named in one statement.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Ordered:
    """Measured times that an index has in their order. `name`: of their spread."""

    name: tuple[str, str, str]
    column: ColumnElement[Any]
    lead: Lead
    conditions: tuple[ColumnElement[bool], ...]

    @property
    def values(self) -> Select[Any]:
        """All of them."""
        found = select(self.column).where(*self.conditions).order_by(self.column)
        return self.lead.of(found)


class Reports(Tallies):
    """Questions about what was measured in a period."""

    def step_figures(
        self, definition_key: str, period: Period, returns: Sequence[Return]
    ) -> list[StepFigures]:
        """Each step with visits that ended in the period, over all versions of the SOP.

        returns: those of the period.
        """
        covered, of_sop = self.covered(period), of_key(definition_key)
        # Where nothing is tallied, all is read.
        spreads = self.task_spreads(covered, of_sop) if covered.span_ids else None
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
                waiting=self._spread(waiting, row.done, row.waiting, spreads),
                working=self._spread(working, row.done, row.working, spreads),
            )
            for row in self.task_sums(covered, ["activity_id"], of_sop)
            for waiting, working in [_of_step(definition_key, row.activity_id, period)]
        ]

    def returns(self, definition_key: str, period: Period) -> list[Return]:
        """Which step sent instances back to which, the most frequent first."""
        # The items of a multi-instance step come back together: that is one return.
        once = (
            select(_T.instance_id, _T.sent_by, _T.activity_id, _T.round)
            .where(
                _T.definition_key == definition_key,
                *within(_T.ended_at, period),
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
        found = (
            select(
                tasks.lane,
                func.count().label("open"),
                func.count().filter(tasks.due_at < now).label("overdue"),
            )
            .where(is_open)
            .group_by(tasks.lane)
        )
        of_sop = [tasks.definition_key == definition_key, tasks.state == TaskState.OPEN.value]
        some = self._all(_OF_SOP.of(select(literal(1)).where(*of_sop)).limit(FEW + 1))
        if len(some) <= FEW:
            rows = self._all(_OF_SOP.of(found.where(*of_sop)))
        else:
            # Of many it is quicker to read no task, but an index that has the versions of the SOP.
            versions = select(process_definition.c.definition_id).where(
                process_definition.c.key == definition_key
            )
            rows = self._all(_OPEN.of(found.where(tasks.definition_id.in_(versions))))
        return [LaneLoad(row.lane, row.open, row.overdue) for row in rows]

    def course_figures(self, definition_key: str, period: Period) -> list[CourseFigures]:
        """The ways that instances went that ended in the period."""
        groups = ["course_digest", "state"]
        found: dict[str, Counter[bool]] = defaultdict(Counter)
        for row in self.instance_sums(self.covered(period), groups, of_key(definition_key)):
            found[row.course_digest][row.state == _COMPLETED] += row.number
        digests, courses = sorted(found), []
        for first in range(0, len(digests), _AT_ONCE):
            some = select(course).where(course.c.digest.in_(digests[first : first + _AT_ONCE]))
            courses += self._listed(some, _read_course, course.c.digest)
        figures = [(each.digest, found[each.digest], each) for each in courses]
        figures.sort(key=lambda of: (-of[1].total(), of[0]))
        return [_course_figures(each, number) for _, number, each in figures]

    def instance_figures(
        self, period: Period, definition_key: str | None = None
    ) -> dict[str, InstanceFigures]:
        """Key -> the instances of that SOP, or of every one that has any."""
        covered, of_sop = self.covered(period), of_key(definition_key)
        spreads = self.instance_spreads(covered, of_sop) if covered.span_ids else None
        found: dict[str, dict[str, Any]] = defaultdict(lambda: {"completed": 0, "cancelled": 0})
        groups = ["definition_key", "state"]
        for row in self.instance_sums(covered, groups, of_sop):
            its = found[row.definition_key]
            if row.state != _COMPLETED:
                its["cancelled"] += row.number
                continue
            its["completed"] = row.number
            ordered = _of_sop(row.definition_key, period)
            its["elapsed"] = self._spread(ordered, row.number, row.elapsed, spreads)
        moving = self._moving(period, definition_key)
        return {
            key: InstanceFigures(key, **moving.get(key, {}), **found.get(key, {}))
            for key in {*found, *moving}
        }

    def deadline_figures(self, period: Period) -> dict[str, tuple[int, int]]:
        """Key -> (visits with a deadline, those of them that were late), over all its steps."""
        rows = self.task_sums(self.covered(period), ["definition_key"], of_key(None))
        return {row.definition_key: (row.dated, row.late) for row in rows if row.dated}

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
        # One search per key and state, so that no more is read than is counted.
        keys = (
            select(process_definition.c.key)
            .where(*equal(process_definition.c.key, definition_key))
            .distinct()
            .subquery()
        )
        of_sop = select(func.count()).where(columns.definition_key == keys.c.key)
        in_any_state = columns.state.in_([each.value for each in InstanceState])
        started = of_sop.where(in_any_state, *within(columns.started_at, period))
        running = of_sop.where(columns.state == InstanceState.ACTIVE.value)
        rows = self._all(
            select(
                keys.c.key,
                started.scalar_subquery().label("started"),
                running.scalar_subquery().label("running"),
            )
        )
        return {
            row.key: {"started": row.started, "running": row.running}
            for row in rows
            if row.started or row.running
        }

    def _spread(
        self, ordered: _Ordered, number: int, total: timedelta, spreads: Spreads | None
    ) -> Spread:
        """How the values are spread: there are `number` of them, and they come to `total`.

        The same as percentile_cont, which would sort them, and which SQLite does not have.
        """
        if not number:
            return Spread()
        buckets = None if spreads is None else spreads.get(ordered.name)
        if buckets is not None and buckets.number != number:
            buckets = None  # they are damaged: the index says it
        shares = []
        for percent in (50, 90):
            below, part = divmod((number - 1) * percent, 100)
            low, high = self._values_at(ordered, below, min(below + 1, number - 1), buckets)
            with readable("a measured time"):
                shares.append(low + (high - low) * part / 100)
        median, ninetieth = shares
        return Spread(median, ninetieth, total)

    def _values_at(
        self, ordered: _Ordered, below: int, above: int, buckets: Buckets | None
    ) -> tuple[timedelta, timedelta]:
        """The values at two places in their order, one behind the other.

        An index has them in their order, so that the question walks to its place in it: from the
        bucket on in which the value lies, when that is known and does not say the value itself.
        """
        statement, behind = ordered.values, below
        if buckets is not None:
            low, high = buckets.place(below), buckets.place(above)
            if low.value is not None and high.value is not None:
                return low.value, high.value
            statement = statement.where(ordered.column >= low.least)
            behind = low.behind
        with readable("a measured time"):
            first, *more = (row[0] for row in self._all(statement.limit(2).offset(behind)))
        return first, (more or [first])[0]


def _of_step(definition_key: str, activity_id: str, period: Period) -> tuple[_Ordered, _Ordered]:
    """The waiting and the working times of a step, of visits that were not cancelled."""
    conditions = [
        _T.definition_key == definition_key,
        _T.activity_id == activity_id,
        ~_T.is_cancelled,
        *within(_T.ended_at, period),
    ]
    waiting, working = (
        _Ordered((definition_key, activity_id, column.name), column, lead, tuple(conditions))
        for column, lead in ((_T.waiting, _WAITING), (_T.working, _WORKING))
    )
    return waiting, working


def _of_sop(definition_key: str, period: Period) -> _Ordered:
    """The times of completed instances."""
    conditions = (
        _I.definition_key == definition_key,
        _I.state == _COMPLETED,
        *within(_I.ended_at, period),
    )
    return _Ordered((definition_key, "", "elapsed"), _I.elapsed, _ELAPSED, conditions)


@of_table(course)
def _read_course(row: Row[Any]) -> Row[Any]:
    return row


def _course_figures(row: Row[Any], number: Counter[bool]) -> CourseFigures:
    return CourseFigures(
        row.definition_id,
        tuple(row.steps),
        row.visits,
        row.flows,
        number[True],
        number[False],
        row.is_migrated,
    )
