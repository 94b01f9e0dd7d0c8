"""Backups: everything that a database has as one file, and a database made of one again.

A backup is a ZIP file: `backup.json` tells of the rest, and each table is a file of lines, each a
JSON array with the values of one row; bytes stand in base64 as {"bytes": ...}. It fits SQLite and
PostgreSQL alike. Keys are not in it: they are files of their own.

What is damaged is in it as it is, and named: a backup that is refused for one damaged row would
leave all the others without one.
"""

from __future__ import annotations

import json
import struct
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import IO, Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from engine.chain_proof import faults_of_chains
from engine.errors import DamagedRow, InvalidInput
from engine.model import Actor, Fault, Role
from engine.permissions import require_role
from engine.sources import Clock
from engine.store import Store
from engine.store.backups import Outgoing, Row, TableShape

FORMAT = "alur-backup-1"
_MANIFEST = "backup.json"
_CONTENTS = "document_content"
#: Faults that a backup tells of one by one, and rows that a refusal names.
_KEPT, _NAMED = 100, 5
#: What reading a file that somebody changed, or a disk, may raise: each of them by some byte of it.
_UNREADABLE = (
    *(KeyError, ValueError, TypeError, AttributeError, OSError, EOFError, RuntimeError),
    *(BadZipFile, zlib.error, struct.error, OverflowError, MemoryError),
)

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup says of itself."""

    schema: str
    database: str
    made_at: str
    tables: tuple[Mapping[str, Any], ...] = field(repr=False)
    #: What was found wrong with the database as it was made; those after the first few are counted.
    faults: tuple[Fault, ...] = ()
    fault_count: int = 0

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(int(table["rows"]) for table in self.tables)


class Backups:
    """Makes backups of one store; for admins."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def write(
        self, out: IO[bytes], *, actor: Actor, on_progress: OnProgress = lambda _done, _all: None
    ) -> Backup:
        """Write what the database has at this moment; people go on working meanwhile.

        out: can be read back, too. The backup is read once more, and compared with what was
        written. What it says is wrong with the database is in it: rows that cannot be read, chains
        that do not hold, and what SQLite finds in its file. Raises Forbidden, InvalidInput when it
        is not what was written, StorageUnusable when pages of the file cannot be read at all.
        """
        require_role(actor, "make a backup", Role.ADMIN)
        made_at = self._clock.now()
        found = _Faults()
        with self._store.outgoing() as outgoing:
            total = 2 * sum(shape.rows for shape in outgoing.shapes)
            counter = _Counter(on_progress, total)
            found.add(_of_file(outgoing))
            with ZipFile(out, "w", ZIP_DEFLATED, allowZip64=True) as archive:
                tables = [
                    {
                        "name": shape.name,
                        "columns": list(shape.columns),
                        **_put_table(archive, shape.name, _read(outgoing, shape, found), counter),
                    }
                    for shape in outgoing.shapes
                ]
                if outgoing.is_of_this_version:
                    found.add(faults_of_chains(outgoing.questions))
                manifest = _manifest(outgoing.schema, self._store.dialect, made_at, tables)
                manifest["faults"] = found.as_json()
                archive.writestr(_MANIFEST, json.dumps(manifest, indent=1) + "\n")
        out.seek(0)
        with _opened(out) as archive:
            backup = _read_manifest(archive)
            for table in backup.tables:
                for _ in _rows(archive, table, counter):
                    pass
        counter.end()
        return backup


def restore(
    store: Store,
    source: IO[bytes],
    *,
    leaves_out_damaged: bool = False,
    on_progress: OnProgress = lambda _done, _all: None,
) -> tuple[Backup, Sequence[str]]:
    """Fill an empty database; it then has the schema of the backup.

    leaves_out_damaged: rows that the tables refuse are left out, and named in what is returned.
    Raises InvalidInput when the file is no backup or is damaged, Conflict when the database is not
    empty, StorageOutdated when a later Alur made the backup, DamagedRow when tables refuse rows;
    then nothing is kept.
    """
    refused = list[str]()
    with _opened(source) as archive, store.incoming() as incoming:
        backup = _read_manifest(archive)
        incoming.prepare(backup.schema)
        counter = _Counter(on_progress, backup.rows)
        for table in backup.tables:
            refused += incoming.load(
                table["name"], table["columns"], _rows(archive, table, counter)
            )
        if refused and not leaves_out_damaged:
            raise _refused(refused)
        incoming.finish()
    counter.end()
    return backup, refused


def _refused(rows: Sequence[str]) -> DamagedRow:
    named = "; ".join(rows[:_NAMED])
    more = f"; and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
    return DamagedRow(
        f"{len(rows)} rows of the backup are damaged, and the tables refuse them: {named}{more}; "
        "restore an earlier backup, or everything but these with --without-damaged"
    )


def _of_file(outgoing: Outgoing) -> Iterator[Fault]:
    for told in outgoing.file_faults():
        yield Fault("-", None, "state", told)


def _read(outgoing: Outgoing, shape: TableShape, found: _Faults) -> Iterator[Row]:
    """The rows of the table; those that nobody can read are noted."""
    reader = outgoing.reader(shape)
    place = shape.columns.index("instance_id") if "instance_id" in shape.columns else None
    for row in outgoing.rows(shape):
        fault = reader and reader.fault(row)
        if fault and reader:
            whose = "-" if place is None or not isinstance(row[place], str) else str(row[place])
            told = f"a row of {shape.name} ({reader.key(row)}) cannot be read: {fault}"
            found.add([Fault(whose, None, "state", told, found="unreadable")])
        if shape.name == _CONTENTS:
            found.add(_of_content(dict(zip(shape.columns, row, strict=True))))
        yield row


def _of_content(row: Mapping[str, Any]) -> Iterator[Fault]:
    """The bytes of a document are those by whose digest history names them."""
    content, named = row["content"], row["sha256"]
    computed = sha256(content).hexdigest() if isinstance(content, bytes) else "unreadable"
    if computed != named:
        told = "the bytes of a document are not those that history names"
        yield Fault("-", None, "document", told, expected=str(named), found=computed)


class _Faults:
    """What was found wrong; of very much the first is kept, and the rest is counted."""

    def __init__(self) -> None:
        self._first, self._count = list[Fault](), 0

    def add(self, faults: Iterable[Fault]) -> None:
        for each in faults:
            self._count += 1
            if len(self._first) < _KEPT:
                self._first.append(each)

    def as_json(self) -> dict[str, Any]:
        """Found again by `_faults_in`."""
        return {"count": self._count, "first": [asdict(each) for each in self._first]}


def _faults_in(manifest: Mapping[str, Any]) -> tuple[tuple[Fault, ...], int]:
    """Those that a manifest tells of; backups of former versions have none."""
    told = manifest.get("faults") or {"count": 0, "first": []}
    return tuple(Fault(**each) for each in told["first"]), int(told["count"])


@dataclass(slots=True)
class _Counter:
    """Tells how many rows are done, and not too often."""

    on_progress: OnProgress
    total: int
    done: int = 0

    def add(self) -> None:
        self.done += 1
        if self.done % 1_000 == 0 and self.done < self.total:
            self.on_progress(self.done, self.total)

    def end(self) -> None:
        self.on_progress(self.total, self.total)


def _put_table(
    archive: ZipFile, name: str, rows: Iterator[Any], counter: _Counter
) -> dict[str, Any]:
    digest, count = sha256(), 0
    with archive.open(_place(name), "w", force_zip64=True) as out:
        for row in rows:
            line = json.dumps([_said(value) for value in row], ensure_ascii=False).encode() + b"\n"
            out.write(line)
            digest.update(line)
            count += 1
            counter.add()
    return {"rows": count, "sha256": digest.hexdigest()}


def _rows(archive: ZipFile, table: Mapping[str, Any], counter: _Counter) -> Iterator[list[Any]]:
    """The rows of a table. Raises InvalidInput at the end when they are not those of the backup."""
    name, digest, count = table["name"], sha256(), 0
    try:
        with archive.open(_place(name)) as lines:
            for line in lines:
                digest.update(line)
                count += 1
                counter.add()
                yield [_meant(value) for value in json.loads(line)]
    except _UNREADABLE as error:
        raise _damaged(f"table {name}, row {count + 1}: {error}") from error
    if (count, digest.hexdigest()) != (table["rows"], table["sha256"]):
        expected = f"{table['rows']} rows with SHA-256 {table['sha256']}"
        raise _damaged(f"table {name}: expected {expected}, found {count}, {digest.hexdigest()}")


def _manifest(
    schema: str | None, database: str, made_at: datetime, tables: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "schema": schema,
        "database": database,
        "madeAt": made_at.isoformat(),
        "tables": tables,
    }


def _read_manifest(archive: ZipFile) -> Backup:
    try:
        found = json.loads(archive.read(_MANIFEST))
        if found["format"] != FORMAT:
            raise _damaged(f"expected the format {FORMAT}, found {found['format']!r}")
        return Backup(
            str(found["schema"]),
            str(found["database"]),
            str(found["madeAt"]),
            tuple(_table(each) for each in found["tables"]),
            *_faults_in(found),
        )
    except _UNREADABLE as error:
        raise _damaged(f"{_MANIFEST}: {error}") from error


def _table(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a manifest says of a table. Raises KeyError, TypeError, ValueError when it says less."""
    return {
        "name": str(told["name"]),
        "columns": [str(each) for each in told["columns"]],
        "rows": int(told["rows"]),
        "sha256": str(told["sha256"]),
    }


def _opened(source: IO[bytes]) -> ZipFile:
    try:
        return ZipFile(source)
    except _UNREADABLE as error:
        raise _damaged(str(error)) from error


def _damaged(reason: str) -> InvalidInput:
    return InvalidInput(f"not a backup, or a damaged one: {reason}")


def _place(table: str) -> str:
    return f"tables/{table}.jsonl"


def _said(value: Any) -> Any:
    return {"bytes": b64encode(value).decode()} if isinstance(value, bytes) else value


def _meant(value: Any) -> Any:
    return b64decode(value["bytes"]) if isinstance(value, dict) else value
