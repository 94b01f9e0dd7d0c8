"""Gives the driver a statement in its own words, past what SQLAlchemy prepares for each run.

What belongs to a statement all the same stays: whoever listens to statements is told of it, an
error of the driver comes out as SQLAlchemy's, and a connection that was lost is not used again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from engine.store.trips import Answer, TripConnection


def run(connection: Connection, text: str, values: Any, *, is_many: bool) -> Any:
    """Run the statement, once for each row of values if there are many; the driver's open cursor.

    Raises DBAPIError.
    """
    driver = connection.connection
    cursor = driver.cursor()
    told = connection.dispatch
    # Asked first: to call nobody takes longer, and nobody listens but tests and measurements.
    if told.before_cursor_execute:
        told.before_cursor_execute(connection, cursor, text, values, None, is_many)
    dialect = connection.dialect
    try:
        if is_many:
            dialect.do_executemany(cursor, text, values)
        else:
            dialect.do_execute(cursor, text, values)
    except dialect.loaded_dbapi.Error as error:
        raise _wrapped(connection, cursor, error, (text, values)) from error
    if told.after_cursor_execute:
        told.after_cursor_execute(connection, cursor, text, values, None, is_many)
    return cursor


def first(connection: Connection, text: str, values: Any) -> Sequence[Any] | None:
    """The first row of what the statement asks, as the driver gives it. Raises DBAPIError."""
    if connection.dialect.name == "postgresql":
        return next(iter(rows(connection, text, values)), None)
    row: Sequence[Any] | None = _fetched(connection, text, values, "fetchone")
    return row


def rows(connection: Connection, text: str, values: Any) -> Sequence[Sequence[Any]]:
    """All rows of what the statement asks, as the driver gives them. Raises DBAPIError."""
    if connection.dialect.name == "postgresql":
        line = Line(connection)
        first = line.send([(text, values)])
        return line.answers()[first].rows
    found: list[Sequence[Any]] = _fetched(connection, text, values, "fetchall")
    return found


def _fetched(connection: Connection, text: str, values: Any, fetch: str) -> Any:
    cursor = run(connection, text, values, is_many=False)
    try:
        # A text that cannot be read is found here, and not when the statement runs.
        found = getattr(cursor, fetch)()
    except connection.dialect.loaded_dbapi.Error as error:
        raise _wrapped(connection, cursor, error, (text, values)) from error
    cursor.close()
    return found


@contextmanager
def texts_as_far_as_they_are(connection: Connection) -> Iterator[None]:
    """A text of SQLite that is no UTF-8 is given as its bytes meanwhile, in place of an error."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = driver_of(connection)
    driver.text_factory = _text_or_bytes
    try:
        yield
    finally:
        driver.text_factory = str


def _text_or_bytes(content: bytes) -> str | bytes:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content


class Line:
    """A connection to PostgreSQL: what is sent along it, and answered."""

    __slots__ = ("_connection", "_driver", "_is_heard")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._driver: TripConnection = driver_of(connection)
        told = connection.dispatch
        self._is_heard = bool(told.before_cursor_execute) or bool(told.after_cursor_execute)

    def send(self, statements: Sequence[tuple[str, Mapping[str, Any]]]) -> int:
        """Send the statements, and wait for nothing; the place of the first's answer.

        Raises DBAPIError when they cannot be sent.
        """
        if self._is_heard:
            self._tell("before_cursor_execute", statements)
        try:
            first = self._driver.send(statements)
        except self._connection.dialect.loaded_dbapi.Error as error:
            texts = "; ".join(text for text, _ in statements)
            raise _wrapped(self._connection, None, error, (texts, None)) from error
        if self._is_heard:
            self._tell("after_cursor_execute", statements)
        return first

    def answers(self) -> list[Answer]:
        """What is said of all that was sent and not answered yet. Raises DBAPIError."""
        try:
            return self._driver.answered()
        except self._connection.dialect.loaded_dbapi.Error as error:
            what = "what was sent together", None
            raise _wrapped(self._connection, None, error, what) from error

    def _tell(self, moment: str, statements: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        listener = getattr(self._connection.dispatch, moment)
        for text, values in statements:
            listener(self._connection, None, text, values, None, False)


def driver_of(connection: Connection) -> Any:
    """The driver's own connection."""
    return connection.connection.driver_connection


def _wrapped(
    connection: Connection, cursor: Any | None, error: Any, what: tuple[str, Any]
) -> BaseException:
    dialect = connection.dialect
    is_lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, cursor)
    wrapped: BaseException = DBAPIError.instance(
        *(*what, error, dialect.loaded_dbapi.Error),
        connection_invalidated=is_lost,
        dialect=dialect,
    )
    if is_lost:
        connection.invalidate(error)
    elif cursor is not None:
        cursor.close()
    return wrapped
