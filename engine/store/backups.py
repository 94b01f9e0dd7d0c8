"""All rows of a database, out of one and into another, whatever they mean.

Values are those of the database, not of the columns' types, so that what one schema version wrote
is read by a program of another one; SQLite and PostgreSQL keep the same.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Connection, MetaData, Table, delete, func, insert, select, text
from sqlalchemy.exc import SAWarning

from engine.errors import (
    PASSING_TROUBLE,
    Conflict,
    DamagedRow,
    EngineError,
    StorageOutdated,
    StorageUnusable,
)
from engine.store import migrations
from engine.store.connection import driver_errors
from engine.store.driver import texts_as_far_as_they_are
from engine.store.raw_rows import RowReader
from engine.store.tables import metadata

if TYPE_CHECKING:
    from engine.store.store import StoreTransaction as Questions

#: Alembic's own, and SQLite's index of words, which triggers fill.
_NOT_OURS = ("alembic_version", "search_word")
_BATCH = 2_000

#: A number, a text, bytes, true, false or nothing.
Value = int | float | str | bytes | bool | None
Row = Sequence[Value]


@dataclass(frozen=True, slots=True)
class TableShape:
    """One table: its columns in order, and how many rows it has."""

    name: str
    columns: tuple[str, ...]
    rows: int


class Outgoing:
    """One state of the database, however long it takes to read it.

    questions: of the same state; they can be asked when `is_of_this_version`.
    """

    def __init__(self, connection: Connection, questions: Questions) -> None:
        self._connection = connection
        with driver_errors():
            self.schema = migrations.current(connection)
            self._tables = _tables(connection)
            self.shapes = [_shape(connection, table) for table in self._tables.values()]
        self.is_of_this_version = self.schema == migrations.head()
        self.questions = questions

    def rows(self, shape: TableShape) -> Iterator[Row]:
        """The rows of a table by its primary key; one batch of them is in memory.

        What must be a text and is none comes as its bytes.
        """
        table = self._tables[shape.name]
        names = [column.name for column in table.primary_key]
        ordered = select(*(text(_quoted(name)) for name in shape.columns))
        statement = ordered.select_from(table).order_by(*(text(_quoted(n)) for n in names))
        with driver_errors(), texts_as_far_as_they_are(self._connection):
            found = self._connection.execution_options(yield_per=_BATCH).execute(statement)
            for part in found.partitions():
                yield from ([_plain(value) for value in row] for row in part)

    def reader(self, shape: TableShape) -> RowReader | None:
        """What reads such rows as the store does; None for those of another version."""
        table = metadata.tables.get(shape.name) if self.is_of_this_version else None
        if table is None:
            return None
        return RowReader(table, shape.columns, self._connection.dialect)

    def file_faults(self) -> Iterator[str]:
        """What SQLite itself finds wrong with its file; PostgreSQL looks at what it reads."""
        if self._connection.dialect.name != "sqlite":
            return
        with driver_errors():
            found = self._connection.exec_driver_sql("PRAGMA quick_check").scalars().all()
            yield from (str(each) for each in found if each != "ok")
            for table, row, parent, _ in self._connection.exec_driver_sql(
                "PRAGMA foreign_key_check"
            ).all():
                yield f"row {row} of {table} refers to a row of {parent} that is not there"


class Incoming:
    """A database that has no tables yet, and gets all of another one's."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tables: dict[str, Table] = {}

    def prepare(self, schema: str) -> None:
        """Make the tables as they were in that schema version.

        Raises Conflict when there are tables already, StorageOutdated for an unknown version.
        """
        with driver_errors():
            found = _tables(self._connection)
        if found or migrations.current(self._connection):
            raise Conflict(f"the database has {len(found)} tables already; expected an empty one")
        if not migrations.is_known(schema):
            raise StorageOutdated(
                f"the backup has schema version {schema}, which this program does not know; "
                f"it knows versions up to {migrations.head()}"
            )
        with driver_errors():
            migrations.upgrade(self._connection, schema)
            self._tables = _tables(self._connection)
            for table in reversed(self._tables.values()):
                # What a migration begins with is in the backup, too, as it was then.
                if self._connection.scalar(select(func.count()).select_from(table)):
                    self._connection.execute(delete(table))

    def load(self, name: str, columns: Sequence[str], rows: Iterable[Row]) -> list[str]:
        """Put the rows into the table; those that it refuses, each with the reason.

        Raises DamagedRow when there is no such table.
        """
        table = self._tables.get(name)
        if table is None or set(columns) - set(table.columns.keys()):
            raise DamagedRow(f"table {name}: the backup's schema version has no such table")
        refused, done = list[str](), 0
        for batch in _batches(rows):
            if any(len(row) != len(columns) for row in batch):
                raise DamagedRow(f"table {name}: expected {len(columns)} values in each row")
            values = [dict(zip(columns, row, strict=True)) for row in batch]
            if self._refusal(table, values):
                refused += self._one_by_one(table, values, done)
            done += len(batch)
        return refused

    def _one_by_one(self, table: Table, values: Sequence[dict[str, Any]], done: int) -> list[str]:
        """The rows of a batch, of which one at least is refused. done: rows before them."""
        refused = []
        for number, each in enumerate(values, start=done + 1):
            reason = self._refusal(table, [each])
            if reason:
                keys = ", ".join(f"{key.name} {each.get(key.name)}" for key in table.primary_key)
                refused.append(f"row {number} of {table.name} ({keys}): {reason}")
        return refused

    def _refusal(self, table: Table, values: list[dict[str, Any]]) -> str | None:
        """Why the table refuses the rows, of which none is there then; None when they are."""
        try:
            with driver_errors(), self._connection.begin_nested():
                self._connection.execute(insert(table), values)
        except (*PASSING_TROUBLE, StorageUnusable):
            raise
        except EngineError as error:
            return str(error)
        return None

    def finish(self) -> None:
        """Let numbers that the database gives by itself go on after those that are there."""
        if self._connection.dialect.name != "postgresql":
            return
        for table in self._tables.values():
            for column in table.columns:
                self._go_on(table, column)

    def _go_on(self, table: Table, column: Column[Any]) -> None:
        asked = {"name": table.name, "col": column.name}
        with driver_errors():
            sequence = self._connection.scalar(
                text("SELECT pg_get_serial_sequence(:name, :col)"), asked
            )
            if sequence is not None:
                last = self._connection.scalar(select(func.max(column))) or 0
                self._connection.execute(
                    text("SELECT setval(:sequence, :next, false)"),
                    {"sequence": sequence, "next": last + 1},
                )


def _tables(connection: Connection) -> dict[str, Table]:
    """The tables as the database has them, those that others refer to first."""
    found = MetaData()
    with warnings.catch_warnings():
        # Of expressions in indexes, which no row needs.
        warnings.simplefilter("ignore", SAWarning)
        found.reflect(connection, only=lambda name, _: not name.startswith(_NOT_OURS))
    return {table.name: table for table in found.sorted_tables}


def _shape(connection: Connection, table: Table) -> TableShape:
    rows = connection.scalar(select(func.count()).select_from(table))
    return TableShape(table.name, tuple(table.columns.keys()), int(rows or 0))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _plain(value: Any) -> Value:
    return bytes(value) if isinstance(value, memoryview | bytearray) else value


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
