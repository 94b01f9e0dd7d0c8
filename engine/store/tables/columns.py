"""The types of columns, and the metadata that every table is declared in."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    MetaData,
    Text,
    TypeDecorator,
)
from sqlalchemy.types import TypeEngine

from engine.sorted_json import sorted_json

if TYPE_CHECKING:
    from sqlalchemy import Dialect

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

#: Bytewise order on both databases, whatever the locale of the PostgreSQL cluster is.
Words = Text().with_variant(Text(collation="C"), "postgresql")


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as whole milliseconds since 1970 in UTC: exact and sortable."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """The number to store; finer parts than a millisecond are cut off."""
        return milliseconds(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:  # noqa: ARG002
        """What reads the number: straight, since proofs read very many."""
        return _moment


class Duration(TypeDecorator[timedelta]):
    """A duration, kept as whole milliseconds: exact, and to be added up."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """The number to store; finer parts than a millisecond are cut off."""
        return None if value is None else value // _MILLISECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:  # noqa: ARG002
        """The duration."""
        return None if value is None else int(value) * _MILLISECOND


class Day(TypeDecorator[date]):
    """A day of the office's calendar, kept as 2026-11-30: readable and sortable."""

    impl = Words
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The text to store."""
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:  # noqa: ARG002
        """The day."""
        return None if value is None else date.fromisoformat(value)


class CanonicalJson(TypeDecorator[Any]):
    """JSON as canonical text: keys sorted, no spaces, so that equal values are equal texts."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The canonical text."""
        return _text_or_none(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:  # noqa: ARG002
        """What reads the text: straight, likewise."""
        return _value


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


def read_by(type_: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """What makes of what is stored a value again, of the same types."""
    if isinstance(type_, Moment):
        return _moment
    return _value if isinstance(type_, CanonicalJson) else None


def _moment(stored: int | None) -> datetime | None:
    """The moment in UTC."""
    return None if stored is None else _EPOCH + stored * _MILLISECOND


def _value(text: str | None) -> Any:
    if text == "[]":
        return []
    if text == "{}":
        return {}
    return None if text is None else json.loads(text)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
