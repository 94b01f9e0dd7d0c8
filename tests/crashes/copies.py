"""A whole database as it was at one moment, to be taken up again after each try."""

from __future__ import annotations

from typing import Any, Protocol

from engine.store import Store
from engine.store.tables import metadata

#: Where PostgreSQL keeps it: beside its own tables.
_ASIDE = "as_it_was"
_NAMES = [table.name for table in metadata.sorted_tables]


class Copy(Protocol):
    """What `copy_of` gives."""

    def restore(self) -> None:
        """The store has what it had, and nothing else."""

    def close(self) -> None:
        """It is not needed any more."""


def copy_of(store: Store) -> Copy:
    """What the store has now, whose tables take anything (`lay_open`)."""
    return _InMemory(store) if store.dialect == "sqlite" else _Aside(store)


class _InMemory:
    def __init__(self, store: Store) -> None:
        self._store, self._before = store, Store.open("sqlite://")
        _write(store, self._before)

    def restore(self) -> None:
        _write(self._before, self._store)

    def close(self) -> None:
        self._before.close()


def _write(source: Store, to: Store) -> None:
    with source._engine.connect() as one, to._engine.connect() as other:
        driver: Any = one.connection.driver_connection
        driver.backup(other.connection.driver_connection)


class _Aside:
    def __init__(self, store: Store) -> None:
        self._store = store
        made = (f"CREATE TABLE {_ASIDE}.{name} AS TABLE {name}" for name in _NAMES)
        self._execute(f"CREATE SCHEMA {_ASIDE}", *made)

    def restore(self) -> None:
        again = (f"INSERT INTO {name} SELECT * FROM {_ASIDE}.{name}" for name in _NAMES)
        self._execute(f"TRUNCATE {', '.join(_NAMES)}", *again)

    def close(self) -> None:
        """It goes with the database."""

    def _execute(self, *statements: str) -> None:
        with self._store._engine.begin() as connection:
            connection.exec_driver_sql("; ".join(statements))
