"""Large databases: copies of real instances under ids of their own, made inside the database.

A copy has every row that its model has: head, snapshot, history, variables, tasks, words of the
search, measures. Its hash chain is the model's, so that nothing here is for `verify`; what is
measured beside the copies is done with real instances.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
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
from engine.queries import InstanceQuery, Page, SortOrder
from engine.store.connection import open_engine
from engine.store.tables import (
    Words,
    history_event,
    instance_time,
    process_instance,
    search_entry,
    task_time,
    user_task,
    variable_update,
)
from tests.benchmarks import workload
from tests.benchmarks.contestants.alur import deployed

#: In the order in which they may be written.
_TABLES = (
    process_instance,
    history_event,
    variable_update,
    user_task,
    search_entry,
    task_time,
    instance_time,
)
#: Copies of one transaction: each index is walked once from end to end for so many.
_BATCH = 50_000
_STEP_MS = 7_000
_MOMENTS = frozenset({"started_at", "created_at", "at", "ended_at", "claimed_at"})
#: Due dates are spread over so many minutes, so that many are near and some have passed, however
#: many there are.
_DUE_IN, _DUE_MINUTES, _MINUTE_MS = timedelta(days=6), 10_000, 60_000
#: What every model is called, and nothing else.
_MODEL_KEY = "uji-0"
#: Has come to its end in each fifth instance.
ENDED_KEY, _ENDED_STEPS = "sop_tiga_langkah", 3
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
    """Grows a number of instances: of five of them four have an open task, and one has ended."""

    def __init__(self, engine: ProcessEngine, url: str) -> None:
        """engine: on the migrated database at `url`, which is empty or was grown before."""
        self._database = open_engine(url)
        if self._database.dialect.name == "sqlite":
            event.listen(self._database, "connect", _hurry)
        self._models = _models(engine)
        self.size = engine.instances.count_instances(InstanceQuery(), actor=workload.ADMIN)

    def grow(self, size: int) -> None:
        """Copy until there are so many instances."""
        for first in range(self.size, size, _BATCH):
            with self._database.begin() as connection:
                self._copy(connection, range(first, min(first + _BATCH, size)))
        if size > self.size and self._database.dialect.name == "postgresql":
            # As autovacuum does within a minute of so much that is new.
            with self._database.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql("VACUUM ANALYZE")
        self.size = max(self.size, size)

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


def _models(engine: ProcessEngine) -> list[str]:
    """The ids of the models: one for each lane that waits, and one that has ended."""
    definition = deployed(engine)
    query, oldest = InstanceQuery(business_key=_MODEL_KEY), (("started_at", SortOrder.ASC),)
    found = engine.instances.instances(query, Page(sorting=oldest), actor=workload.ADMIN)
    if found:
        return [each.instance_id for each in found]
    short = deployed(engine, workload.sop(_ENDED_STEPS, key=ENDED_KEY))
    models = [_begun(engine, definition, stage) for stage in range(len(workload.LANES))]
    models.append(_begun(engine, short, _ENDED_STEPS))
    engine.measuring.turn(lambda: False)
    return models


def _begun(engine: ProcessEngine, definition: ProcessDefinition, stage: int) -> str:
    """An instance with so many completed steps; its open task has a due date."""
    started = engine.instances.start(definition, {}, actor=workload.ADMIN, business_key=_MODEL_KEY)
    opened = started.opened
    for number in range(stage):
        values = workload.submission(f"langkah_{number + 1}")
        person = workload.person(workload.lane_of(number))
        opened = engine.tasks.complete(opened[0].task_id, values, actor=person).opened
    for task in opened:
        due_at = engine.clock.now() + _DUE_IN
        engine.task_changes.change(
            task.task_id, {"due_at": due_at}, actor=workload.ADMIN, reason="dipindahkan"
        )
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
    if column.name == "due_at":
        return type_coerce(column, BigInteger) - _MINUTE_MS * (_copy.c.number % _DUE_MINUTES)
    if column.name == "words":
        return column.concat(" nomor").concat(number).concat(" ª").concat(number)
    return column


def _hurry(connection: Any, _record: object) -> None:
    """A copy that is lost in a power cut is made again, and needs no waiting for the disk."""
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -1000000")


def _id_of(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(number)))
