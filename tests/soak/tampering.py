"""Somebody with root changes rows of a database past everything; what `verify` then says of it."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import EngineError
from engine.model import Fault
from tests.office import ADMIN
from tests.soak.specimen import Specimen

ACTS = ("change", "truncate", "delete", "insert", "swap")
#: Tables in which every act must be found, whatever row and column it is about.
HISTORY = ("history_event",)

#: Tables beside history, of which every row and column must be found that these do not name: what
#: no event tells, and what says the same with another number (a flag that is 2).
BESIDE = {
    "user_task": {
        *("remind_at", "escalate_at", "is_measured"),
        # Of those that ended.
        *("preceded_by", "is_strategic", "substitution_id"),
    },
    "task_time": {"is_cancelled"},
    "instance_time": set[str](),
    "course": {"is_migrated"},
    "search_entry": {"entry_id"},
    "process_instance": {"is_measured"},
    "document": set[str](),
    "document_content": set[str](),
    "deployment": {"name", "source", "deployed_by"},
}
#: A copy under another key is of another instance, or says nothing: see the README.
BESIDE_ACTS = ("change", "truncate", "delete", "swap")


@dataclass(frozen=True)
class Change:
    """What was done to one row. `instance_id`, `sequence`: as far as the row has them."""

    table: str
    act: str
    column: str = ""
    instance_id: str = ""
    sequence: int = 0
    before: object = None
    after: object = None


@dataclass
class Tamperer:
    """Changes one row at a time of a SQLite file, with its triggers and checks taken away."""

    file: Path
    rng: random.Random

    def tables(self) -> list[str]:
        """Those that have rows."""
        with self._opened() as db:
            names = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            plain = [n for (n,) in names if not n.startswith(("sqlite_", "search_text"))]
            return [n for n in plain if db.execute(f'SELECT 1 FROM "{n}" LIMIT 1').fetchone()]

    def tamper(self, table: str, act: str) -> Change | None:
        """Do it to some row; None when this cannot be done to the table."""
        with self._opened() as db:
            done: Change | None = getattr(self, f"_{act}")(db, table)
            db.commit()
            return done

    def tamper_of(self, table: str, act: str) -> Change | None:
        """Do it to what history tells of a table beside it; None when that cannot be done."""
        untold = BESIDE[table]
        whole = self.file.read_bytes()
        for _ in range(30):
            change = self.tamper(table, act)
            if change is not None and change.column not in untold:
                return change
            self.file.write_bytes(whole)
        return None

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.file)) as db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA foreign_keys = OFF")
            db.execute("PRAGMA ignore_check_constraints = ON")
            triggers = db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in triggers.fetchall():
                db.execute(f'DROP TRIGGER "{name}"')
            yield db

    # --------------------------------------------------------------------- acts

    def _change(self, db: sqlite3.Connection, table: str) -> Change | None:
        return self._set(db, table, "change", self._other)

    def _truncate(self, db: sqlite3.Connection, table: str) -> Change | None:
        def cut(value: Any) -> Any:
            return value[: len(value) // 2] if isinstance(value, str | bytes) and value else value

        return self._set(db, table, "truncate", cut)

    def _set(self, db: sqlite3.Connection, table: str, act: str, other: Any) -> Change | None:
        row = self._row(db, table)
        others = {name: other(value) for name, value in dict(row).items() if name != "rowid_"}
        columns = [name for name, value in others.items() if value != row[name]]
        if not columns:
            return None
        column = self.rng.choice(columns)
        value = others[column]
        statement = f'UPDATE OR IGNORE "{table}" SET "{column}" = ? WHERE rowid = ?'
        if db.execute(statement, (value, row["rowid_"])).rowcount != 1:
            return None
        return _told(table, act, row, column, row[column], value)

    def _other(self, value: Any) -> Any:
        if isinstance(value, int):
            return value + self.rng.choice([-1, 1, 1000])
        if isinstance(value, str) and value:
            place = self.rng.randrange(len(value))
            letter = self.rng.choice([each for each in '0z"{é' if each != value[place]])
            return value[:place] + letter + value[place + 1 :]
        if isinstance(value, bytes) and value:
            place = self.rng.randrange(len(value))
            return value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]
        return value

    def _delete(self, db: sqlite3.Connection, table: str) -> Change | None:
        row = self._row(db, table)
        db.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (row["rowid_"],))
        return _told(table, "delete", row)

    def _insert(self, db: sqlite3.Connection, table: str) -> Change | None:
        """A copy of a row under another key."""
        row = self._row(db, table)
        keys = [each["name"] for each in db.execute(f'PRAGMA table_info("{table}")') if each["pk"]]
        values = {name: value for name, value in dict(row).items() if name != "rowid_"}
        key = "sequence" if "sequence" in keys else self.rng.choice(keys)
        last = db.execute(f'SELECT max("{key}") FROM "{table}"').fetchone()[0]
        values[key] = last + 1 if isinstance(last, int) else f"{values[key]}x"
        marks = ", ".join("?" * len(values))
        names = ", ".join(f'"{name}"' for name in values)
        statement = f'INSERT OR IGNORE INTO "{table}" ({names}) VALUES ({marks})'
        if db.execute(statement, list(values.values())).rowcount != 1:
            return None
        return _told(table, "insert", row, key, row[key], values[key])

    def _swap(self, db: sqlite3.Connection, table: str) -> Change | None:
        """Two rows exchange what they say, under the keys that they have."""
        one, two = self._row(db, table), self._row(db, table)
        info = db.execute(f'PRAGMA table_info("{table}")').fetchall()
        columns = [each["name"] for each in info if not each["pk"]]
        if not columns or all(one[name] == two[name] for name in columns):
            return None
        rest = [name for name in columns if one[name] != two[name]]
        column = self.rng.choice(rest)
        statement = f'UPDATE OR IGNORE "{table}" SET "{column}" = ? WHERE rowid = ?'
        for row, other in ((one, two), (two, one)):
            if db.execute(statement, (other[column], row["rowid_"])).rowcount != 1:
                return None
        return _told(table, "swap", one, column, one[column], two[column])

    def _row(self, db: sqlite3.Connection, table: str) -> sqlite3.Row:
        count = db.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
        statement = f'SELECT rowid AS rowid_, * FROM "{table}" LIMIT 1 OFFSET ?'
        row: sqlite3.Row = db.execute(statement, (self.rng.randrange(count),)).fetchone()
        return row


def _told(
    table: str, act: str, row: sqlite3.Row, column: str = "", before: Any = None, after: Any = None
) -> Change:
    names = row.keys()
    return Change(
        table,
        act,
        column,
        row["instance_id"] if "instance_id" in names else "",
        row["sequence"] if "sequence" in names else 0,
        before,
        after,
    )


def faults_of(specimen: Specimen) -> list[Fault]:
    """What `alur verify --all` names; an error of the engine counts as a fault of its own."""
    with specimen.opened() as engine:
        try:
            folder = engine.checkpoint_proof.folder()
            assert folder is not None
            return [
                *(f for each in engine.history.verify_all(actor=ADMIN) for f in each.faults),
                *engine.definitions.faults(actor=ADMIN),
                *engine.tallying.faults(actor=ADMIN),
                *engine.evidence_packages.faults(actor=ADMIN),
                *engine.personal_data.verify(actor=ADMIN).faults,
                *engine.account_log.verify(actor=ADMIN).faults,
                *engine.checkpoint_proof.verify(folder, actor=ADMIN).faults,
            ]
        except EngineError as error:
            return [Fault("", 0, "error", str(error))]


def names(faults: list[Fault], change: Change) -> bool:
    """Whether a changed event of history is named: its instance, and itself or the next one."""
    found = [each for each in faults if each.instance_id == change.instance_id]
    return any(each.sequence <= change.sequence + 1 for each in found) or (
        change.act == "insert" and bool(found)
    )
