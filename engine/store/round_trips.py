"""Few round trips to PostgreSQL: a short transaction waits longer for them than for its work."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, event, exc

from engine.store.driver import answers, send

if TYPE_CHECKING:
    from sqlalchemy.pool import ConnectionPoolEntry

    from engine.store.trips import Answer

#: For how long a connection that lay in the pool is believed to be there, when nothing came from
#: the server: one that shuts down says so. Only a network that fails silently needs a question.
BELIEVED_S = 5.0

_SINCE = "alur_in_pool_since"


class Together:
    """Statements that are sent to PostgreSQL as they come, and waited for together."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._answers: list[Answer] = []

    def add(self, text: str, rows: Sequence[Mapping[str, Any]]) -> Callable[[], int]:
        """Run the statement for each row; how many it touched, to be asked after `wait`.

        Raises DBAPIError when nothing can be sent.
        """
        first = send(self._connection, [(text, row) for row in rows])
        return lambda: sum(each.touched for each in self._answers[first : first + len(rows)])

    def wait(self) -> None:
        """Raises DBAPIError of the first statement that fails; those after it are not done."""
        self._answers = answers(self._connection)


@contextmanager
def together(connection: Connection, *, is_waited_for: bool = True) -> Iterator[Together | None]:
    """Statements inside are sent to PostgreSQL as they come, and waited for at the end.

    What the server says of any of them is raised there; not is_waited_for: where the next statement
    is, or the end of the transaction. On SQLite there is nothing to wait for, and nothing that they
    are kept in.
    """
    if connection.dialect.name != "postgresql":
        yield None
        return
    kept = Together(connection)
    yield kept
    if is_waited_for:
        kept.wait()


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
