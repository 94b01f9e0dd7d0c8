"""Rows of an INSERT as one value of PostgreSQL's: one statement, however many rows there are.

Row by row, each costs the server a bind and an execution of its own, which only a single one is
worth. What the rows say is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    Cast,
    ColumnElement,
    Dialect,
    Insert,
    TableValuedAlias,
    Text,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.types import TypeEngine

from engine.sorted_json import json_of
from engine.store.tables.columns import stored_by

#: As JSON has the character NUL; a text may say so in words, too.
_NUL = "\\u0000"


@dataclass(frozen=True, slots=True)
class RecordSet:
    """An INSERT whose rows are one JSON text, of which PostgreSQL makes rows."""

    text: str
    #: Columns whose values the driver is not given as they are, and what makes it of them.
    processors: tuple[tuple[str, Callable[[Any], Any]], ...]

    def parameters(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """What the driver takes. Raises ValueError for a value that its column does not take."""
        records = [dict(row) for row in rows]
        for record in records:
            for name, to_driver in self.processors:
                record[name] = to_driver(record[name])
        text = json_of(records).decode()
        if _NUL in text and any(_has_nul(each) for record in records for each in record.values()):
            # PostgreSQL would refuse it too, and show what stands around it.
            raise ValueError("text must not contain the character NUL")
        return {"records": text}


def record_set(
    statement: Insert,
    dialect: Dialect,
    names: Sequence[str],
    processors: Mapping[int, Callable[[Any], Any]],
) -> RecordSet:
    """The INSERT in that form, in PostgreSQL's words; what it says of conflicts stays.

    processors: by the place of the name.
    """
    row_type: ColumnElement[Any] = literal_column(f"NULL::{statement.table.name}")
    records = func.json_populate_recordset(row_type, _given()).table_valued(*names, name="records")
    rows = select(*(records.c[name] for name in names))
    compiled = statement.from_select(names, rows, include_defaults=False).compile(dialect=dialect)
    return RecordSet(str(compiled), tuple((names[n], to) for n, to in processors.items()))


def _given() -> Cast[Any]:
    return cast(bindparam("records", type_=Text), JSON)


@dataclass(frozen=True, slots=True)
class FromRecords:
    """An INSERT that asks something of each record before it is a row.

    statement: reads `records(types)`. types: of the names that a record has.
    """

    statement: Insert
    types: Mapping[str, TypeEngine[Any]]

    def compiled(self, dialect: Dialect) -> RecordSet:
        """It in PostgreSQL's words."""
        found = [
            (name, stored_by(type_) or type_.dialect_impl(dialect).bind_processor(dialect))
            for name, type_ in self.types.items()
        ]
        return RecordSet(
            str(self.statement.compile(dialect=dialect)),
            tuple((name, to_driver) for name, to_driver in found if to_driver is not None),
        )


def records(types: Mapping[str, TypeEngine[Any]]) -> TableValuedAlias:
    """The given records as a table with a column for each of the names."""
    columns = [column(name, type_) for name, type_ in types.items()]
    given = func.json_to_recordset(_given()).table_valued(*columns, name="records")
    return given.render_derived(with_types=True)


def _has_nul(value: object) -> bool:
    return isinstance(value, str) and "\0" in value
