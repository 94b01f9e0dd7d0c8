"""All rows of a database, out of one and into another, whatever they mean.

Values are those of the database, not of the columns' types, so that what one schema version wrote
is read by a program of another one; SQLite and PostgreSQL keep the same.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, delete, func, insert, select, text
from sqlalchemy.exc import SAWarning, SQLAlchemyError

from engine.errors import Conflict, DamagedRow, StorageOutdated
from engine.store import migrations
from engine.store.connection import driver_errors

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
    """One state of the database, however long it takes to read it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        with driver_errors():
            self.schema = migrations.current(connection)
            self._tables = _tables(connection)
            self.shapes = [_shape(connection, table) for table in self._tables.values()]

    def rows(self, shape: TableShape) -> Iterator[Row]:
        """The rows of a table by its primary key; one batch of them is in memory."""
        table = self._tables[shape.name]
        names = [column.name for column in table.primary_key]
        ordered = select(*(text(_quoted(name)) for name in shape.columns))
        statement = ordered.select_from(table).order_by(*(text(_quoted(n)) for n in names))
        with driver_errors():
            found = self._connection.execution_options(yield_per=_BATCH).execute(statement)
            for part in found.partitions():
                yield from ([_plain(value) for value in row] for row in part)


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

    def load(self, name: str, columns: Sequence[str], rows: Iterable[Row]) -> int:
        """Put the rows into the table; how many. Raises DamagedRow naming table and row."""
        table = self._tables.get(name)
        if table is None or set(columns) - set(table.columns.keys()):
            raise DamagedRow(f"table {name}: the backup's schema version has no such table")
        done = 0
        for batch in _batches(rows):
            values = [dict(zip(columns, row, strict=True)) for row in batch]
            try:
                self._connection.execute(insert(table), values)
            except SQLAlchemyError as error:
                where = f"table {name}, rows {done + 1} to {done + len(batch)}"
                raise DamagedRow(f"{where}: {error.__cause__ or error}") from error
            done += len(batch)
        return done

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
