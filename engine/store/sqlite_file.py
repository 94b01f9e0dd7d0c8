"""The file of a SQLite database, before SQLite opens it: it writes even where it only reads."""

from __future__ import annotations

import os
from pathlib import Path

from engine.durable_files import PRIVATE
from engine.errors import StorageUnusable


def make(file: Path, place: str) -> None:
    """The file is there, its owner's alone; what SQLite writes beside it has the same mode.

    place: what it is called. Raises StorageUnusable.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _require_no_log_alone(file)
        # One that is there is not opened: closing it would take the locks away that SQLite has on
        # it in this process.
        if not file.is_file():
            os.close(os.open(file, os.O_RDONLY | os.O_CREAT, PRIVATE))
    except OSError as error:
        raise StorageUnusable(
            f"{place} cannot be made or opened: {error.strerror or error}"
        ) from error


def has_content(file: Path) -> bool:
    """Whether there is something to look into; an empty file is left as it is.

    Raises StorageUnusable when it cannot be told, or only the log of a database is there.
    """
    try:
        _require_no_log_alone(file)
        return file.stat().st_size > 0
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StorageUnusable(f"{file}: cannot be looked at: {error.strerror or error}") from error


def _require_no_log_alone(file: Path) -> None:
    """SQLite deletes the log of an empty file, and with it what only the log has."""
    log = file.with_name(f"{file.name}-wal")
    if _size(log) and not _size(file):
        raise StorageUnusable(
            f"{log} belongs to a database that is not there: put {file.name} back beside it, or "
            "move the log to where that is; nothing was made"
        )


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
