"""One open transaction, and the shapes that all listings share: order and page.

The questions themselves stand in the module of their subject.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Executable,
    Row,
    Select,
    func,
    literal,
    select,
)

from engine.errors import DamagedRow, EngineError, InvalidQuery, StorageError
from engine.model import EventKind, StoredInstance
from engine.queries import Page, SortOrder, TaskQuery
from engine.store.connection import driver_errors
from engine.store.driver import Line
from engine.store.filters import visible_instances
from engine.store.kept_keys import as_bytes, decoded
from engine.store.kept_rows import readable
from engine.store.places import behind
from engine.store.prepared import Prepared, PreparedQuery, Touched
from engine.store.quarantine import Quarantine
from engine.store.round_trips import Together
from engine.store.shapes import ShapedListing
from engine.store.tables import process_instance

T = TypeVar("T")
Question = TypeVar("Question", bound=Callable[..., Any])
Rows = Sequence[Row[Any]]
#: Name of a field by which a listing may be sorted, and what it is in SQL.
Sortable = Mapping[str, ColumnElement[Any]]
#: Instances that are looked up one by one. When there are more, reading in the order of a page soon
#: comes to them.
FEW = 500
#: How many answers a transaction keeps of one question: a page asks about a few things.
_KEPT = 32


def asked_once(question: Question) -> Question:
    """The question about one key is asked of the database once in a transaction that only reads.

    Such a transaction sees one state, so that the answer is the same. Answers are frozen. With an
    option (`for_step`) it is asked each time.
    """

    @wraps(question)
    def ask(transaction: Transaction, key: str, **options: bool) -> Any:
        if transaction.is_writing or any(options.values()):
            return question(transaction, key, **options)
        known = transaction.answers(question.__name__)
        if key not in known:
            if len(known) >= _KEPT:
                known.clear()
            known[key] = question(transaction, key)
        return known[key]

    return cast(Question, ask)


class Transaction:
    """Runs statements on one connection; the subjects build upon it."""

    def __init__(self, connection: Connection, *, is_writing: bool, quarantine: Quarantine) -> None:
        self._connection = connection
        self._quarantine = quarantine
        self._is_writing = is_writing
        #: What questions that are asked once were answered, by question and key.
        self._answers: dict[str, dict[str, Any]] = {}
        #: Newest revision of a calendar; a reading transaction is told the same each time.
        self._newest_revisions: dict[str, int] = {}
        #: By which words an instance is found, of those whose task was taken for a step.
        self._known_words: dict[str, str] = {}
        #: None until it is asked; true or false for the rest of the transaction.
        self._is_somebody_told: bool | None = None
        #: What is sent together, while it is put together.
        self._kept: Together | None = None
        #: Tasks whose end was written ahead of the step that it is of.
        self._ended: set[str] = set()
        #: The event of the step under way whose variables were written ahead likewise.
        self._begun: tuple[str, int] | None = None
        #: Raised when what was sent and is not answered yet finds a unique key to be there already.
        self.clash: EngineError | None = None
        #: Revision of each instance that nobody else can move on until this transaction ends.
        self._locked: dict[str, int] = {}
        #: Statements that were run, begin and end not counted.
        self.statements = 0
        #: (kind of the input, instance id) of every step that was written.
        self.steps: list[tuple[EventKind, str]] = []

    @property
    def is_writing(self) -> bool:
        """Whether it may write."""
        return self._is_writing

    def answers(self, question: str) -> dict[str, Any]:
        """What the question was answered in this transaction, by its key."""
        return self._answers.setdefault(question, {})

    def _all(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Rows:
        self.statements += 1
        with driver_errors():
            result = self._executed(statement, values)
            with readable():
                return result.all()

    def _first(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> Row[Any] | None:
        self.statements += 1
        with driver_errors():
            result = self._executed(statement, values)
            with readable():
                return result.first()

    def _ask(self, query: PreparedQuery, values: Mapping[str, Any]) -> list[Any] | None:
        """The one row that answers, as a list of values."""
        self.statements += 1
        with self._refused(), readable():
            return query.first(self._connection, values)

    def _ask_all(self, query: PreparedQuery, values: Mapping[str, Any]) -> list[Any]:
        """All rows that answer; of each its values by the names of the columns."""
        self.statements += 1
        with self._refused(), readable():
            return query.all(self._connection, values)

    def _shaped(
        self,
        listing: ShapedListing,
        build: Callable[[list[Any]], T],
        query: TaskQuery,
        page: Page,
    ) -> list[T] | None:
        """What the rows of the listing say; None: a statement has to be made of this query.

        Raises DamagedRow when one of them cannot be read.
        """
        with self._refused(), readable():
            rows = listing.rows(self._connection, query, page)
            if rows is None:
                return None
            self.statements += 1
            return [build(row) for row in rows]

    def _is_any(self, statement: Select[Any]) -> bool:
        """Whether it finds a row, which need not be one that can be read."""
        one = statement.with_only_columns(literal(1), maintain_column_froms=True)
        return self._first(one.limit(1)) is not None

    def _number(self, statement: Executable) -> int:
        self.statements += 1
        with driver_errors(), readable():
            return int(self._executed(statement).scalar() or 0)

    def _write(
        self,
        statement: Executable | Prepared,
        rows: Sequence[Mapping[str, Any]] | None = None,
        *,
        clash: EngineError | None = None,
        still_used: EngineError | None = None,
    ) -> int:
        """Run a writing statement, once per row when there are rows; the rows it touched."""
        self._must_write()
        self.statements += 1
        if isinstance(statement, Prepared):
            with self._refused(clash, still_used):
                return statement.run(self._connection, rows or ())()
        with driver_errors(clash=clash, still_used=still_used):
            return self._executed(statement, None if rows is None else list(rows)).rowcount

    def _refused(
        self, clash: EngineError | None = None, still_used: EngineError | None = None
    ) -> AbstractContextManager[None]:
        """As `driver_errors`, for a statement that is waited for with all that was sent before."""
        before, self.clash = self.clash, None
        return driver_errors(clash=clash or before, still_used=still_used)

    def _executed(self, statement: Executable, values: Any = None) -> CursorResult[Any]:
        """As SQLAlchemy runs it, when all that was sent before is answered."""
        if self._connection.dialect.name == "postgresql":
            with self._refused():
                Line(self._connection).answers()
        return self._connection.execute(statement, values)

    def _together(
        self, *, clash: EngineError | None = None, is_waited_for: bool = True
    ) -> AbstractContextManager[None]:
        """What is sent inside is one question to the database, which is waited for at the end.

        clash: raised when a unique key is already there. not is_waited_for: of what cannot fail by
        its rows, so that PostgreSQL works on while more is put together; it is waited for with the
        next statement, or with the COMMIT.
        """
        self._must_write()
        return _Sending(self, clash, is_waited_for=is_waited_for)

    def _send(self, statement: Prepared, rows: Sequence[Mapping[str, Any]]) -> Touched:
        """Within `_together`: write the rows; how many were touched can be asked after its end."""
        self.statements += 1
        return statement.run(self._connection, rows, self._kept)

    def _taken(self, stored: StoredInstance, *, for_step: bool) -> StoredInstance:
        """The instance as its row was read. for_step: and locked, or nobody else writes at all."""
        if for_step:
            self._locked[stored.instance.instance_id] = stored.instance.revision
        return stored

    def _must_write(self) -> None:
        if not self._is_writing:
            raise StorageError("a reading transaction cannot write or lock; open a writing one")

    def _listed(
        self, statement: Select[Any], build: Callable[[Row[Any]], T], *keys: ColumnElement[Any]
    ) -> list[T]:
        """What the rows of a listing say, in their order.

        A row that cannot be read must not take the others with it: it is left out, and told by its
        keys, which are read by themselves then.
        """
        try:
            with readable():
                return [build(row) for row in self._all(statement)]
        except DamagedRow:
            found = self._keys_of(statement, keys)
            each = [self._one_of(statement, build, keys, values) for values in found]
            return [one for some in each for one in some]

    def _ids(self, statement: Select[Any], key: ColumnElement[str]) -> list[str]:
        """The ids that a question is about, in their order, but for those that are no text."""
        found = [each for [each] in self._keys_of(statement, [key])]
        if None in found:
            missing = f"a row of {_table_of(key)} ({key.key} None)"
            self._quarantine.take(missing, "expected a text, found none")
        return [each for each in found if each is not None]

    def _few_visible(
        self, lanes: Iterable[str] | None, account: str | None
    ) -> tuple[str, ...] | None:
        """The ids of the instances that are visible, when these are few; None: many, or all."""
        if lanes is None:
            return None
        ids = select(process_instance.c.instance_id).where(*visible_instances(lanes, account))
        return self._few_ids(ids)

    def _few_ids(self, ids: Select[tuple[str]]) -> tuple[str, ...] | None:
        """Each of the ids once, when they are few; None: many, or not all of them can be read.

        Who asks goes another way then, on which what cannot be read is left out by itself.
        """
        try:
            found = [row[0] for row in self._all(ids.limit(FEW + 1))]
        except DamagedRow:
            return None
        return None if len(found) > FEW or None in found else tuple(dict.fromkeys(found))

    def _keys_of(
        self, statement: Select[Any], keys: Sequence[ColumnElement[Any]]
    ) -> Iterator[Sequence[Any]]:
        """The keys of a listing's rows, but for those whose own keys cannot be read."""
        try:
            yield from self._all(statement.with_only_columns(*keys))
            return
        except DamagedRow:
            rows = self._all(statement.with_only_columns(*map(as_bytes, keys)))
            names = [str(key.key) for key in keys]
            yield from decoded(rows, names, _table_of(keys[0]), self._quarantine)

    def _beyond_damaged(self, limit: int) -> int:
        """So many rows of a claim that those which are left out do not fill it."""
        return limit + len(self._quarantine.rows)

    def _one_of(
        self,
        statement: Select[Any],
        build: Callable[[Row[Any]], T],
        keys: Sequence[ColumnElement[Any]],
        values: Sequence[Any],
    ) -> list[T]:
        named = dict(zip(keys, values, strict=True))
        one = statement.limit(None).offset(None).order_by(None)
        try:
            with readable():
                row = self._first(one.where(*(key == value for key, value in named.items())))
                return [] if row is None else [build(row)]
        except DamagedRow as error:
            places = ", ".join(f"{key.key} {value}" for key, value in named.items())
            self._quarantine.take(f"a row of {_table_of(keys[0])} ({places})", str(error))
            return []


class _Sending:
    """What `_together` gives. No generator: see _DriverErrors."""

    __slots__ = ("_clash", "_is_waited_for", "_transaction")

    def __init__(
        self, transaction: Transaction, clash: EngineError | None, *, is_waited_for: bool
    ) -> None:
        self._transaction = transaction
        self._clash = clash
        self._is_waited_for = is_waited_for

    def __enter__(self) -> None:
        transaction = self._transaction
        transaction.clash = None if self._is_waited_for else self._clash
        # SQLite answers at once.
        if transaction._connection.dialect.name == "postgresql":
            transaction._kept = Together(transaction._connection)

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        transaction = self._transaction
        kept, transaction._kept = transaction._kept, None
        errors = driver_errors(clash=self._clash)
        if error is None and kept is not None and self._is_waited_for:
            with errors:
                kept.wait()
        errors.__exit__(kind, error, trace)


def _table_of(column: ColumnElement[Any]) -> str:
    table = getattr(column, "table", None)
    return str(getattr(getattr(table, "element", table), "name", "a listing"))


def paged(
    statement: Select[Any],
    page: Page,
    sortable: Sortable,
    *ties: ColumnElement[Any],
    reverses: bool = False,
    lacks_none: Collection[str] = (),
) -> Select[Any]:
    """The part of the listing that `page` asks for; `ties` make its order a total one.

    Without a wish the order is that of `ties`. A missing value stands last in either direction.
    reverses: ties go the way of the last wish, so that the latest first is all the other way round.
    lacks_none: names of which no value is missing: an index of PostgreSQL does not tell.
    """
    if page.first_result < 0 or (page.max_results is not None and page.max_results < 0):
        raise InvalidQuery("a page begins at 0 or later and has 0 results or more")
    wishes = [_ordered(sortable, name, order, lacks_none) for name, order in page.sorting]
    way = page.sorting[-1][1] if reverses and page.sorting else SortOrder.ASC
    ordered = [tie.desc() if way is SortOrder.DESC else tie for tie in ties]
    statement = statement.order_by(*wishes, *ordered)
    if page.after is not None:
        order = [(sortable[name], order) for name, order in page.sorting]
        statement = statement.where(*behind([*order, *((t, way) for t in ties)], page.after))
    if page.max_results is not None:
        statement = statement.limit(page.max_results)
    return statement.offset(page.first_result) if page.first_result else statement


def _ordered(
    sortable: Sortable, name: str, order: SortOrder, lacks_none: Collection[str]
) -> ColumnElement[Any]:
    column = sortable.get(name)
    if column is None:
        raise InvalidQuery(
            f"cannot sort by {name!r}; expected one of {', '.join(sorted(sortable))}",
            {"sorting": [name]},
        )
    wish = column.desc() if order == SortOrder.DESC else column.asc()
    may_lack = getattr(column, "nullable", True) and name not in lacks_none
    return wish.nulls_last() if may_lack else wish


def counted(statement: Select[Any]) -> Select[int]:
    """How many rows the listing has."""
    return select(func.count()).select_from(statement.order_by(None).subquery())
