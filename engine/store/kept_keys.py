"""Keys as SQLite keeps them: it alone keeps what is no text in a column of texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Row, cast

from engine.store.quarantine import Quarantine


def as_bytes(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """What is kept in the column, whatever that is."""
    return cast(column, LargeBinary)


def decoded(
    rows: Iterable[Row[Any]], names: Sequence[str], table: str, quarantine: Quarantine
) -> Iterator[Sequence[str | None]]:
    """The keys of rows that were read `as_bytes`; those that are no text are told and left out."""
    for row in rows:
        try:
            yield [None if value is None else value.decode() for value in row]
        except UnicodeDecodeError as error:
            places = ", ".join(f"{name} {kept!r}" for name, kept in zip(names, row, strict=True))
            quarantine.take(f"a row of {table} ({places})", str(error))
