"""Writing statements that every step runs: compiled once, and given to the driver as they are.

SQLAlchemy prepares each run of a statement anew: of the rows of a step, that took as long as to
write them. Everything else of it stays: its dialects, types, events and errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import StatementError
from sqlalchemy.sql.dml import UpdateBase

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler


class Prepared:
    """One writing statement, for rows that all have the same names.

    statement: one for all databases, or one by the name of each. names: of a row's values; whatever
    else the statement binds has its value in it.
    """

    def __init__(
        self, statement: UpdateBase | Mapping[str, UpdateBase], names: Sequence[str]
    ) -> None:
        self._statement = statement
        self._names = tuple(names)
        self._forms: dict[str, _Form] = {}

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run it once per row; how many rows of the table it touched."""
        dialect = connection.dialect
        form = self._forms.get(dialect.name)
        if form is None:
            # Two threads may come here at once; both get the same.
            form = self._forms[dialect.name] = self._compiled(dialect)
        try:
            values = form.parameters(rows)
        except (ValueError, TypeError) as error:
            # As SQLAlchemy itself says of a value that its column's type does not take.
            raise StatementError(str(error), form.text, None, error) from error
        return connection.exec_driver_sql(form.text, values).rowcount

    def _compiled(self, dialect: Dialect) -> _Form:
        given = self._statement
        statement = given[dialect.name] if isinstance(given, Mapping) else given
        compiled = statement.compile(dialect=dialect, column_keys=list(self._names))
        names = compiled.positiontup if compiled.positional else compiled.params
        return _Form(
            str(compiled),
            tuple((name, _processor(compiled, name)) for name in names or ()),
            {n: value for n, value in compiled.params.items() if n not in self._names},
            is_positional=compiled.positional,
        )


_Processor = Callable[[Any], Any]


def _processor(compiled: SQLCompiler, name: str) -> _Processor | None:
    """What makes of a value what the driver is given; None: the value is."""
    type_ = compiled.binds[name].type
    return type_.dialect_impl(compiled.dialect).bind_processor(compiled.dialect)


@dataclass(frozen=True, slots=True)
class _Form:
    """The statement in the words of one database's driver."""

    text: str
    binds: tuple[tuple[str, _Processor | None], ...]
    #: What is bound beside the values of a row.
    fixed: Mapping[str, Any]
    is_positional: bool

    def parameters(self, rows: Sequence[Mapping[str, Any]]) -> Any:
        """A tuple or a dict per row, as the driver takes them."""
        full = [{**self.fixed, **row} for row in rows] if self.fixed else rows
        if self.is_positional:
            return [
                tuple([row[n] if to is None else to(row[n]) for n, to in self.binds])
                for row in full
            ]
        return [{n: row[n] if to is None else to(row[n]) for n, to in self.binds} for row in full]
