"""What a row of a table must be to be read: what is not is damage, told by its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

from sqlalchemy import Table

from engine.errors import DamagedRow

Build = TypeVar("Build", bound=Callable[..., Any])

_TOLD = " cannot be read: "
#: What reading a row as what it must be may raise.
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, OverflowError)
_UNASKED = object()
_MOST = 2**53 - 1
_HASH = re.compile(r"[0-9a-f]{64}")


class readable:  # noqa: N801 (a word of a with statement)
    """What cannot be read as what it must be is damage, not a fault of the program.

    what: which row it is; the outermost that knows has the word.
    """

    __slots__ = ("_what",)

    def __init__(self, what: str = "a row") -> None:
        self._what = what

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, DamagedRow):
            if self._what != "a row":
                reason = str(error).partition(_TOLD)[2] or str(error)
                told = f"{self._what}{_TOLD}{reason}"
                raise DamagedRow(told, instance_id=error.instance_id) from error
        elif isinstance(error, UNREADABLE):
            raise DamagedRow(f"{self._what}{_TOLD}{error}") from error


def of_table(table: Table) -> Callable[[Build], Build]:
    """The function builds what a row of the table says, or raises DamagedRow.

    A column that must have a value has one, if the row has that column at all: who can change the
    schema of a SQLite can take its NOT NULL away.
    """
    required = required_in(table)

    def decorate(build: Build) -> Build:
        @wraps(build)
        def read(row: Any, *given: Any, **more: Any) -> Any:
            with readable(f"a row of {table.name}"):
                for name in required:
                    if getattr(row, name, _UNASKED) is None:
                        raise _missing(table, name)
                return build(row, *given, **more)

        return cast(Build, read)

    return decorate


def require_head(sequence: int, hash_: str) -> None:
    """Raise ValueError when a chain cannot end there."""
    require_countable(sequence)
    if not _HASH.fullmatch(hash_):
        raise ValueError(f"expected a hash, found {hash_[:80]!r}")


def require_countable(number: int) -> None:
    """Raise ValueError for a number that is below 0, or more than JSON can say (RFC 8785)."""
    if not 0 <= number <= _MOST:
        raise ValueError(f"expected a number from 0 to {_MOST}, found {number}")


def required_in(table: Table) -> tuple[str, ...]:
    """The columns that must have a value."""
    return tuple(column.name for column in table.columns if not column.nullable)


def require(table: Table, values: Mapping[str, Any]) -> None:
    """Raise ValueError when one of the values is missing that must be there."""
    for name in required_in(table):
        if values.get(name, _UNASKED) is None:
            raise _missing(table, name)


def _missing(table: Table, name: str) -> ValueError:
    return ValueError(f"{table.name}.{name}: expected a value, found none")
