"""Open connections that nobody uses at the moment: who is done with one leaves it to the next.

A pool resets a connection each time, and looks at it before it is used again: of a short
transaction that is a tenth.
"""

from __future__ import annotations

from contextlib import suppress
from time import perf_counter
from typing import cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from engine.store.connection import BUSY_TIMEOUT_MS, MAX_CONNECTIONS, driver_errors, is_in_memory
from engine.store.driver import driver_of
from engine.store.round_trips import is_there

#: More of them stay in the pool.
_MOST = 8


class AtHand:
    """Those of one engine, which are connections of its pool."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_postgresql = engine.dialect.name == "postgresql"
        #: Of a SQLite in memory there is one connection, which all take turns with.
        self.keeps = not is_in_memory(engine)
        self._left: list[tuple[Connection, float]] = []
        #: Until then somebody may wait for one at the pool.
        self._short_until = 0.0

    def take(self) -> Connection:
        """One outside of a transaction. Raises StorageError when there is none to be had."""
        while (left := self._pop()) is not None:
            connection, since = left
            driver = driver_of(connection)
            if not self._is_postgresql or is_there(connection.dialect, driver, since):
                return connection
            connection.invalidate()
            let_go(connection)
        self.make_room()
        with driver_errors():
            return self._engine.connect()

    def leave(self, connection: Connection) -> None:
        """To the next one, or to the pool; what was not committed is rolled back."""
        if connection.invalidated or connection.in_transaction() or not self.keeps:
            let_go(connection)
            return
        now = perf_counter()
        self._left.append((connection, now))
        # Looked at when it lies there: who looked for one before has said so before.
        if len(self._left) > _MOST or now < self._short_until:
            self._return_one()

    def make_room(self) -> None:
        """For who asks the pool: when it has given all that it may, it gets one of these back.

        Or the next that is left, should there be none.
        """
        # It has another pool whenever it was disposed of.
        if cast(QueuePool, self._engine.pool).checkedout() >= MAX_CONNECTIONS:
            self._short_until = perf_counter() + BUSY_TIMEOUT_MS / 1000
            self._return_one()

    def clear(self) -> None:
        """Give back all that nobody uses."""
        while self._return_one():
            pass

    def close(self) -> None:
        """Keep none any more, also not those that are in use."""
        self.keeps = False
        self.clear()

    def _return_one(self) -> bool:
        left = self._pop()
        if left is not None:
            let_go(left[0])
        return left is not None

    def _pop(self) -> tuple[Connection, float] | None:
        # Another thread may be faster: to look first would not do.
        with suppress(IndexError):
            return self._left.pop()
        return None


def let_go(connection: Connection) -> None:
    """Roll back what was not committed; a connection that is lost has done so by itself."""
    with suppress(SQLAlchemyError):
        connection.close()
