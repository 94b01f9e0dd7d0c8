"""As much of Python's database interface over apsw as SQLAlchemy needs of a SQLite driver.

The VFS of `disk.py` lives in apsw's SQLite, so the store has to reach it through apsw. Statements
and settings are those of the store; only the library below them is another copy.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import apsw

from engine.store import Store

# What SQLAlchemy asks of the module.
apilevel, threadsafety, paramstyle = "2.0", 1, "qmark"
sqlite_version = apsw.sqlite_lib_version()
sqlite_version_info = tuple(int(part) for part in sqlite_version.split("."))
PARSE_DECLTYPES = PARSE_COLNAMES = 0
Binary = memoryview
Error, Warning = sqlite3.Error, sqlite3.Warning
DatabaseError, InterfaceError = sqlite3.DatabaseError, sqlite3.InterfaceError
OperationalError, ProgrammingError = sqlite3.OperationalError, sqlite3.ProgrammingError
IntegrityError, InternalError = sqlite3.IntegrityError, sqlite3.InternalError
DataError, NotSupportedError = sqlite3.DataError, sqlite3.NotSupportedError


class Cursor:
    arraysize = 1
    lastrowid = None

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self.description: Any = None
        self._cursor = connection.cursor()
        self._cursor.exec_trace = self._described
        self.rowcount = -1

    def execute(self, statement: str, values: Any = ()) -> Cursor:
        return self._run(lambda: self._cursor.execute(statement, values))

    def executemany(self, statement: str, rows: Iterable[Any]) -> Cursor:
        return self._run(lambda: self._cursor.executemany(statement, rows))

    def _run(self, act: Any) -> Cursor:
        before = self._connection.total_changes()
        try:
            act()
        except apsw.ConstraintError as error:
            raise IntegrityError(str(error)) from error
        except apsw.Error as error:
            raise OperationalError(str(error)) from error
        self.rowcount = self._connection.total_changes() - before
        return self

    def _described(self, cursor: apsw.Cursor, *_: object) -> bool:
        """Called before a statement begins: later nobody knows the columns of no rows."""
        self.description = [(name, *[None] * 6) for name, _ in cursor.get_description()] or None
        return True

    def fetchone(self) -> Any:
        return self._cursor.fetchone() if self.description else None

    def fetchmany(self, size: int = 1) -> Sequence[Any]:
        return [row for row in (self.fetchone() for _ in range(size)) if row is not None]

    def fetchall(self) -> Sequence[Any]:
        return self._cursor.fetchall() if self.description else []

    def close(self) -> None:
        self._cursor.close(force=True)


class Connection:
    isolation_level: str | None = None

    def __init__(self, path: str, vfs: str, weaker: str | None) -> None:
        self._connection = apsw.Connection(path, vfs=vfs)
        self._weaker = weaker
        # Without shared memory, which a VFS in Python has not, one connection may still use WAL.
        self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")

    def cursor(self) -> Cursor:
        return Cursor(self._connection)

    def execute(self, statement: str) -> None:
        """Run a statement whose rows nobody reads."""
        if self._weaker and statement == "PRAGMA synchronous = FULL":
            statement = f"PRAGMA synchronous = {self._weaker}"
        cursor = self.cursor()
        cursor.execute(statement)
        cursor.close()

    def commit(self) -> None:
        self._end("COMMIT")

    def rollback(self) -> None:
        self._end("ROLLBACK")

    def create_function(self, name: str, count: int, act: Any, **_: Any) -> None:
        self._connection.create_scalar_function(name, act, count)

    def close(self) -> None:
        self._connection.close(force=True)

    def _end(self, word: str) -> None:
        if self._connection.in_transaction:
            self.execute(word)


class Driver:
    """The module with a VFS: what `create_engine` takes as its driver."""

    def __init__(self, vfs: str, weaker: str | None = None) -> None:
        """weaker: what the store asks for as synchronous=FULL becomes, to see that it matters."""
        self._vfs = vfs
        self._weaker = weaker

    def connect(self, path: str, **_: Any) -> Connection:
        return Connection(path, self._vfs, self._weaker)

    def __getattr__(self, name: str) -> Any:
        return globals()[name]


def open_alone(path: Path) -> Store:
    """The store of a file on a VFS of this driver's, of which one connection may be at work."""
    store = Store.open(f"sqlite:///{path}")
    # What one leaves to the next would keep all others out.
    for at_hand in (store._writers.at_hand, store._askers.at_hand):
        at_hand.keeps = False
    return store
