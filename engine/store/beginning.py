"""Begins transactions of one database and ends them: all of it is kept, or none of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock

from sqlalchemy import Connection, Engine, RootTransaction
from sqlalchemy.exc import SQLAlchemyError

from engine.errors import EngineError, OutcomeUnknown, StorageAway, StorageBusy, StorageUnusable
from engine.store.connection import BUSY_TIMEOUT_MS, WRITING, driver_errors, is_in_memory


class Writers:
    """Those who write to one database, on SQLite one at a time.

    Its own lock is not fair: a thread could starve until it is refused as busy.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(**{WRITING: True})
        is_sqlite = engine.dialect.name == "sqlite"
        self._queue = Lock() if is_sqlite else None
        #: What the last writer left to the next one, of a SQLite with a file: there is one at a
        #: time, and taking a connection from the pool and back is much of a short transaction.
        self._left: Connection | None = None
        self.leaves_connection = is_sqlite and not is_in_memory(engine)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Nobody else of this process writes meanwhile. StorageBusy when that takes too long."""
        if self._queue is None:
            yield
            return
        if not self._queue.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise StorageBusy
        try:
            yield
        finally:
            self._queue.release()

    @contextmanager
    def transaction(self, *, clash: Callable[[], EngineError | None]) -> Iterator[Connection]:
        """A transaction in a turn of its own.

        clash: asked at its end, for what to raise when a unique key was already there.
        """
        with self.turn():
            connection = self._taken()
            try:
                with driver_errors():
                    begun = connection.begin()
                yield connection
                _commit(begun, is_writing=True, clash=clash())
                self._leave(connection)
            except BaseException:
                _let_go(connection)
                raise

    def close(self) -> None:
        """Keep no connection any more, also not the one that a writer still has."""
        self.leaves_connection = False
        left, self._left = self._left, None
        if left is not None:
            _let_go(left)

    def _taken(self) -> Connection:
        connection, self._left = self._left, None
        if connection is not None:
            return connection
        with driver_errors():
            return self._engine.connect()

    def _leave(self, connection: Connection) -> None:
        if connection.invalidated or not self.leaves_connection:
            _let_go(connection)
        else:
            self._left = connection


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Commit at the end, or roll back; what the block itself raises passes as it is."""
    with driver_errors():
        connection = engine.connect()
    try:
        with driver_errors():
            begun = connection.begin()
        yield connection
        _commit(begun, is_writing=engine.get_execution_options().get(WRITING, False))
    finally:
        _let_go(connection)


def take_time(connection: Connection) -> None:
    """No limit of the server's ends this transaction: it is for what may take minutes."""
    if connection.dialect.name == "postgresql":
        with driver_errors():
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")


def _let_go(connection: Connection) -> None:
    """Roll back what was not committed; a connection that is lost has done so by itself."""
    with suppress(SQLAlchemyError):
        connection.close()


def _commit(begun: RootTransaction, *, is_writing: bool, clash: EngineError | None = None) -> None:
    """Keep it. OutcomeUnknown when the answer is lost: it may have been kept all the same."""
    try:
        with driver_errors(clash=clash):
            begun.commit()
    except StorageAway as lost:
        if is_writing:
            raise OutcomeUnknown from lost
        raise
    except StorageUnusable as failed:
        # SQLite undoes what a disk fails to sync; but it is in the log, and who opens the file
        # after a crash finds it there whole. PostgreSQL refuses a statement, and keeps nothing.
        if is_writing and begun.connection.dialect.name == "sqlite":
            raise OutcomeUnknown(
                f"whether it was kept is not known, ask again: {failed}"
            ) from failed
        raise
