"""Gives the driver a statement in its own words, past what SQLAlchemy prepares for each run.

What belongs to a statement all the same stays: whoever listens to statements is told of it, an
error of the driver comes out as SQLAlchemy's, and a connection that was lost is not used again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from engine.store.trips import Answer, TripConnection

#: Execution option of a connection whose statements are asked alone: none begins a transaction.
ALONE = "alur_alone"


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
        [answer] = trip(connection, [(text, values)])
        return answer.rows
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


def trip(
    connection: Connection, statements: Sequence[tuple[str, Mapping[str, Any]]]
) -> list[Answer]:
    """PostgreSQL's answers to the statements, which are waited for once. Raises DBAPIError."""
    first = send(connection, statements)
    return answers(connection)[first:]


def send(connection: Connection, statements: Sequence[tuple[str, Mapping[str, Any]]]) -> int:
    """Send the statements to PostgreSQL, and wait for nothing; the place of the first's answer.

    Raises DBAPIError when they cannot be sent.
    """
    # SQLite needs no driver of PostgreSQL.
    from engine.store import trips

    told = connection.dispatch
    if told.before_cursor_execute:
        for text, values in statements:
            told.before_cursor_execute(connection, None, text, values, None, False)
    begins = not connection.get_execution_options().get(ALONE)
    try:
        first = trips.send(_driver_of(connection), statements, begins=begins)
    except connection.dialect.loaded_dbapi.Error as error:
        texts = "; ".join(text for text, _ in statements)
        raise _wrapped(connection, None, error, (texts, None)) from error
    if told.after_cursor_execute:
        for text, values in statements:
            told.after_cursor_execute(connection, None, text, values, None, False)
    return first


def answers(connection: Connection) -> list[Answer]:
    """What PostgreSQL says of all that was sent and not answered yet. Raises DBAPIError."""
    from engine.store import trips

    try:
        return trips.answered(_driver_of(connection))
    except connection.dialect.loaded_dbapi.Error as error:
        raise _wrapped(connection, None, error, ("what was sent together", None)) from error


def _driver_of(connection: Connection) -> TripConnection:
    return cast("TripConnection", connection.connection.driver_connection)


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
