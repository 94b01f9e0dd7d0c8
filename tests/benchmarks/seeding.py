"""Large databases: copies of real instances under ids of their own, written in bulk.

A copy has every row that its model has: head, snapshot, history, tasks, words of the search. Its
hash chain is the model's, so that nothing here is for `verify`; what is measured beside the copies
is done with real instances.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from engine.model import ProcessDefinition
from engine.process_engine import ProcessEngine
from engine.store.connection import open_engine
from engine.store.tables import history_event, process_instance, search_entry, user_task
from tests.benchmarks import workload
from tests.benchmarks.contestants.alur import deployed

#: In the order in which they may be written.
_TABLES = (process_instance, history_event, user_task, search_entry)
_BATCH = 2_000
_STEP = timedelta(seconds=7)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Model:
    """The rows of one real instance."""

    instance_id: str
    task_ids: tuple[str, ...]
    rows: Mapping[str, Sequence[Row]]


class Population:
    """Grows the number of instances in a database."""

    def __init__(self, engine: ProcessEngine, url: str) -> None:
        """engine: on the migrated, empty database at `url`."""
        self._database = open_engine(url)
        self.definition = deployed(engine)
        self.size = 0
        # One for each lane that an open task can wait for.
        stages = range(len(workload.LANES))
        begun = [_begun(engine, self.definition, stage) for stage in stages]
        with self._database.connect() as connection:
            self._models = [_model(connection, instance_id) for instance_id in begun]
        self.size += len(self._models)

    def grow(self, size: int) -> None:
        """Copy until there are so many instances, each with one open task."""
        for first in range(self.size, size, _BATCH):
            numbers = range(first, min(first + _BATCH, size))
            with self._database.begin() as connection:
                copies = [_copy(self._models[n % len(self._models)], n) for n in numbers]
                for table in _TABLES:
                    rows = [row for copy in copies for row in copy[table.name]]
                    connection.execute(insert(table), rows)
        self.size = max(self.size, size)
        if self._database.dialect.name == "postgresql":
            # As autovacuum does within a minute of so much that is new.
            with self._database.begin() as connection:
                connection.exec_driver_sql("ANALYZE")

    def close(self) -> None:
        self._database.dispose()


def _begun(engine: ProcessEngine, definition: ProcessDefinition, stage: int) -> str:
    """An instance with so many completed steps."""
    started = engine.instances.start(definition, {}, actor=workload.ADMIN, business_key="uji-0")
    task_id = started.opened[0].task_id
    for number in range(stage):
        values = workload.submission(f"langkah_{number + 1}")
        person = workload.person(workload.lane_of(number))
        task_id = engine.tasks.complete(task_id, values, actor=person).opened[0].task_id
    return started.instance.instance_id


def _model(connection: Connection, instance_id: str) -> Model:
    rows = {table.name: _rows(connection, table, instance_id) for table in _TABLES}
    task_ids = tuple(row["task_id"] for row in rows[user_task.name])
    return Model(instance_id, task_ids, rows)


def _rows(connection: Connection, table: Table, instance_id: str) -> list[Row]:
    found = connection.execute(select(table).where(table.c.instance_id == instance_id))
    return [dict(row._mapping) for row in found]


def _copy(model: Model, number: int) -> dict[str, list[Row]]:
    instance_id = _id_of(number)
    renamed = {
        task_id: str(uuid.uuid5(uuid.UUID(instance_id), task_id)) for task_id in model.task_ids
    }
    return {
        name: [dict(_renamed(name, row, instance_id, number, renamed)) for row in rows]
        for name, rows in model.rows.items()
    }


def _renamed(
    table: str, row: Row, instance_id: str, number: int, task_ids: Mapping[str, str]
) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if name == "instance_id":
            yield name, instance_id
        elif name in {"task_id", "activity_instance_id"}:
            yield name, task_ids.get(value, value)
        elif name == "business_key":
            yield name, f"uji-{number}"
        elif name in {"started_at", "created_at", "at"}:
            yield name, value - _STEP * number
        elif name == "words":
            yield name, f"{value} nomor{number}"
        elif name != "entry_id":
            yield name, value


def _id_of(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(number)))
