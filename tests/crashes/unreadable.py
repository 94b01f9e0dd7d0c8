"""What stands in a column that is not what the column says: SQLite keeps anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, Text

from engine.store import Store
from engine.store.tables import metadata
from engine.store.tables.columns import CanonicalJson, Day, Duration, Moment

#: In SQL: a text whose bytes are no UTF-8.
NO_TEXT = "CAST(x'ff7b' AS TEXT)"
LATE = "99999999999999999"

#: By the type of a column, literals of SQL; PostgreSQL takes those that are of its own type.
_BY_TYPE: tuple[tuple[type[Any], tuple[str, ...]], ...] = (
    (Moment, ("'besok'", LATE, f"-{LATE}", "x'ff'")),
    (Duration, ("'lama'", str(2**62), "x'ff'")),
    (Day, ("'2026-13-45'", "7", NO_TEXT)),
    (CanonicalJson, ("'{\"rusak'", "'17'", "'[[1]]'", "'{\"a\": 1}'", NO_TEXT, "x'ff'")),
    (Boolean, ("'ya'", "7")),
    (BigInteger, ("'banyak'", str(2**62), "-5")),
    (Integer, ("'banyak'", str(2**62), "-5")),
    (LargeBinary, ("'teks'", "x'00ff'", "x''")),
)
_TEXTS = (NO_TEXT, "x'ff7b'", "'RUSAK'", "''")


_ON_POSTGRESQL: tuple[tuple[type[Any], tuple[str, ...]], ...] = (
    (Moment, (LATE, f"-{LATE}")),
    (CanonicalJson, ("'{\"rusak'", "'17'", "'[[1]]'", "'{\"a\": 1}'")),
    (Text, ("'RUSAK'",)),
)


def wrong_values(column: Column[Any], dialect: str) -> Sequence[str]:
    """Literals of SQL, each of which stands there as no program would write it."""
    if dialect == "postgresql":
        return _of_type(column, _ON_POSTGRESQL, ())
    table = column.table
    if list(table.primary_key.columns) == [column] and isinstance(column.type, Integer):
        # The number of the row itself, in which SQLite keeps nothing else.
        return ()
    has_rowid = table.dialect_options["sqlite"]["with_rowid"]
    is_key = column.primary_key and not has_rowid
    missing = () if column.nullable or is_key else ("NULL",)
    return (*missing, *_of_type(column, _BY_TYPE, _TEXTS))


def _of_type(
    column: Column[Any],
    values: Sequence[tuple[type[Any], tuple[str, ...]]],
    otherwise: tuple[str, ...],
) -> tuple[str, ...]:
    return next((of for kind, of in values if isinstance(column.type, kind)), otherwise)


def lay_open(store: Store) -> None:
    """Let the tables take anything that the database can keep, whatever their law is."""
    with store._engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        (_lay_open_sqlite if store.dialect == "sqlite" else _lay_open_postgresql)(driver)


def _lay_open_postgresql(driver: Any) -> None:
    laws = (
        "SELECT conrelid::regclass, conname FROM pg_constraint "
        "WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace AND conrelid <> 0"
    )
    for table, name in driver.execute(laws).fetchall():
        driver.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name in metadata.tables:
        driver.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
    driver.commit()


def _lay_open_sqlite(driver: Any) -> None:
    driver.execute("PRAGMA foreign_keys = OFF")
    driver.execute("PRAGMA ignore_check_constraints = ON")
    triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    for (name,) in driver.execute(triggers).fetchall():
        driver.execute(f"DROP TRIGGER {name}")
    driver.execute("PRAGMA writable_schema = ON")
    tables = "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
    for name, sql in driver.execute(tables).fetchall():
        if name in metadata.tables:
            loose = re.sub(r"(?<!IS) NOT NULL", "", sql)
            changed = "UPDATE sqlite_master SET sql = ? WHERE name = ? AND type = 'table'"
            driver.execute(changed, (loose, name))
    [version] = driver.execute("PRAGMA schema_version").fetchone()
    driver.execute(f"PRAGMA schema_version = {version + 1}")
    driver.execute("PRAGMA writable_schema = OFF")
