"""Few round trips to PostgreSQL: a short transaction waits longer for them than for its work."""

from __future__ import annotations

import select
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Dialect, Engine, event, exc

from engine.store.driver import Line

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
        self._line = Line(connection)
        self._answers: list[Answer] = []

    def add(self, text: str, rows: Sequence[Mapping[str, Any]]) -> Callable[[], int]:
        """Run the statement for each row; how many it touched, to be asked after `wait`.

        Raises DBAPIError when nothing can be sent.
        """
        first = self._line.send([(text, row) for row in rows])
        return lambda: sum(each.touched for each in self._answers[first : first + len(rows)])

    def wait(self) -> None:
        """Raises DBAPIError of the first statement that fails; those after it are not done."""
        self._answers = self._line.answers()


def ask_when_in_doubt(engine: Engine) -> None:
    """Let connections from the pool be asked whether they still work, where that is in doubt.

    SQLAlchemy's `pool_pre_ping` asks each time, a round trip before each transaction.
    """

    def lay_down(_connection: object, entry: ConnectionPoolEntry) -> None:
        entry.info[_SINCE] = perf_counter()

    def take_up(connection: Any, entry: ConnectionPoolEntry, _proxy: object) -> None:
        since = entry.info.get(_SINCE)
        if since is None or is_there(engine.dialect, connection, since):
            return
        raise exc.InvalidatePoolError

    event.listen(engine, "checkin", lay_down)
    event.listen(engine, "checkout", take_up)


def is_there(dialect: Dialect, connection: Any, since: float) -> bool:
    """Whether a connection to PostgreSQL that nobody used since then works; asked when in doubt."""
    if perf_counter() - since < BELIEVED_S and not _has_news(connection):
        return True
    try:
        return bool(dialect.do_ping(connection))
    except dialect.loaded_dbapi.Error:
        return False


def _has_news(connection: Any) -> bool:
    """Whether the server has sent something unasked, or is gone."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
