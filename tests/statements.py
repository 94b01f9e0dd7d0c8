"""What a database is asked while something is done, and how SQLite finds the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import event

from engine.store import Store, StoreTransaction


class Statement(NamedTuple):
    """SQL as the driver gets it, and what fills its blanks."""

    text: str
    parameters: Any


@contextmanager
def statements_of(store: Store) -> Iterator[list[Statement]]:
    """Everything that this store asks meanwhile; the beginning of a transaction is not counted."""
    seen: list[Statement] = []

    def see(_conn: object, _cursor: object, text: str, parameters: Any, *_rest: object) -> None:
        if not text.startswith("BEGIN"):
            seen.append(Statement(text, parameters))

    event.listen(store._engine, "before_cursor_execute", see)
    try:
        yield seen
    finally:
        event.remove(store._engine, "before_cursor_execute", see)


def asked_by(store: Store, ask: Callable[[StoreTransaction], object]) -> list[Statement]:
    """What a question to the store takes."""
    with store.reading() as tx, statements_of(store) as asked:
        ask(tx)
    return asked


def plans_of(store: Store, asked: Iterable[Statement]) -> list[str]:
    """How SQLite answers each of them, a step on each line."""
    with store.reading() as tx:
        return [
            "\n".join(row[3] for row in tx._connection.exec_driver_sql(f"{_EXPLAIN}{text}", given))
            for text, given in ((each.text, _one_of(each.parameters)) for each in asked)
        ]


_EXPLAIN = "EXPLAIN QUERY PLAN "


def _one_of(parameters: Any) -> Any:
    """Of many rows the first; what the driver is given without SQLAlchemy is a list of values."""
    rows = parameters if isinstance(parameters, list) else [parameters]
    values = rows[0] if rows and isinstance(rows[0], list | tuple | dict) else parameters
    return values if isinstance(values, dict) else tuple(values)
