"""By which index SQLite comes to rows, where it would choose another one.

SQLite plans without knowing what there is: nobody lets it count (ANALYZE), so that a plan holds for
any number of rows, and a test of it too. PostgreSQL knows by its statistics what leads to few rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, and_
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import visitors
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from engine.store.tables import Moment, user_task

Conditions = list[ColumnElement[bool]]


class HintingCompiler(SQLiteCompiler):
    """Writes the hints of a statement, which SQLAlchemy leaves out for SQLite."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:  # noqa: ARG002 - as SQLAlchemy's
        """What stands behind the name of the table."""
        return text


@dataclass(frozen=True, slots=True)
class Lead:
    """An index by which a question is to be answered."""

    table: Table
    index: str

    def __post_init__(self) -> None:
        if self.index not in {each.name for each in self.table.indexes}:
            raise ValueError(f"{self.table.name} has no index {self.index}")

    def of(self, statement: Select[Any]) -> Select[Any]:
        """The statement, which SQLite answers by the index or not at all."""
        return statement.with_hint(self.table, f"INDEXED BY {self.index}", "sqlite")


class _unled(FunctionElement[Any]):  # noqa: N801 (a function of SQL)
    """A column as it is, by no index of which SQLite is to search."""

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any]) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(_unled)
def _as_it_is(element: _unled, compiler: Any, **more: Any) -> str:
    return str(compiler.process(element.clauses, **more))


@compiles(_unled, "sqlite")
def _with_a_plus(element: _unled, compiler: Any, **more: Any) -> str:
    # sqlite.org/optoverview.html: "Disqualifying WHERE Clause Terms using Unary +".
    return f"+{compiler.process(element.clauses, **more)}"


class _found_first(FunctionElement[Any]):  # noqa: N801 (a function of SQL)
    """An id's column, the statement of all ids, and the conditions that say the same."""

    inherit_cache = True
    #: As a truth SQLAlchemy would compare it with 1, and SQLite search by nothing in it.
    type = NullType()


@compiles(_found_first)
def _by_conditions(element: _found_first, compiler: Any, **more: Any) -> str:
    return str(compiler.process(list(element.clauses)[2], **more))


@compiles(_found_first, "postgresql")
def _by_ids(element: _found_first, compiler: Any, **more: Any) -> str:
    column, ids, _ = element.clauses
    return f"{compiler.process(column, **more)} = ANY (ARRAY{compiler.process(ids, **more)})"


def found_first(
    column: ColumnElement[str], ids: Select[tuple[str]], conditions: Conditions
) -> ColumnElement[bool]:
    """The conditions, whose rows PostgreSQL first finds by themselves, whatever the order.

    ids: of all rows that meet them. They are taken for few, however many its statistics expect.
    """
    return _found_first(column, ids.scalar_subquery(), and_(*conditions).self_group())


def unled(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column, by which SQLite is not to search: something else leads it."""
    return _unled(column)


def hidden(conditions: Conditions) -> Conditions:
    """The same conditions on tasks, by which SQLite is not to search: other ones lead it.

    Only moments stay as they are: they are in the indexes of lanes, in the order of pages.
    """
    return _replaced(
        conditions, lambda each: each.table is user_task and not isinstance(each.type, Moment)
    )


def all_hidden(conditions: Conditions, table: Table) -> Conditions:
    """The same conditions on the table's columns, by none of which SQLite is to search."""
    return _replaced(conditions, lambda each: each.table is table)


def _replaced(conditions: Conditions, is_led: Callable[[Column[Any]], bool]) -> Conditions:
    def hide(element: Any, **_: Any) -> Any:
        return _unled(element) if isinstance(element, Column) and is_led(element) else None

    return [visitors.replacement_traverse(each, {}, hide) for each in conditions]
