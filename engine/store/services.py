"""External tasks: who may perform them, and for how long a worker holds one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, func, or_, select, update

from engine.errors import NotFound
from engine.model import ExternalTask, StoredInstance
from engine.queries import ExternalTaskQuery, Page, TopicSubscription
from engine.store.filters import Conditions, among, equal
from engine.store.instances import stored_instance_of
from engine.store.kept_rows import of_table
from engine.store.tables import external_task, process_instance
from engine.store.transaction import Transaction, paged

_FIRST_PAGE = Page()
_COLUMNS = external_task.c
#: What names a row.
_KEY = (_COLUMNS.instance_id, _COLUMNS.external_task_id)
_LABELLED = tuple(column.label(f"external_{column.name}") for column in _COLUMNS)
_SORTING = {
    name: _COLUMNS[name]
    for name in ("external_task_id", "lock_expires_at", "instance_id", "priority", "created_at")
}


class Services(Transaction):
    """Questions about external tasks."""

    def stored_service(
        self, external_task_id: str, *, for_step: bool = False
    ) -> tuple[ExternalTask, StoredInstance]:
        """The external task with its instance and snapshot, or NotFound.

        for_step: other steps of the instance wait until this transaction ends.
        """
        statement = (
            select(process_instance, *_LABELLED)
            .join(external_task, _COLUMNS.instance_id == process_instance.c.instance_id)
            .where(_COLUMNS.external_task_id == external_task_id)
        )
        if for_step:
            self._must_write()
            statement = statement.with_for_update(of=[process_instance, external_task])
        row = self._first(statement)
        if row is None:
            raise NotFound("external task", external_task_id)
        values = {column.name: row._mapping[f"external_{column.name}"] for column in _COLUMNS}
        return ExternalTask(**values), self._taken(stored_instance_of(row), for_step=for_step)

    def service(self, external_task_id: str) -> ExternalTask:
        """The external task of that id, or NotFound."""
        found = self.services(ExternalTaskQuery(external_task_id=external_task_id))
        if not found:
            raise NotFound("external task", external_task_id)
        return found[0]

    def services(self, query: ExternalTaskQuery, page: Page = _FIRST_PAGE) -> list[ExternalTask]:
        """The external tasks that match."""
        statement = paged(
            select(external_task).where(*_conditions(query)),
            page,
            _SORTING,
            _COLUMNS.created_at,
            _COLUMNS.external_task_id,
        )
        return self._listed(statement, _service, *_KEY)

    def count_services(self, query: ExternalTaskQuery) -> int:
        """How many external tasks match."""
        return self._number(
            select(func.count()).select_from(external_task).where(*_conditions(query))
        )

    def lock_services(
        self,
        topics: Sequence[TopicSubscription],
        worker_id: str,
        *,
        now: datetime,
        limit: int,
        by_priority: bool,
    ) -> list[ExternalTask]:
        """Lock up to `limit` free external tasks of these topics for a worker, and give them.

        Two workers never get the same one: on PostgreSQL rows that another one is locking are
        passed over, on SQLite writers go one after the other.
        """
        self._must_write()
        free = {
            task.external_task_id: (task, topic)
            for topic in topics
            for task in self._free(topic, now, limit, by_priority=by_priority)
        }
        order = sorted(
            free.values(),
            key=lambda each: (-each[0].priority if by_priority else 0, each[0].created_at),
        )
        locked: list[ExternalTask] = []
        for task, topic in order[:limit]:
            until = now + timedelta(milliseconds=topic.lock_duration_ms)
            self.hold_service(task.external_task_id, worker_id, until)
            locked.append(replace(task, worker_id=worker_id, lock_expires_at=until))
        return locked

    def hold_service(
        self, external_task_id: str, worker_id: str | None, expires_at: datetime | None
    ) -> None:
        """Write whose the external task is, and until when."""
        self._write(
            update(external_task)
            .where(_COLUMNS.external_task_id == external_task_id)
            .values(worker_id=worker_id, lock_expires_at=expires_at)
        )

    def set_service_retries(self, external_task_id: str, retries: int) -> None:
        """Write how often the external task may still fail."""
        self._write(
            update(external_task)
            .where(_COLUMNS.external_task_id == external_task_id)
            .values(retries=retries)
        )

    def _free(
        self, topic: TopicSubscription, now: datetime, limit: int, *, by_priority: bool
    ) -> list[ExternalTask]:
        order = [_COLUMNS.priority.desc()] if by_priority else []
        statement = (
            select(external_task)
            .where(
                _COLUMNS.topic == topic.topic,
                or_(_COLUMNS.retries.is_(None), _COLUMNS.retries > 0),
                _is_free(now),
                *equal(_COLUMNS.business_key, topic.business_key),
                *equal(_COLUMNS.definition_id, topic.definition_id),
                *among(_COLUMNS.definition_key, topic.definition_keys_in),
            )
            .order_by(*order, _COLUMNS.created_at, _COLUMNS.external_task_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return self._listed(statement, _service, *_KEY)


@of_table(external_task)
def _service(row: Row[Any]) -> ExternalTask:
    return ExternalTask(**row._mapping)


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(_COLUMNS.lock_expires_at.is_(None), _COLUMNS.lock_expires_at <= now)


def _conditions(query: ExternalTaskQuery) -> Conditions:
    conditions = [
        *equal(_COLUMNS.external_task_id, query.external_task_id),
        *equal(_COLUMNS.topic, query.topic),
        *equal(_COLUMNS.worker_id, query.worker_id),
        *equal(_COLUMNS.instance_id, query.instance_id),
        *equal(_COLUMNS.definition_id, query.definition_id),
        *equal(_COLUMNS.definition_key, query.definition_key),
        *equal(_COLUMNS.activity_id, query.activity_id),
    ]
    if query.is_locked is not None and query.at is not None:
        is_free = _is_free(query.at)
        conditions.append(~is_free if query.is_locked else is_free)
    if query.has_retries_left is not None:
        is_left = or_(_COLUMNS.retries.is_(None), _COLUMNS.retries > 0)
        conditions.append(is_left if query.has_retries_left else ~is_left)
    return conditions
