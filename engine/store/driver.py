"""Gives the driver a statement in its own words, past what SQLAlchemy prepares for each run.

What belongs to a statement all the same stays: whoever listens to statements is told of it, an
error of the driver comes out as SQLAlchemy's, and a connection that was lost is not used again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


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
    row: Sequence[Any] | None = _asked(connection, text, values, "fetchone")
    return row


def rows(connection: Connection, text: str, values: Any) -> list[Sequence[Any]]:
    """All rows of what the statement asks, as the driver gives them. Raises DBAPIError."""
    found: list[Sequence[Any]] = _asked(connection, text, values, "fetchall")
    return found


def _asked(connection: Connection, text: str, values: Any, fetch: str) -> Any:
    cursor = run(connection, text, values, is_many=False)
    try:
        # A text that cannot be read is found here, and not when the statement runs.
        found = getattr(cursor, fetch)()
    except connection.dialect.loaded_dbapi.Error as error:
        raise _wrapped(connection, cursor, error, (text, values)) from error
    cursor.close()
    return found


def _wrapped(
    connection: Connection, cursor: Any, error: Any, what: tuple[str, Any]
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
    else:
        cursor.close()
    return wrapped
