"""Statements of listings, made once for each shape of a query.

A listing's statement depends on what is asked for, and on the values only by which of them are
equal. To make it took ten times as long as to run it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Select

from engine.queries import Page, TaskQuery, TaskScope
from engine.store.driver import rows
from engine.store.prepared import reader
from engine.store.tables.columns import milliseconds

#: Makes the statement of a listing.
Build = Callable[[TaskQuery, Page], Select[Any]]

#: What is worked into other words before it is bound, so that its place cannot be found.
_WORKED = frozenset({"name_contains", "key_words"})
_NAMES = tuple(each.name for each in fields(TaskQuery))
_facts_of = attrgetter(*_NAMES)
#: Of longer lists nobody asks twice; and shapes that are kept, of one listing.
_LONGEST, _MOST = 8, 500
#: Stand for a query's values in the statement that is made of its shape: such a letter (of the
#: private ones) and such a year are in no statement.
_TEXT = "\ue000{:04}"
_MOMENT = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a query its statement is made by."""

    key: Hashable
    #: Each value once, in the order in which the key counts them.
    values: tuple[str | datetime, ...]


class ShapedListing:
    """One kind of listing."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._forms: dict[Hashable, _Form | None] = {}

    def rows(self, connection: Connection, query: TaskQuery, page: Page) -> list[list[Any]] | None:
        """The rows that the listing gives, as lists of values in the order of its columns.

        None: a statement has to be made of this query. Raises DBAPIError; ValueError and TypeError
        for a value that is not what its column's type says.
        """
        shape = shape_of(query, page)
        if shape is None:
            return None
        key = (connection.dialect.name, shape.key)
        if key not in self._forms:
            if len(self._forms) >= _MOST:
                self._forms.clear()
            # Two threads may come here at once; both get the same.
            self._forms[key] = self._formed(connection.dialect, query, page, shape)
        form = self._forms.get(key)
        return None if form is None else form.rows(connection, shape.values)

    def _formed(self, dialect: Dialect, query: TaskQuery, page: Page, shape: Shape) -> _Form | None:
        places: dict[Any, int] = {_stand_in(v, n): n for n, v in enumerate(shape.values)}
        stood = _with_stand_ins(query, dict(zip(shape.values, places, strict=True)))
        statement = self._build(stood, page)
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        bound = compiled.construct_params()
        names = tuple(compiled.positiontup or ()) if compiled.positional else tuple(bound)
        binds = tuple((name, places.get(bound[name]), bound[name]) for name in names)
        if any(_is_near_stand_in(value) for _, place, value in binds if place is None):
            return None
        columns = enumerate(statement.selected_columns)
        readers = [(place, reader(column.type, dialect)) for place, column in columns]
        return _Form(
            str(compiled),
            tuple((name, place, _plain(value)) for name, place, value in binds),
            tuple((place, read) for place, read in readers if read is not None),
            is_positional=compiled.positional,
        )


@dataclass(frozen=True, slots=True)
class _Form:
    """A listing's statement in the words of one database's driver."""

    text: str
    #: Name of what is bound; its place among the values of the shape, or None; its own value.
    binds: tuple[tuple[str, int | None, Any], ...]
    readers: tuple[tuple[int, Callable[[Any], Any]], ...]
    is_positional: bool

    def rows(self, connection: Connection, given: Sequence[str | datetime]) -> list[list[Any]]:
        values = [_plain(each) for each in given]
        bound = [own if place is None else values[place] for _, place, own in self.binds]
        parameters: Any = tuple(bound)
        if not self.is_positional:
            parameters = {name: each for (name, _, _), each in zip(self.binds, bound, strict=True)}
        found = [list(row) for row in rows(connection, self.text, parameters)]
        for row in found:
            for place, read in self.readers:
                row[place] = read(row[place])
        return found


def shape_of(query: TaskQuery, page: Page) -> Shape | None:
    """The query's shape; None when it has none that would be asked for again."""
    places: dict[str | datetime, int] = {}
    key: list[Hashable] = [page]
    for name, value in zip(_NAMES, _facts_of(query), strict=True):
        if value is None:
            continue
        if name in _WORKED:
            return None
        key.append(name)
        kind = type(value)
        if kind is str or kind is datetime:
            if kind is datetime and value.tzinfo is None:
                return None
            key.append(places.setdefault(value, len(places)))
        elif kind is TaskScope or kind is tuple:
            texts = (value.account, *sorted(value.lanes)) if kind is TaskScope else value
            if len(texts) > _LONGEST:
                return None
            key.append(tuple([places.setdefault(text, len(places)) for text in texts]))
        else:
            key.append(value)
    # What an empty text says may be another thing; places behind a row are of many kinds.
    if "" in places or page.after is not None:
        return None
    return Shape(tuple(key), tuple(places))


def _stand_in(value: str | datetime, place: int) -> str | datetime:
    return _TEXT.format(place) if isinstance(value, str) else _MOMENT + timedelta(days=place)


def _is_near_stand_in(value: object) -> bool:
    """Whether it was made of a stand-in, and is none."""
    if isinstance(value, datetime):
        return value.year == _MOMENT.year
    return isinstance(value, str) and _TEXT[0] in value


def _with_stand_ins(query: TaskQuery, stand_ins: Mapping[Any, Any]) -> TaskQuery:
    """The query with another value in place of each."""
    changed: dict[str, Any] = {}
    for name, value in zip(_NAMES, _facts_of(query), strict=True):
        if isinstance(value, tuple):
            changed[name] = tuple(stand_ins[each] for each in value)
        elif isinstance(value, TaskScope):
            lanes = frozenset(stand_ins[lane] for lane in value.lanes)
            changed[name] = TaskScope(stand_ins[value.account], lanes)
        elif isinstance(value, str | datetime):
            changed[name] = stand_ins[value]
    return replace(query, **changed)


def _plain(value: Any) -> Any:
    """The value as the driver is given it."""
    if isinstance(value, datetime):
        return milliseconds(value)
    return value.value if isinstance(value, Enum) else value
