"""Rows as the database keeps them: whether each column of one says what it must."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Dialect, Table

from engine.store.kept_rows import UNREADABLE


class RowReader:
    """Reads rows of one table as the store would, and says what cannot be read."""

    def __init__(self, table: Table, names: Sequence[str], dialect: Dialect) -> None:
        """names: the columns of the rows, in their order."""
        self._keys = [(each.name, names.index(each.name)) for each in table.primary_key.columns]
        self._required, self._readers = list[tuple[int, str]](), list[tuple[int, Reader]]()
        for place, name in enumerate(names):
            column = table.columns[name]
            if not column.nullable:
                self._required.append((place, f"{table.name}.{name}"))
            # As SQLAlchemy asks the type before it reads rows.
            kind = column.type.dialect_impl(dialect)
            reader = kind.result_processor(dialect, None)
            if reader is not None:
                self._readers.append((place, reader))

    def fault(self, row: Sequence[Any]) -> str | None:
        """Why the row cannot be read; None when it can."""
        for place, name in self._required:
            if row[place] is None:
                return f"{name}: expected a value, found none"
        try:
            for place, reader in self._readers:
                reader(row[place])
        except UNREADABLE as error:
            return str(error)
        return None

    def key(self, row: Sequence[Any]) -> str:
        """Which row it is."""
        return ", ".join(f"{name} {_shown(row[place])}" for name, place in self._keys)


Reader = Callable[[Any], Any]


def _shown(value: Any) -> str:
    return f"{len(value)} bytes" if isinstance(value, bytes) else str(value)
