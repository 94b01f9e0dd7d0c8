"""Statistics: how often elements were visited, what failed there, how long work took.

They are counted from the events of the instances that are asked for: there are no sums beside
history, so that a question costs what these instances have.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    func,
    literal,
    not_,
    select,
    type_coerce,
)

from engine.model import ActivityStatistics, Durations, EventKind, InstanceState, TaskCount
from engine.queries import InstanceQuery, TaskQuery
from engine.store.aliases import alias_of
from engine.store.filters import Conditions
from engine.store.instance_searches import instance_conditions
from engine.store.tables import history_event, incident, process_instance, user_task
from engine.store.tasks import task_conditions
from engine.store.transaction import Transaction

_entered = alias_of(history_event, "entered")
_left = alias_of(history_event, "departed")
_ENDS = (EventKind.ACTIVITY_COMPLETED.value, EventKind.ACTIVITY_CANCELLED.value)


class Statistics(Transaction):
    """Questions about the elements of a definition, over its instances, and about durations."""

    def visit_statistics(self, query: InstanceQuery) -> list[ActivityStatistics]:
        """Of each element that these instances visited, by its id; no incidents."""
        return [ActivityStatistics(**row._mapping) for row in self._all(_visits(query))]

    def incident_statistics(self, query: InstanceQuery) -> list[ActivityStatistics]:
        """Of each element at which these instances had incidents, by its id; no visits."""
        return [ActivityStatistics(**row._mapping) for row in self._all(_incidents(query))]

    def span_of_instances(self, query: InstanceQuery) -> tuple[datetime, datetime] | None:
        """When the first and the last of the instances that match was started."""
        return self._span(process_instance.c.started_at, instance_conditions(query))

    def instance_durations(
        self, query: InstanceQuery, bounds: Sequence[datetime]
    ) -> dict[int, Durations]:
        """How long instances that have ended took, by how many bounds their start has passed."""
        columns = process_instance.c
        ended = [*instance_conditions(query), columns.ended_at.is_not(None)]
        return self._durations(
            (columns.started_at, columns.ended_at), columns.started_at, bounds, ended
        )

    def span_of_tasks(self, query: TaskQuery) -> tuple[datetime, datetime] | None:
        """When the first and the last of the tasks that match ended."""
        return self._span(user_task.c.ended_at, task_conditions(query))

    def task_durations(self, query: TaskQuery, bounds: Sequence[datetime]) -> dict[int, Durations]:
        """How long tasks that have ended took, by how many bounds their end has passed."""
        columns = user_task.c
        ended = [*task_conditions(query), columns.ended_at.is_not(None)]
        return self._durations(
            (columns.created_at, columns.ended_at), columns.ended_at, bounds, ended
        )

    def task_counts(self, query: TaskQuery, *, by_name: bool) -> list[TaskCount]:
        """How many tasks match, of each definition; by_name: and of each name."""
        columns = user_task.c
        keys = [columns.definition_id, columns.definition_key, *([columns.name] if by_name else [])]
        rows = self._all(
            select(*keys, func.count().label("count"))
            .where(*task_conditions(query))
            .group_by(*keys)
            .order_by(*reversed(keys))
        )
        return [TaskCount(**row._mapping) for row in rows]

    def _span(
        self, column: ColumnElement[Any], conditions: Conditions
    ) -> tuple[datetime, datetime] | None:
        ends = func.min(column).label("earliest"), func.max(column).label("latest")
        row = self._first(select(*ends).where(*conditions))
        return None if row is None or row.earliest is None else (row.earliest, row.latest)

    def _durations(
        self,
        ends: tuple[ColumnElement[Any], ColumnElement[Any]],
        at: ColumnElement[Any],
        bounds: Sequence[datetime],
        conditions: Conditions,
    ) -> dict[int, Durations]:
        first, last = (type_coerce(each, BigInteger) for each in ends)
        passed: ColumnElement[Any] = literal(0, Integer)
        if bounds:
            passed = case(
                *((at < bound, number) for number, bound in enumerate(bounds)), else_=len(bounds)
            )
        taken = (
            select(passed.label("passed"), (last - first).label("took")).where(*conditions)
        ).subquery()
        took = taken.c.took
        rows = self._all(
            select(
                taken.c.passed,
                func.count().label("number"),
                func.min(took).label("shortest"),
                func.max(took).label("longest"),
                func.sum(took).label("total"),
            )
            .group_by(taken.c.passed)
            .order_by(taken.c.passed)
        )
        return {
            row.passed: Durations(
                row.number,
                *(timedelta(milliseconds=int(ms)) for ms in (row.shortest, row.longest, row.total)),
            )
            for row in rows
        }


def _visits(query: InstanceQuery) -> Select[tuple[str, int, int, int]]:
    visit = _entered.join(
        process_instance, process_instance.c.instance_id == _entered.c.instance_id
    ).outerjoin(
        _left,
        and_(
            _left.c.instance_id == _entered.c.instance_id,
            _left.c.activity_instance_id == _entered.c.activity_instance_id,
            _left.c.kind.in_(_ENDS),
        ),
    )
    is_cancelled = case((_left.c.kind == EventKind.ACTIVITY_CANCELLED.value, 1))
    return (
        select(
            _entered.c.activity_id,
            (func.count() - func.count(_left.c.kind)).label("running"),
            func.count(_left.c.kind).label("finished"),
            func.count(is_cancelled).label("cancelled"),
        )
        .select_from(visit)
        # Hidden from the planner: it would read the visits of all definitions.
        .where(
            _entered.c.kind.concat("") == EventKind.ACTIVITY_ENTERED.value,
            *instance_conditions(query),
        )
        .group_by(_entered.c.activity_id)
        .order_by(_entered.c.activity_id)
    )


def _incidents(query: InstanceQuery) -> Select[tuple[str, int, int, int]]:
    is_deleted = and_(
        incident.c.resolved_at == process_instance.c.ended_at,
        process_instance.c.state == InstanceState.CANCELLED.value,
    )
    is_over = incident.c.resolved_at.is_not(None)
    return (
        select(
            incident.c.activity_id,
            func.count(case((~is_over, 1))).label("open_incidents"),
            func.count(case((and_(is_over, not_(is_deleted)), 1))).label("resolved_incidents"),
            func.count(case((is_deleted, 1))).label("deleted_incidents"),
        )
        .join(process_instance, process_instance.c.instance_id == incident.c.instance_id)
        .where(*instance_conditions(query))
        .group_by(incident.c.activity_id)
        .order_by(incident.c.activity_id)
    )
