"""Few round trips to PostgreSQL: a short transaction waits longer for them than for its work."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, event, exc

if TYPE_CHECKING:
    from sqlalchemy.pool import ConnectionPoolEntry

#: For how long a connection that lay in the pool is believed to be there, when nothing came from
#: the server: one that shuts down says so. Only a network that fails silently needs a question.
BELIEVED_S = 5.0

_SINCE = "alur_in_pool_since"


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """Statements inside are sent to PostgreSQL one after the other, and waited for at the end.

    They must not return rows; how many they touched is known after the end. What the server says
    of any of them is raised inside or at the end. On SQLite there is nothing to wait for.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    import psycopg

    driver: Any = connection.connection.driver_connection
    try:
        with driver.pipeline():
            yield
    except psycopg.Error as error:
        # SQLAlchemy has not seen it; it is to look as everything that it has.
        raise exc.DBAPIError.instance(
            "several statements at once",
            None,
            error,
            psycopg.Error,
            connection_invalidated=driver.closed,
            dialect=connection.dialect,
        ) from error


def ask_when_in_doubt(engine: Engine) -> None:
    """Let connections from the pool be asked whether they still work, where that is in doubt.

    SQLAlchemy's `pool_pre_ping` asks each time, a round trip before each transaction.
    """
    import psycopg

    def lay_down(_connection: object, entry: ConnectionPoolEntry) -> None:
        entry.info[_SINCE] = perf_counter()

    def take_up(connection: Any, entry: ConnectionPoolEntry, _proxy: object) -> None:
        since = entry.info.get(_SINCE)
        if since is None or (perf_counter() - since < BELIEVED_S and not _has_news(connection)):
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise exc.InvalidatePoolError from error

    event.listen(engine, "checkin", lay_down)
    event.listen(engine, "checkout", take_up)


def _has_news(connection: Any) -> bool:
    """Whether the server has sent something unasked, or is gone."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
