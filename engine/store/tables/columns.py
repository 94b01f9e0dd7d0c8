"""The types of columns, and the metadata that every table is declared in."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Integer,
    MetaData,
    Text,
    TypeDecorator,
)
from sqlalchemy.types import TypeEngine

from engine.sorted_json import sorted_json, texts_said

if TYPE_CHECKING:
    from sqlalchemy import Dialect

Reader = Callable[[Any], Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class _Placed:
    """A type that knows of which column it is: what cannot be read is told by its place."""

    place = "a column"

    def adapt(self, cls: type[Any], **kw: Any) -> Any:
        """The same for another dialect, which knows it too."""
        made: Any = super().adapt(cls, **kw)  # type: ignore[misc]
        made.place = self.place
        return made


class _Words(_Placed, Text):
    def result_processor(self, dialect: Dialect, coltype: object) -> Reader | None:
        """SQLite keeps bytes in a column of texts; PostgreSQL does not."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        return _reader_of(str, "a text", self.place)


class Number(_Placed, Integer):
    """A whole number."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader | None:
        """SQLite keeps texts in a column of numbers, likewise."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        return _reader_of(int, "a whole number", self.place)


class LargeNumber(_Placed, BigInteger):
    """A whole number that may have more than 32 bits."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader | None:
        """As of Number."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        return _reader_of(int, "a whole number", self.place)


#: Bytewise order on both databases, whatever the locale of the PostgreSQL cluster is.
Words = _Words().with_variant(Text(collation="C"), "postgresql")


class Moment(_Placed, TypeDecorator[datetime]):
    """An aware datetime, kept as whole milliseconds since 1970 in UTC: exact and sortable."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """The number to store; finer parts than a millisecond are cut off."""
        return milliseconds(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader:  # noqa: ARG002
        """What reads the number: straight, since proofs read very many."""
        return self.reader()

    def reader(self) -> Reader:
        """What makes of the number the moment in UTC; ValueError when it says none."""
        place = self.place

        def read(stored: int | None) -> datetime | None:
            try:
                return None if stored is None else _EPOCH + stored * _MILLISECOND
            except (TypeError, OverflowError) as error:
                raise _wrong(place, "milliseconds since 1970", stored) from error

        return read


class Duration(_Placed, TypeDecorator[timedelta]):
    """A duration, kept as whole milliseconds: exact, and to be added up."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """The number to store; finer parts than a millisecond are cut off."""
        return None if value is None else value // _MILLISECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:  # noqa: ARG002
        """The duration."""
        try:
            return None if value is None else int(value) * _MILLISECOND
        except (TypeError, ValueError, OverflowError) as error:
            raise _wrong(self.place, "milliseconds", value) from error


class Day(_Placed, TypeDecorator[date]):
    """A day of the office's calendar, kept as 2026-11-30: readable and sortable."""

    impl = Words
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The text to store."""
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:  # noqa: ARG002
        """The day."""
        try:
            return None if value is None else date.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise _wrong(self.place, "a day as 2026-11-30", value) from error


class CanonicalJson(_Placed, TypeDecorator[Any]):
    """JSON as canonical text: keys sorted, no spaces, so that equal values are equal texts.

    shape: dict or list when nothing else may stand there, str for a list of texts.
    """

    impl = Text
    cache_ok = True

    def __init__(self, shape: type[Any] | None = None) -> None:
        super().__init__()
        self.shape = shape

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The canonical text."""
        return _text_or_none(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader:  # noqa: ARG002
        """What reads the text: straight, likewise."""
        return self.reader()

    def reader(self) -> Reader:
        """What makes of the text the value; ValueError when it is none of the shape."""
        place, shape = self.place, self.shape
        outer: type[Any] = object if shape is None else dict if shape is dict else list
        # Of texts alone the two say the same; of large numbers the faster one says others.
        loads: Callable[[str], Any] = texts_said if shape is str else json.loads

        empty = "{}" if outer is dict else "[]" if outer is list else None

        def read(text: str | None) -> Any:
            # Most lists and objects of a task are.
            if text == empty or text is None:
                return None if text is None else outer()
            try:
                value = loads(text)
            except (TypeError, ValueError) as error:
                raise _wrong(place, "JSON", text) from error
            if not isinstance(value, outer):
                raise _wrong(place, _SHAPES[shape], value)
            if shape is str:
                for each in value:
                    if type(each) is not str:
                        told = "expected a list of texts, found a list of other things"
                        raise ValueError(f"{place}: {told}")
            return value

        return read


_SHAPES: dict[type[Any] | None, str] = {dict: "an object", list: "a list", str: "a list of texts"}
#: What to say was found; the value itself may be somebody's.
_FOUND: dict[type[Any], str] = {
    bytes: "bytes", str: "a text that is none", dict: "an object", list: "a list",
}  # fmt: skip


def _wrong(place: str, expected: str, found: object) -> ValueError:
    told = _FOUND.get(type(found)) or f"{found!r}"
    return ValueError(f"{place}: expected {expected}, found {told}")


def _reader_of(kind: type[Any], expected: str, place: str) -> Reader:
    def read(value: Any) -> Any:
        if value is None or type(value) is kind:
            return value
        raise _wrong(place, expected, value)

    return read


def name_places(tables: MetaData) -> None:
    """Let the type of every column of these tables know where it stands."""
    for table in tables.tables.values():
        for column in table.columns:
            if isinstance(column.type, _Placed):
                column.type = column.type.copy()
                column.type.place = f"{table.name}.{column.name}"


def canonical_text(value: Any) -> str:
    """`value` as the one text that stands for it; ValueError when JSON cannot say it."""
    return sorted_json(value).decode()


def _text_or_none(value: Any) -> str | None:
    if not value and type(value) in _EMPTY:
        # Most lists and objects of a task are.
        return _EMPTY[type(value)]
    return None if value is None else sorted_json(value).decode()


_EMPTY: dict[type, str] = {tuple: "[]", list: "[]", dict: "{}"}


def milliseconds(moment: datetime | None) -> int | None:
    """A moment as it is kept. Raises ValueError for one without a time zone."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError(f"expected an aware datetime, got {moment!r} without a time zone")
    return (moment - _EPOCH) // _MILLISECOND


def stored_by(type_: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """What makes of a value what is stored, of the types of this module that steps write most.

    SQLAlchemy's way through a TypeDecorator calls three functions for each value.
    """
    if isinstance(type_, Moment):
        return milliseconds
    return _text_or_none if isinstance(type_, CanonicalJson) else None


def read_by(type_: TypeEngine[Any]) -> Reader | None:
    """What makes of what is stored a value again, of the same types."""
    return type_.reader() if isinstance(type_, Moment | CanonicalJson) else None


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
