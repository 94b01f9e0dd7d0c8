"""Measured time: what has ended and is not measured yet, and the measures of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict

from sqlalchemy import ColumnElement, Table, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from engine.model import (
    HAND_KINDS,
    Course,
    HistoryEvent,
    InstanceTime,
    TaskTime,
    UserTask,
)
from engine.model import ProcessInstance as Instance
from engine.store.events import event_of
from engine.store.filters import Conditions
from engine.store.instances import INSTANCE_COLUMNS, instance_of
from engine.store.kept_rows import readable
from engine.store.tables import (
    course,
    history_event,
    instance_time,
    process_instance,
    task_time,
    user_task,
)
from engine.store.tallies import Tallies
from engine.store.tasks import TASK_KEY, task_of


class Times(Tallies):
    """Questions about what is to be measured, and the writing of measures."""

    def is_unmeasured(self, except_of: Collection[str] = ()) -> bool:
        """Whether a task or an instance has ended that is not measured, but for those instances."""
        tables = (user_task, process_instance)
        return any(
            self._is_any(select(table).where(*_unmeasured(table, except_of))) for table in tables
        )

    def claimed_unmeasured_tasks(
        self, limit: int, *, except_of: Collection[str] = ()
    ) -> list[UserTask]:
        """Tasks that have ended and are not measured, the oldest end first.

        Those that another worker measures are passed over.
        """
        self._must_write()
        statement = (
            select(user_task)
            .where(*_unmeasured(user_task, except_of))
            .order_by(user_task.c.ended_at)
            .limit(self._beyond_damaged(limit))
            .with_for_update(skip_locked=True)
        )
        return self._listed(statement, task_of, *TASK_KEY)

    def claimed_unmeasured_instances(
        self, limit: int, *, except_of: Collection[str] = ()
    ) -> list[Instance]:
        """Instances that have ended and are not measured, likewise."""
        self._must_write()
        statement = (
            select(*INSTANCE_COLUMNS)
            .where(*_unmeasured(process_instance, except_of))
            .order_by(process_instance.c.ended_at)
            .limit(self._beyond_damaged(limit))
            .with_for_update(skip_locked=True)
        )
        return self._listed(statement, instance_of, process_instance.c.instance_id)

    def tasks_of_instances(self, instance_ids: Collection[str]) -> list[UserTask]:
        """All tasks of these instances, open or ended. Raises DamagedRow: none is left out."""
        statement = select(user_task).where(user_task.c.instance_id.in_(sorted(instance_ids)))
        with readable("a row of user_task"):
            return [task_of(row) for row in self._all(statement)]

    def hand_events(self, tasks: Iterable[UserTask]) -> list[HistoryEvent]:
        """How these tasks got into hands and out of them, each instance's in its order.

        Raises DamagedRow: none is left out.
        """
        wanted = [(task.instance_id, task.task_id) for task in tasks]
        columns = history_event.c
        statement = (
            select(history_event)
            .where(
                tuple_(columns.instance_id, columns.activity_instance_id).in_(wanted),
                columns.kind.in_(sorted(kind.value for kind in HAND_KINDS)),
            )
            .order_by(columns.instance_id, columns.sequence)
        )
        with readable("a row of history_event"):
            return [event_of(row) for row in self._all(statement)]

    # ------------------------------------------------------------------- writing

    def put_task_times(self, new: Collection[TaskTime]) -> None:
        """Keep the measures, and that these tasks are measured."""
        if not new:
            return
        self.untally([each.ended_at for each in new])
        self._put(task_time, [asdict(each) for each in new])
        keys = [(each.instance_id, each.task_id) for each in new]
        key = tuple_(user_task.c.instance_id, user_task.c.task_id)
        self._write(update(user_task).where(key.in_(keys)).values(is_measured=True))

    def put_instance_times(self, new: Collection[tuple[InstanceTime, Course]]) -> None:
        """Keep the measures with their courses, and that these instances are measured."""
        if not new:
            return
        self.untally([each.ended_at for each, _ in new])
        courses = {each.digest: asdict(each) for _, each in new}
        self._put(course, [courses[digest] for digest in sorted(courses)])
        self._put(instance_time, [{**asdict(t), "state": t.state.value} for t, _ in new])
        ids = [each.instance_id for each, _ in new]
        measured = update(process_instance).where(process_instance.c.instance_id.in_(ids))
        self._write(measured.values(is_measured=True))

    def forget_task_times(self, instance_id: str, task_ids: Collection[str]) -> None:
        """These tasks are not measured."""
        if not task_ids:
            return
        # When they ended is not read: it may be damaged.
        self.forget_tallies()
        for table in (task_time, user_task):
            key = (table.c.instance_id == instance_id) & table.c.task_id.in_(sorted(task_ids))
            done = delete(table) if table is task_time else update(table).values(is_measured=False)
            self._write(done.where(key))

    def forget_instance_time(self, instance_id: str) -> None:
        """The instance is not measured.

        Nor is whoever went the same course, so that this is kept anew too. Nothing is read: it may
        be damaged.
        """
        self.forget_tallies()
        columns = instance_time.c
        its = select(columns.course_digest).where(columns.instance_id == instance_id)
        is_same = columns.course_digest == its.scalar_subquery()
        of_it = process_instance.c.instance_id == instance_id
        of_them = process_instance.c.instance_id.in_(select(columns.instance_id).where(is_same))
        self._write(update(process_instance).where(of_it | of_them).values(is_measured=False))
        self._write(delete(instance_time).where(is_same))
        self._write(delete(course).where(course.c.digest.not_in(select(columns.course_digest))))

    def _put(self, table: Table, rows: list[dict[str, object]]) -> None:
        """Insert; what is there already stays: it was measured from the same history."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        self._write(dialect.insert(table).on_conflict_do_nothing(), rows)


def _unmeasured(table: Table, except_of: Collection[str]) -> Conditions:
    measured: ColumnElement[bool] = table.c.is_measured
    others = [table.c.instance_id.not_in(sorted(except_of))] if except_of else []
    return [~measured, table.c.ended_at.is_not(None), *others]
