"""Figures of the work that somebody may see: each is counted in an index that covers it.

What is visible is a definition in which a lane of theirs takes part; beside it, instances that
they started themselves. The two never overlap, so that nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    Subquery,
    Table,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from engine.errors import DamagedRow
from engine.model import (
    DatedWork,
    InstanceCount,
    InstanceState,
    OpenWork,
    Period,
    StuckInstance,
    TaskState,
    UserTask,
)
from engine.queries import OverviewQuery
from engine.sources import whole_milliseconds
from engine.store.filters import Conditions, between, equal, taking_part
from engine.store.instances import INSTANCE_COLUMNS, instance_of
from engine.store.late_instances import LATE_TASK, LateInstances, late_tasks
from engine.store.leading import Lead, all_hidden, unled
from engine.store.tables import incident, process_definition, process_instance, user_task
from engine.store.tallies import Covered, Tallies, Where, of_key
from engine.store.tasks import TASK_KEY, task_of

_OPEN_LANE = Lead(user_task, "ix_user_task_open_lane")
_STATES = frozenset(InstanceState)
_OF_STATE = (process_instance.c.definition_id, process_instance.c.state)
_ENDED_TASKS = Lead(user_task, "ix_user_task_ended_at")
_ENDED_INSTANCES = Lead(process_instance, "ix_process_instance_ended_at")
_UNMEASURED_INSTANCES = Lead(process_instance, "ix_process_instance_unmeasured")
#: A query's period has neither of its moments.
_TICK = timedelta(milliseconds=1)
#: Of a period without beginning, or without end.
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


class Overviews(Tallies, LateInstances):
    """Questions about how work stands."""

    def open_work(self, query: OverviewQuery, now: datetime) -> list[OpenWork]:
        """The open tasks by lane: what lanes show, and what the account started."""
        columns = user_task.c
        rows = self._all(
            _grouped(
                query,
                user_task,
                [columns.lane],
                [
                    func.count().label("open_tasks"),
                    func.count().filter(columns.assignee.is_(None)).label("unclaimed_tasks"),
                    func.count().filter(columns.due_at < now).label("late_tasks"),
                    func.min(columns.created_at).label("oldest_at"),
                    func.count().filter(columns.escalation_level > 0).label("escalated_tasks"),
                ],
                [_in_state(TaskState.OPEN)],
            )
        )
        return [OpenWork(**row._mapping) for row in rows]

    def dated_work(self, query: OverviewQuery) -> list[DatedWork]:
        """The tasks with a due date that were completed in the period, by definition and lane.

        Of a definition and lane there may be several: what is measured, what is not yet, and what
        the account started.
        """
        columns = user_task.c
        groups = [columns.definition_id, columns.lane]
        figures = [
            func.count().label("dated_tasks"),
            func.count().filter(columns.ended_at <= columns.due_at).label("punctual_tasks"),
        ]
        conditions = [
            _in_state(TaskState.COMPLETED),
            columns.due_at.is_not(None),
            columns.ended_at.is_not(None),
            *between(columns.ended_at, query.since, query.before),
        ]
        own = _own(query, user_task, groups, figures, conditions)
        rows: list[Any] = [] if own is None else [*self._all(own)]
        try:
            sums = self.task_sums(self._ended_in(query), ["definition_id", "lane"], _of(query))
            conditions += self.unmeasured(user_task)
        except DamagedRow:
            sums = []  # of the tasks themselves, then
        rows += self._all(_kept(query, _ENDED_TASKS, groups, figures, conditions))
        return [
            *(
                DatedWork(row.definition_id, row.lane, row.dated, row.dated - row.late)
                for row in sums
                if row.dated
            ),
            *(DatedWork(**row._mapping) for row in rows),
        ]

    def running_instances(self, query: OverviewQuery) -> list[InstanceCount]:
        """The running instances by definition."""
        columns, definition = process_instance.c, process_definition.c
        active = InstanceState.ACTIVE
        # One search for each definition: so nothing is compared row by row.
        of_it = [columns.definition_id == definition.definition_id, columns.state == active]
        found = select(func.count()).select_from(process_instance).where(*of_it)
        number = found.scalar_subquery().label("number")
        visible = definition.definition_id.in_(_definitions(query))
        rows: list[Any] = [*self._all(select(definition.definition_id, number).where(visible))]
        is_running = [columns.state == active]
        counted = [func.count().label("number")]
        own = _own(query, process_instance, [columns.definition_id], counted, is_running)
        rows += [] if own is None else self._all(own)
        return [InstanceCount(row.definition_id, active, row.number) for row in rows if row.number]

    def ended_instances(self, query: OverviewQuery) -> list[InstanceCount]:
        """The instances that ended in the period, by definition and state: as `dated_work`."""
        columns = process_instance.c
        number = [func.count().label("number")]
        conditions = [
            columns.ended_at.is_not(None),
            *between(columns.ended_at, query.since, query.before),
        ]
        own = _own(query, process_instance, _OF_STATE, number, conditions)
        rows: list[Any] = [] if own is None else [*self._all(own)]
        lead = _ENDED_INSTANCES
        try:
            groups = [each.key for each in _OF_STATE]
            rows += self.instance_sums(self._ended_in(query), groups, _of(query))
            conditions += self.unmeasured(process_instance)
            lead = _UNMEASURED_INSTANCES
        except DamagedRow:
            pass  # of the instances themselves, then
        rows += self._all(_kept(query, lead, _OF_STATE, number, conditions))
        return _counts(rows)

    def _ended_in(self, query: OverviewQuery) -> Covered:
        since = whole_milliseconds(query.since) + _TICK if query.since else _FIRST
        return self.covered(Period(since, query.before or _LAST))

    def late_by_definition(self, query: OverviewQuery, now: datetime) -> dict[str, int]:
        """Definition -> its running instances with a task whose due date has passed."""
        is_late = [_in_state(TaskState.OPEN), user_task.c.due_at < now]
        if self._connection.dialect.name != "sqlite":
            return self._instances_by_definition(query, user_task, is_late)
        of_lanes = _late_of_lanes(query, is_late)
        number = func.count(of_lanes.c.instance_id.distinct()).label("number")
        each = select(of_lanes.c.definition_id, number).group_by(of_lanes.c.definition_id)
        own = _own(query, user_task, *_by_definition(user_task), is_late)
        return self._number_of_each(each if own is None else union_all(each, own))

    def failed_by_definition(self, query: OverviewQuery) -> dict[str, int]:
        """Definition -> its running instances with an open incident."""
        return self._instances_by_definition(query, incident, [incident.c.resolved_at.is_(None)])

    def _instances_by_definition(
        self, query: OverviewQuery, table: Table, conditions: Conditions
    ) -> dict[str, int]:
        return self._number_of_each(_grouped(query, table, *_by_definition(table), conditions))

    def _number_of_each(self, statement: Select[Any] | CompoundSelect[Any]) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in self._all(statement):
            found[row.definition_id] = found.get(row.definition_id, 0) + row.number
        return found

    def late_instances(
        self, query: OverviewQuery, now: datetime, limit: int
    ) -> list[StuckInstance]:
        """The running instances with tasks whose due date has passed, the longest first."""
        columns = user_task.c
        is_late = [_in_state(TaskState.OPEN), columns.due_at < now]
        found = select(
            columns.instance_id,
            func.min(columns.due_at).label("since"),
            func.count().label("number"),
        )
        try:
            late = [_in_state(TaskState.OPEN, LATE_TASK), LATE_TASK.c.due_at < now]
            visible = _visible(query, LATE_TASK, is_led=True)
            first = self._longest(late_tasks([*late, visible]), limit)
        except DamagedRow:
            return self._stuck(found.where(*is_late, _visible(query, user_task)), limit)
        ids = [instance_id for _, instance_id in first]
        of_these = [columns.instance_id.in_(ids), *all_hidden(is_late, user_task)]
        return self._stuck(found.where(*of_these), limit)

    def failed_instances(self, query: OverviewQuery, limit: int) -> list[StuckInstance]:
        """The running instances with an open incident, the oldest first."""
        columns = incident.c
        return self._stuck(
            select(
                columns.instance_id,
                func.min(columns.raised_at).label("since"),
                func.count().label("number"),
            ).where(columns.resolved_at.is_(None), _visible(query, incident)),
            limit,
        )

    def _stuck(self, found: Select[Any], limit: int) -> list[StuckInstance]:
        instance_id, since, _ = found.selected_columns
        first = found.group_by(instance_id).order_by(since, instance_id).limit(limit).subquery()
        statement = (
            select(*INSTANCE_COLUMNS, first.c.since, first.c.number)
            .join(first, first.c.instance_id == process_instance.c.instance_id)
            .order_by(first.c.since, first.c.instance_id)
        )
        return self._listed(
            statement,
            lambda row: StuckInstance(instance_of(row), row.since, row.number),
            process_instance.c.instance_id,
        )

    def open_tasks_in(self, query: OverviewQuery, instance_ids: Iterable[str]) -> list[UserTask]:
        """The open tasks of those of the instances that are visible, the oldest first."""
        columns = user_task.c
        statement = (
            select(user_task)
            .where(
                columns.instance_id.in_(sorted(instance_ids)),
                # Hidden: SQLite would read every open task.
                unled(columns.state) == TaskState.OPEN,
                _visible(query, user_task, is_led=True),
            )
            .order_by(columns.created_at, columns.task_id)
        )
        return self._listed(statement, task_of, *TASK_KEY)


def _in_state(state: TaskState, tasks: FromClause = user_task) -> ColumnElement[bool]:
    # Written into the statement: of a parameter SQLite does not know that an index of one state
    # may answer.
    return tasks.c.state == literal(state.value, literal_execute=True)


def _by_definition(
    table: Table,
) -> tuple[list[ColumnElement[Any]], list[ColumnElement[Any]]]:
    """How many instances the rows of each definition are of: as groups and figures."""
    return [table.c.definition_id], [func.count(table.c.instance_id.distinct()).label("number")]


def _late_of_lanes(query: OverviewQuery, is_late: Conditions) -> Subquery:
    """Definition and instance of what is late and visible, as an index of SQLite's has it.

    It has the tasks of each lane by their due dates; so the lanes are asked one by one.
    """
    lane = user_task.c.lane
    is_open = _in_state(TaskState.OPEN)
    first = _OPEN_LANE.of(select(func.min(lane).label("lane")).where(is_open))
    walk = first.cte("walk", recursive=True)
    following = _OPEN_LANE.of(select(func.min(lane)).where(is_open, lane > walk.c.lane))
    walk = walk.union_all(
        select(following.correlate(walk).scalar_subquery()).where(walk.c.lane.is_not(None))
    )
    lanes = select(walk.c.lane).where(walk.c.lane.is_not(None))
    visible = [] if _is_of_all(query) else [user_task.c.definition_id.in_(_definitions(query))]
    late = select(user_task.c.definition_id, user_task.c.instance_id).where(*is_late, *visible)
    return union_all(
        *(_OPEN_LANE.of(late.where(each)) for each in (lane.in_(lanes), lane.is_(None)))
    ).subquery("late")


def _is_of_all(query: OverviewQuery) -> bool:
    """Whether whatever there is of work is visible."""
    return query.definition_key is None and query.visible_to_lanes is None


def _definitions(query: OverviewQuery) -> Select[tuple[str]]:
    """Those in which a lane of the query takes part."""
    columns = process_definition.c
    conditions = equal(columns.key, query.definition_key)
    if query.visible_to_lanes is not None:
        conditions.append(taking_part(columns.definition_id, query.visible_to_lanes))
    return select(columns.definition_id).where(*conditions)


def _started(query: OverviewQuery) -> Select[tuple[str]] | None:
    """Instances that the account started though none of its lanes takes part; None for none."""
    if query.visible_to_lanes is None or query.visible_to_account is None:
        return None
    columns = process_instance.c
    return select(columns.instance_id).where(
        columns.started_by == query.visible_to_account,
        *equal(columns.definition_key, query.definition_key),
        # Of this SOP or another: what a lane shows is counted with its definition.
        columns.definition_id.not_in(_definitions(query)),
    )


def _visible(
    query: OverviewQuery, table: FromClause, *, is_led: bool = False
) -> ColumnElement[bool]:
    """That the row is visible. is_led: something else leads to it."""
    if _is_of_all(query):
        return true()
    definition_id: ColumnElement[str] = table.c.definition_id
    instance_id: ColumnElement[str] = table.c.instance_id
    if is_led:
        definition_id, instance_id = unled(definition_id), unled(instance_id)
    of_lanes = definition_id.in_(_definitions(query))
    started = _started(query)
    return or_(of_lanes, false() if started is None else instance_id.in_(started))


def _grouped(
    query: OverviewQuery,
    table: Table,
    groups: Sequence[ColumnElement[Any]],
    figures: Sequence[ColumnElement[Any]],
    conditions: Conditions,
) -> Select[Any] | CompoundSelect[Any]:
    """The figures of each group: of the definitions that are visible, then of what was started."""
    asked = select(*groups, *figures).where(*conditions).group_by(*groups)
    is_visible = table.c.definition_id.in_(_definitions(query))
    of_lanes = asked if _is_of_all(query) else asked.where(is_visible)
    own = _own(query, table, groups, figures, conditions)
    return of_lanes if own is None else union_all(of_lanes, own)


def _own(
    query: OverviewQuery,
    table: Table,
    groups: Sequence[ColumnElement[Any]],
    figures: Sequence[ColumnElement[Any]],
    conditions: Conditions,
) -> Select[Any] | None:
    """The same of what the account started though none of its lanes takes part; None for none."""
    started = _started(query)
    if started is None:
        return None
    own = [table.c.instance_id.in_(started), *all_hidden(conditions, table)]
    return select(*groups, *figures).where(*own).group_by(*groups)


def _kept(
    query: OverviewQuery,
    lead: Lead,
    groups: Sequence[ColumnElement[Any]],
    figures: Sequence[ColumnElement[Any]],
    conditions: Conditions,
) -> Select[Any]:
    """The same of the definitions that are visible, by that index of what has ended."""
    is_visible = lead.table.c.definition_id.in_(_definitions(query))
    found = select(*groups, *figures).where(*conditions, is_visible).group_by(*groups)
    return lead.of(found)


def _of(query: OverviewQuery) -> Where:
    """What of a table of measures, or of its tally, is visible."""
    of_sop = of_key(query.definition_key)
    return lambda table: [*of_sop(table), table.c.definition_id.in_(_definitions(query))]


def _counts(rows: Iterable[Any]) -> list[InstanceCount]:
    # A state that is none is told of where the instance itself is read.
    return [
        InstanceCount(row.definition_id, InstanceState(row.state), row.number)
        for row in rows
        if row.state in _STATES
    ]
