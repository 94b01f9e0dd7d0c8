"""Backups: everything that a database has as one file, and a database made of one again.

A backup is a ZIP file: `backup.json` tells of the rest, and each table is a file of lines, each a
JSON array with the values of one row; bytes stand in base64 as {"bytes": ...}. It fits SQLite and
PostgreSQL alike. Keys are not in it: they are files of their own.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import IO, Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from engine.errors import InvalidInput
from engine.model import Actor, Role
from engine.permissions import require_role
from engine.sources import Clock
from engine.store import Store

FORMAT = "alur-backup-1"
_MANIFEST = "backup.json"

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup says of itself."""

    schema: str
    database: str
    made_at: str
    tables: tuple[Mapping[str, Any], ...] = field(repr=False)

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
        written. Raises Forbidden, InvalidInput when it is not what was written.
        """
        require_role(actor, "make a backup", Role.ADMIN)
        made_at = self._clock.now()
        with self._store.outgoing() as outgoing:
            total = 2 * sum(shape.rows for shape in outgoing.shapes)
            counter = _Counter(on_progress, total)
            with ZipFile(out, "w", ZIP_DEFLATED, allowZip64=True) as archive:
                tables = [
                    {
                        "name": shape.name,
                        "columns": list(shape.columns),
                        **_put_table(archive, shape.name, outgoing.rows(shape), counter),
                    }
                    for shape in outgoing.shapes
                ]
                manifest = _manifest(outgoing.schema, self._store.dialect, made_at, tables)
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
    store: Store, source: IO[bytes], *, on_progress: OnProgress = lambda _done, _all: None
) -> Backup:
    """Fill an empty database; it then has the schema of the backup.

    Raises InvalidInput when the file is no backup or is damaged, Conflict when the database is not
    empty, StorageOutdated when a later Alur made the backup; then nothing is kept.
    """
    with _opened(source) as archive, store.incoming() as incoming:
        backup = _read_manifest(archive)
        incoming.prepare(backup.schema)
        counter = _Counter(on_progress, backup.rows)
        for table in backup.tables:
            incoming.load(table["name"], table["columns"], _rows(archive, table, counter))
        incoming.finish()
    counter.end()
    return backup


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
    except (KeyError, ValueError, BadZipFile, OSError) as error:
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
            tuple(found["tables"]),
        )
    except (KeyError, ValueError, TypeError, BadZipFile) as error:
        raise _damaged(f"{_MANIFEST}: {error}") from error


def _opened(source: IO[bytes]) -> ZipFile:
    try:
        return ZipFile(source)
    except BadZipFile as error:
        raise _damaged(str(error)) from error


def _damaged(reason: str) -> InvalidInput:
    return InvalidInput(f"not a backup, or a damaged one: {reason}")


def _place(table: str) -> str:
    return f"tables/{table}.jsonl"


def _said(value: Any) -> Any:
    return {"bytes": b64encode(value).decode()} if isinstance(value, bytes) else value


def _meant(value: Any) -> Any:
    return b64decode(value["bytes"]) if isinstance(value, dict) else value
