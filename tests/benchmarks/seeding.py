"""Large databases: copies of real instances under ids of their own, made inside the database.

A copy has every row that its model has: head, snapshot, history, variables, tasks, words of the
search. Its hash chain is the model's, so that nothing here is for `verify`; what is measured beside
the copies is done with real instances.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    cast,
    event,
    func,
    insert,
    literal,
    select,
    type_coerce,
)

from engine.model import ProcessDefinition
from engine.process_engine import ProcessEngine
from engine.store.connection import open_engine
from engine.store.tables import (
    Words,
    history_event,
    process_instance,
    search_entry,
    user_task,
    variable_update,
)
from tests.benchmarks import workload
from tests.benchmarks.contestants.alur import deployed

#: In the order in which they may be written.
_TABLES = (process_instance, history_event, variable_update, user_task, search_entry)
#: Copies of one transaction: each index is walked once from end to end for so many.
_BATCH = 50_000
_STEP_MS = 7_000
_MOMENTS = frozenset({"started_at", "created_at", "at", "ended_at"})
_IDS = frozenset({"task_id", "activity_instance_id"})

#: Which copies are made next, and of which model.
_copy = Table(
    "next_copy",
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("instance_id", Words, nullable=False),
    Column("model", Words, nullable=False),
    prefixes=["TEMPORARY"],
)


class Population:
    """Grows the number of instances in a database."""

    def __init__(self, engine: ProcessEngine, url: str) -> None:
        """engine: on the migrated, empty database at `url`."""
        self._database = open_engine(url)
        if self._database.dialect.name == "sqlite":
            event.listen(self._database, "connect", _hurry)
        self.definition = deployed(engine)
        # One for each lane that an open task can wait for.
        self._models = [
            _begun(engine, self.definition, stage) for stage in range(len(workload.LANES))
        ]
        self.size = len(self._models)

    def grow(self, size: int) -> None:
        """Copy until there are so many instances, each with one open task."""
        for first in range(self.size, size, _BATCH):
            with self._database.begin() as connection:
                self._copy(connection, range(first, min(first + _BATCH, size)))
        self.size = max(self.size, size)
        if self._database.dialect.name == "postgresql":
            # As autovacuum does within a minute of so much that is new.
            with self._database.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql("VACUUM ANALYZE")

    def close(self) -> None:
        self._database.dispose()

    def _copy(self, connection: Connection, numbers: range) -> None:
        _copy.create(connection)
        rows = [
            {"number": n, "instance_id": _id_of(n), "model": self._models[n % len(self._models)]}
            for n in numbers
        ]
        connection.execute(insert(_copy), rows)
        for table in _TABLES:
            columns = [each for each in table.c if each.name != "entry_id"]
            # Rows of an instance stand together, and each index is written from one end to the
            # other; the search knows the youngest by its number.
            order = _copy.c.number if table is search_entry else _copy.c.instance_id
            copies = (
                select(*map(_copied, columns))
                .join(_copy, _copy.c.model == table.c.instance_id)
                .order_by(order)
            )
            names = [each.name for each in columns]
            connection.execute(insert(table).from_select(names, copies, include_defaults=False))
        _copy.drop(connection)


def _begun(engine: ProcessEngine, definition: ProcessDefinition, stage: int) -> str:
    """An instance with so many completed steps."""
    started = engine.instances.start(definition, {}, actor=workload.ADMIN, business_key="uji-0")
    task_id = started.opened[0].task_id
    for number in range(stage):
        values = workload.submission(f"langkah_{number + 1}")
        person = workload.person(workload.lane_of(number))
        task_id = engine.tasks.complete(task_id, values, actor=person).opened[0].task_id
    return started.instance.instance_id


def _copied(column: Column[Any]) -> ColumnElement[Any]:
    """What a copy has in this column: the model's value, or one of its own."""
    number: ColumnElement[str] = cast(_copy.c.number, String)
    if column.name == "instance_id":
        return _copy.c.instance_id
    if column.name in _IDS:
        # As random as the instance's, and another one for each of the model's.
        return func.substr(_copy.c.instance_id, 1, 24).concat(func.substr(column, 25))
    if column.name == "business_key":
        return literal("uji-").concat(number)
    if column.name in _MOMENTS:
        return type_coerce(column, BigInteger) - _STEP_MS * _copy.c.number
    if column.name == "words":
        return column.concat(" nomor").concat(number).concat(" ª").concat(number)
    return column


def _hurry(connection: Any, _record: object) -> None:
    """A copy that is lost in a power cut is made again, and needs no waiting for the disk."""
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -1000000")


def _id_of(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(number)))
