"""Statements that every step runs: compiled once, and given to the driver as they are.

SQLAlchemy prepares each run of a statement anew: of the rows of a step, that took as long as to
write them. Everything else of it stays: its dialects, types, events and errors.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Dialect, Insert, Select
from sqlalchemy.exc import StatementError
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import TypeEngine

from engine.store.driver import first, run
from engine.store.driver import rows as rows_of
from engine.store.record_sets import FromRecords, RecordSet, record_set
from engine.store.round_trips import Together
from engine.store.tables.columns import read_by, stored_by

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler


#: How many rows a statement touched; to be asked when its answer has come.
Touched = Callable[[], int]


class Prepared:
    """One writing statement, for rows that all have the same names.

    statement: one for all databases, or one by the name of each. names: of a row's values; whatever
    else the statement binds has its value in it.
    """

    def __init__(
        self,
        statement: UpdateBase | Mapping[str, UpdateBase | FromRecords],
        names: Sequence[str],
    ) -> None:
        self._statement = statement
        self._names = tuple(names)
        self._forms: dict[str, _Forms] = {}

    def run(
        self,
        connection: Connection,
        rows: Sequence[Mapping[str, Any]],
        kept: Together | None = None,
    ) -> Touched:
        """Run it for the rows; how many rows of the table it touched, for who asks after it ran.

        kept: it is to be sent with others.
        """
        dialect = connection.dialect
        forms = self._forms.get(dialect.name)
        if forms is None:
            # Two threads may come here at once; both get the same.
            forms = self._forms[dialect.name] = self._compiled(dialect)
        form = forms[0] if len(rows) == 1 else forms[1]
        try:
            values = form.parameters(rows)
        except (ValueError, TypeError) as error:
            # As SQLAlchemy itself says of a value that its column's type does not take.
            raise StatementError(str(error), form.text, None, error) from error
        if dialect.name == "postgresql":
            alone = kept or Together(connection)
            told = alone.add(form.text, values if isinstance(values, list) else [values])
            if kept is None:
                alone.wait()
            return told
        cursor = run(connection, form.text, values, is_many=isinstance(values, list))
        touched = int(cursor.rowcount)
        cursor.close()
        return lambda: touched

    def _compiled(self, dialect: Dialect) -> _Forms:
        given = self._statement
        statement = given[dialect.name] if isinstance(given, Mapping) else given
        if isinstance(statement, FromRecords):
            its = statement.compiled(dialect)
            return its, its
        compiled = statement.compile(dialect=dialect, column_keys=list(self._names))
        form = _form_of(compiled, self._names)
        if dialect.name != "postgresql" or not isinstance(statement, Insert):
            return form, form
        if form.fixed or statement.select is not None:
            return form, form
        return form, record_set(statement, dialect, form.names, dict(form.processors))


#: For one row, and for any number. To make one of a JSON text takes longer than to bind its values.
_Forms = tuple["_Form | RecordSet", "_Form | RecordSet"]


class PreparedQuery:
    """One question. statement: its columns, and binds without values."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._forms: dict[str, _QueryForm] = {}
        names = [each.name for each in statement.selected_columns]
        self._row: Callable[..., Any] = namedtuple("_Row", names)  # type: ignore[misc]

    def first(self, connection: Connection, values: Mapping[str, Any]) -> list[Any] | None:
        """The values of the first row in the order of the columns; None: there is no row.

        Raises ValueError, TypeError for a value that is not what its column's type says.
        """
        form = self._form(connection.dialect)
        row = first(connection, form.form.text, form.parameters(values))
        return None if row is None else form.read(row)

    def all(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """All rows, each with its values by the names of the columns. Raises as `first`."""
        form = self._form(connection.dialect)
        found = rows_of(connection, form.form.text, form.parameters(values))
        return [self._row(*form.read(row)) for row in found]

    def _form(self, dialect: Dialect) -> _QueryForm:
        form = self._forms.get(dialect.name)
        if form is None:
            form = self._forms[dialect.name] = self._compiled(dialect)
        return form

    def _compiled(self, dialect: Dialect) -> _QueryForm:
        compiled = self._statement.compile(dialect=dialect)
        types = [column.type for column in self._statement.selected_columns]
        readers = [(place, reader(type_, dialect)) for place, type_ in enumerate(types)]
        return _QueryForm(
            _form_of(compiled, [name for name, bind in compiled.binds.items() if bind.required]),
            tuple((place, read) for place, read in readers if read is not None),
        )


_Processor = Callable[[Any], Any]


def _processor(compiled: SQLCompiler, name: str) -> _Processor | None:
    """What makes of a value what the driver is given; None: the value is."""
    type_ = compiled.binds[name].type
    return stored_by(type_) or type_.dialect_impl(compiled.dialect).bind_processor(compiled.dialect)


def reader(type_: TypeEngine[Any], dialect: Dialect) -> _Processor | None:
    """What makes of the driver's value what the type says; None: it is."""
    return read_by(type_) or type_.dialect_impl(dialect).result_processor(dialect, None)


def _form_of(compiled: SQLCompiler, names: Sequence[str]) -> _Form:
    """names: those that are given values at each run."""
    bound = tuple((compiled.positiontup if compiled.positional else compiled.params) or ())
    processors = [(place, _processor(compiled, name)) for place, name in enumerate(bound)]
    return _Form(
        str(compiled),
        bound,
        tuple((place, to_driver) for place, to_driver in processors if to_driver is not None),
        {n: value for n, value in compiled.params.items() if n not in names},
        is_positional=compiled.positional,
        values=_getter(bound),
    )


def _getter(names: Sequence[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    if len(names) < 2:
        # itemgetter gives one value as it is, and cannot give none.
        return lambda row: tuple(row[name] for name in names)
    return itemgetter(*names)


@dataclass(frozen=True, slots=True)
class _Form:
    """The statement in the words of one database's driver."""

    text: str
    #: What is bound, in the order of the text.
    names: tuple[str, ...]
    #: (place in names, what makes of the value there what the driver is given).
    processors: tuple[tuple[int, _Processor], ...]
    #: What is bound beside the values of a row.
    fixed: Mapping[str, Any]
    is_positional: bool
    #: The values of a row, in the order of `names`.
    values: Callable[[Mapping[str, Any]], tuple[Any, ...]]

    def parameters(self, rows: Sequence[Mapping[str, Any]]) -> Any:
        """A list or a dict of values per row, as the driver takes them."""
        processors, its_values = self.processors, self.values
        found = []
        for row in rows:
            values = list(its_values({**self.fixed, **row} if self.fixed else row))
            for place, to_driver in processors:
                values[place] = to_driver(values[place])
            found.append(values)
        if self.is_positional:
            return found
        return [dict(zip(self.names, values, strict=True)) for values in found]


@dataclass(frozen=True, slots=True)
class _QueryForm:
    """A question in the words of one database's driver, and what reads which value of its row."""

    form: _Form
    readers: tuple[tuple[int, _Processor], ...]

    def parameters(self, values: Mapping[str, Any]) -> Any:
        [parameters] = self.form.parameters([values])
        return parameters

    def read(self, row: Sequence[Any]) -> list[Any]:
        found = list(row)
        for place, read in self.readers:
            found[place] = read(found[place])
        return found
