"""Everything that is kept, to compare it before and after: rows of the database, and files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, text

from engine.store.tables import metadata

#: What files are called among the tables.
FILES = "files"

_TABLES = [table.name for table in metadata.sorted_tables]


@dataclass(frozen=True)
class Contents:
    """Table -> its rows as texts, in an order of their own; `files` -> names and sizes."""

    parts: dict[str, list[str]] = field(default_factory=dict)

    def unlike(self, other: Contents) -> list[str]:
        """The parts in which something differs."""
        return [name for name, rows in self.parts.items() if other.parts.get(name) != rows]


def contents(pool: Engine, folder: Path) -> Contents:
    """What was committed, and the files in the folder."""
    files = sorted(f"{each} {each.stat().st_size}" for each in folder.rglob("*"))
    with pool.connect() as connection:
        rows = {
            name: sorted(map(str, connection.execute(text(f'SELECT * FROM "{name}"'))))
            for name in _TABLES
        }
    return Contents({**rows, FILES: files})
