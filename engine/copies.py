"""Makes and copies frozen records, of those that each step makes many of.

Their own initializers set each field by its name, and `dataclasses.replace` asks for each that way
too: three times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
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


def made_of(kind: type[T], values: Iterable[Any]) -> T:
    """A record of the values of all its fields, in their order.

    kind: a dataclass with slots whose initializer does no more than set fields. Raises ValueError
    when there are more values, or fewer; TypeError of another kind.
    """
    record = _new(kind)
    for put, value in zip(_way_of(kind)[1], values, strict=True):
        put(record, value)
    return record


def copy_with(record: T, **values: Any) -> T:
    """A copy with other values in some fields, of a record of such a kind.

    Raises KeyError for a name that is no field; TypeError as `made_of`.
    """
    kind = type(record)
    of_all, puts, places = _way_of(kind)
    copy = made_of(kind, of_all(record))
    for name, value in values.items():
        puts[places[name]](copy, value)
    return copy


def _way_of(kind: type[Any]) -> _Way:
    way = _ways.get(kind)
    if way is None:
        if hasattr(kind, "__post_init__"):
            raise TypeError(f"{kind.__name__} checks its fields, which would be passed over")
        names = [each.name for each in fields(kind)]
        puts = tuple(getattr(kind, name).__set__ for name in names)
        places = {name: place for place, name in enumerate(names)}
        way = _ways[kind] = attrgetter(*names), puts, places
    return way
