"""Filters that listings share: each gives conditions, none when it is not set.

So a query is one readable list of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from engine.sources import whole_milliseconds
from engine.store.tables import definition_lane, process_instance

Conditions = list[ColumnElement[bool]]


def equal(column: ColumnElement[Any], wanted: object) -> Conditions:
    """`column` is exactly `wanted`."""
    return [] if wanted is None else [column == wanted]


def like(column: ColumnElement[Any], pattern: str | None) -> Conditions:
    r"""`column` matches Camunda's pattern: % any text, _ any character, \ makes them plain."""
    return [] if pattern is None else [column.like(pattern, escape="\\")]


def containing(column: ColumnElement[Any], part: str | None) -> Conditions:
    """`column` has `part` in it, whatever their case (on SQLite that of the letters a to z)."""
    return [] if part is None else [column.icontains(part, autoescape=True)]


def among(column: ColumnElement[Any], wanted: Iterable[Any] | None) -> Conditions:
    """`column` is one of `wanted`; nothing is one of none."""
    return [] if wanted is None else [column.in_(sorted(wanted))]


def between(
    column: ColumnElement[Any], after: datetime | None, before: datetime | None
) -> Conditions:
    """`column` lies strictly between the two moments."""
    conditions: Conditions = []
    if after is not None:
        conditions.append(column > whole_milliseconds(after))
    if before is not None:
        conditions.append(column < whole_milliseconds(before))
    return conditions


def present(column: ColumnElement[Any], wanted: bool | None) -> Conditions:
    """`column` has a value, or has none."""
    if wanted is None:
        return []
    return [column.is_not(None) if wanted else column.is_(None)]


def taking_part(definition_id: ColumnElement[Any], lanes: Iterable[str]) -> ColumnElement[bool]:
    """One of `lanes` takes part in the definition: who works in it may see it."""
    return definition_id.in_(
        select(definition_lane.c.definition_id).where(definition_lane.c.name.in_(sorted(lanes)))
    )


def visible_instances(
    lanes: Iterable[str] | None, account: str | None, *, walks: bool = False
) -> Conditions:
    """Instances in which one of `lanes` takes part, or that `account` started; None for all.

    walks: of a listing that is read in the order of an index until its page is full; SQLite would
    search the indexes of these columns instead, and sort all that it finds.
    """
    if lanes is None:
        return []
    definition: ColumnElement[str] = process_instance.c.definition_id
    starter: ColumnElement[str] = process_instance.c.started_by
    if walks:
        definition, starter = definition.concat(""), starter.concat("")
    in_lane = taking_part(definition, lanes)
    return [in_lane] if account is None else [or_(in_lane, starter == account)]
