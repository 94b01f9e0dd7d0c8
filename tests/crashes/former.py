"""A full office as a former version of Alur kept it, and damages that no table allows.

By hand: `python -m tests.crashes.former 500 7` migrates 500 of some 11,000 damaged ones, chosen by
the seed 7, one a second, and shows what is wrong with how that ends. The suite tries a few.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

from alembic import command
from sqlalchemy import Column

from engine.store import Store
from engine.store.migrations.upgrading import config_of_migrations
from engine.store.tables import metadata
from tests.crashes.clerk import UNEXPECTED, Answer, Clerk
from tests.crashes.unreadable import wrong_values

#: The first schema, and those before a version that reads, copies or changes rows.
VERSIONS = ("0001", "0003", "0015", "0029", "0033", "0039", "0041", "0042")


class Former:
    """The clerk's office in a former schema; each migration takes another copy of it."""

    def __init__(self, clerk: Clerk, version: str, file: Path) -> None:
        clerk.renew()
        self.clerk, self.version, self._file = clerk, version, file
        self.instance = clerk.paths["berkas"].rpartition("/")[2]
        _make(clerk.file, version, file)

    def every(self) -> Iterator[tuple[Column[object], str]]:
        """Each column that has a row, and what may stand there instead."""
        with closing(sqlite3.connect(self._file)) as db:
            for table in _tables(db):
                if not db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():
                    continue
                for name in _columns(db, table):
                    column = metadata.tables[table].columns.get(name)
                    if column is not None:
                        yield from ((column, value) for value in wrong_values(column, "sqlite"))

    def migrated(self, damage: tuple[Column[object], str] | None = None) -> Answer:
        """What `alur migrate` says of it, or of it with that damage."""
        self.clerk.renew()
        shutil.copyfile(self._file, self.clerk.file)
        if damage is not None:
            self._damage(*damage)
        return self.clerk("migrate")

    def schema(self) -> str:
        """Which version the database has that was migrated last, or was not."""
        with closing(sqlite3.connect(self.clerk.file)) as db:
            return str(db.execute("SELECT version_num FROM alembic_version").fetchone()[0])

    def fault_of(self, column: Column[object], value: str) -> str | None:
        """What is wrong with how the migration ends; None: nothing."""
        answer = self.migrated((column, value))
        told = f"{self.version}: {column} = {value}: {answer.code} {answer.err.strip()[-400:]}"
        if UNEXPECTED in answer.err or answer.code not in (0, 5):
            return told
        if answer.code == 5:
            is_named = f"{column.table.name}" in answer.err and "nothing was changed" in answer.err
            return None if is_named and self.schema() == self.version else told
        examined = self.clerk("verify", "--all")
        return f"{told}, then {examined.err[-400:]}" if UNEXPECTED in examined.err else None

    def _damage(self, column: Column[object], value: str) -> None:
        """The value stands in a row: the instance's, if it has one."""
        table, name = column.table.name, column.name
        with closing(sqlite3.connect(self.clerk.file, isolation_level=None)) as db:
            db.execute("PRAGMA ignore_check_constraints = ON")
            triggers = db.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?",
                (table,),
            ).fetchall()
            for trigger, _ in triggers:
                db.execute(f"DROP TRIGGER {trigger}")
            its = "SELECT sql FROM sqlite_master WHERE name = ?"
            [law] = db.execute(its, (table,)).fetchone()
            _say(db, table, re.sub(r"(?<!IS) NOT NULL", "", law))
            has_instance = "instance_id" in _columns(db, table)
            first = f"(instance_id = '{self.instance}') DESC" if has_instance else "1"
            key = ", ".join(_key(db, table))
            row = f'SELECT {key} FROM {table} ORDER BY {first}, "{name}" IS NULL LIMIT 1'
            put = f'UPDATE OR IGNORE {table} SET "{name}" = {value} WHERE ({key}) IN ({row})'
            db.execute(put)
            _say(db, table, law)
            for _, sql in triggers:
                db.execute(sql)


def _make(present: Path, version: str, file: Path) -> None:
    """A database with that schema version which has all that it can have of the present one."""
    with closing(Store.open(f"sqlite:///{file}")) as store:
        config = config_of_migrations()
        with store._writing_engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, version)
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        db.execute("ATTACH ? AS now", (str(present),))
        for table in _tables(db):
            known = {row[1] for row in db.execute(f"PRAGMA now.table_info({table})")}
            shared = ", ".join(f'"{name}"' for name in _columns(db, table) if name in known)
            db.execute(f"DELETE FROM main.{table}")
            db.execute(f"INSERT INTO main.{table} ({shared}) SELECT {shared} FROM now.{table}")
        db.execute("DETACH now")


def _say(db: sqlite3.Connection, table: str, law: str) -> None:
    """The table has that definition; its rows stay as they are."""
    db.execute("PRAGMA writable_schema = ON")
    change = "UPDATE sqlite_master SET sql = ? WHERE name = ? AND type = 'table'"
    db.execute(change, (law, table))
    [number] = db.execute("PRAGMA schema_version").fetchone()
    db.execute(f"PRAGMA schema_version = {number + 1}")
    db.execute("PRAGMA writable_schema = OFF")


def _tables(db: sqlite3.Connection) -> list[str]:
    """Those that the present schema has too."""
    named = db.execute("SELECT name FROM main.sqlite_master WHERE type = 'table' ORDER BY name")
    return [name for (name,) in named if name in metadata.tables]


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in db.execute(f"PRAGMA main.table_info({table})")]


def _key(db: sqlite3.Connection, table: str) -> list[str]:
    rows = db.execute(f"PRAGMA main.table_info({table})").fetchall()
    return [row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5]]


def main(tries: int, seed: int) -> None:
    """Show what is wrong, a line for each try."""
    with tempfile.TemporaryDirectory(prefix="alur-former-") as folder:
        clerk = Clerk(Path(folder))
        formers = [Former(clerk, each, Path(folder) / f"{each}.db") for each in VERSIONS]
        every = [(former, *damage) for former in formers for damage in former.every()]
        for former, column, value in Random(seed).sample(every, min(tries, len(every))):
            if fault := former.fault_of(column, value):
                sys.stdout.write(f"{fault}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
