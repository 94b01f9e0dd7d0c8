"""Places in a listing: the condition that a row comes after one of them, in a total order.

A page that begins at a place stays where it is when rows come in before it, and is found by an
index however far it lies; one that begins at a number is neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, false, literal, or_, tuple_

from engine.errors import InvalidQuery
from engine.queries import SortOrder
from engine.store.tables.columns import Moment

Order = Sequence[tuple[ColumnElement[Any], SortOrder]]


def behind(order: Order, place: Sequence[Any]) -> list[ColumnElement[bool]]:
    """That a row comes after `place`: a value for each column of `order`, missing ones last.

    Raises InvalidQuery when the place is not one of this order.
    """
    if len(place) != len(order) or not all(
        _fits(column, value) for (column, _), value in zip(order, place, strict=True)
    ):
        raise InvalidQuery("the cursor is of another order", {"after": ["of another order"]})
    if _is_uniform(order):
        columns = [column for column, _ in order]
        values = [literal(v, c.type) for c, v in zip(columns, place, strict=True)]
        here, there = tuple_(*columns), tuple_(*values)
        return [here < there if order[0][1] is SortOrder.DESC else here > there]
    (first, direction), value = order[0], place[0]
    found: ColumnElement[bool] = false()
    for (column, way), each in reversed(list(zip(order, place, strict=True))):
        found = or_(_further(column, way, each), and_(_same(column, each), found))
    # Said once more of the first column alone: by this an index finds where to begin.
    bound = [] if _may_miss(first) else [_not_before(first, direction, value)]
    return [*bound, found]


def _is_uniform(order: Order) -> bool:
    """Whether one comparison of rows says it: one direction, and nothing is ever missing."""
    return not any(_may_miss(column) for column, _ in order) and all(
        one is other for (_, one), (_, other) in pairwise(order)
    )


def _may_miss(column: ColumnElement[Any]) -> bool:
    return bool(getattr(column, "nullable", True))


def _further(column: ColumnElement[Any], way: SortOrder, value: Any) -> ColumnElement[bool]:
    if value is None:
        return false()
    beyond: ColumnElement[bool] = column < value if way is SortOrder.DESC else column > value
    return or_(beyond, column.is_(None)) if _may_miss(column) else beyond


def _not_before(column: ColumnElement[Any], way: SortOrder, value: Any) -> ColumnElement[bool]:
    bound: ColumnElement[bool] = column <= value if way is SortOrder.DESC else column >= value
    return bound


def _same(column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == value


def _fits(column: ColumnElement[Any], value: Any) -> bool:
    """Whether the column can be compared with the value."""
    if value is None:
        return _may_miss(column)
    if isinstance(column.type, Moment):
        return isinstance(value, datetime)
    if isinstance(column.type, Integer):
        return isinstance(value, int) and abs(value) < 2**31
    return isinstance(value, str)
