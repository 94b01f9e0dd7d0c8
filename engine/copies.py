"""A copy of a frozen record with other values in some places, of the records that each step copies.

`dataclasses.replace` asks for and sets each field by its name: three times as long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeVar

T = TypeVar("T")

#: What gets all values, what sets each, and the place of each name.
_Way = tuple[
    Callable[[Any], tuple[Any, ...]], tuple[Callable[[Any, Any], None], ...], dict[str, int]
]

_ways: dict[type[Any], _Way] = {}
_new = object.__new__


def copy_with(record: T, **values: Any) -> T:
    """The copy. record: of a dataclass with slots whose initializer does no more than set fields.

    Raises KeyError for a name that is no field.
    """
    kind: type[Any] = type(record)
    of_all, puts, places = _way_of(kind)
    copy: T = _new(kind)
    for put, value in zip(puts, of_all(record), strict=True):
        put(copy, value)
    for name, value in values.items():
        puts[places[name]](copy, value)
    return copy


def _way_of(kind: type[Any]) -> _Way:
    way = _ways.get(kind)
    if way is None:
        names = [each.name for each in fields(kind)]
        puts = tuple(getattr(kind, name).__set__ for name in names)
        places = {name: place for place, name in enumerate(names)}
        way = _ways[kind] = attrgetter(*names), puts, places
    return way
