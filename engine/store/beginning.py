"""Begins transactions of one database and ends them: all of it is kept, or none of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import perf_counter
from typing import Generic, TypeVar

from sqlalchemy import Connection, Engine, RootTransaction

from engine.errors import (
    EngineError,
    OutcomeUnknown,
    StorageAway,
    StorageBusy,
    StorageDamaged,
    StorageUnusable,
)
from engine.store.at_hand import AtHand, let_go
from engine.store.connection import BUSY_TIMEOUT_MS, WRITING, alone, driver_errors
from engine.store.driver import driver_of

T = TypeVar("T")


class Writers:
    """Those who write to one database, on SQLite one at a time.

    Its own lock is not fair: a thread could starve until it is refused as busy.
    """

    def __init__(self, engine: Engine) -> None:
        self._queue = Lock() if engine.dialect.name == "sqlite" else None
        self.at_hand = AtHand(engine.execution_options(**{WRITING: True}))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Nobody else of this process writes meanwhile. StorageBusy when that takes too long."""
        self.take_turn()
        try:
            yield
        finally:
            self.end_turn()

    def take_turn(self) -> None:
        """Begin a turn, which `end_turn` ends. Raises StorageBusy."""
        if self._queue and not self._queue.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise StorageBusy

    def end_turn(self) -> None:
        """Let the next one write."""
        if self._queue:
            self._queue.release()

    def begin(self) -> RootTransaction:
        """A transaction in a turn of its own, which `end` ends. Raises StorageError."""
        self.take_turn()
        try:
            connection = self.at_hand.take()
            try:
                with driver_errors():
                    return connection.begin()
            except BaseException:
                let_go(connection)
                raise
        except BaseException:
            self.end_turn()
            raise

    def end(self, begun: RootTransaction, *, is_kept: bool, clash: EngineError | None) -> None:
        """Commit, or roll back, and let the next one write.

        clash: what to raise when a unique key was already there. Raises StorageError; then nothing
        was kept, but for OutcomeUnknown.
        """
        connection, is_done = begun.connection, False
        try:
            if is_kept:
                _commit(begun, is_writing=True, clash=clash)
                self.at_hand.leave(connection)
                is_done = True
        finally:
            if not is_done:
                let_go(connection)
            self.end_turn()


class Writing(Generic[T]):
    """A transaction that writes, from its begin to its end.

    No generator: after a commit the processor has forgotten this program, and each frame on the way
    out takes it far longer than elsewhere.
    """

    __slots__ = ("_begin", "_begun", "_end", "_since", "_written")

    _written: T
    _begun: RootTransaction
    _since: float

    def __init__(self, begin: Callable[[], tuple[T, RootTransaction]], end: Callable[..., None]):
        self._begin, self._end = begin, end

    def __enter__(self) -> T:
        self._since = perf_counter()
        self._written, self._begun = self._begin()
        return self._written

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._end(self._written, self._begun, self._since, is_kept=error is None)


class Askers:
    """Those who ask one question each, for which no transaction is begun."""

    def __init__(self, engine: Engine, writers: Writers) -> None:
        self._is_postgresql = engine.dialect.name == "postgresql"
        # SQLite's own have to be others: they are told so when they begin.
        self.at_hand = writers.at_hand if self._is_postgresql else AtHand(alone(engine))

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection for the question. Raises StorageError when there is none to be had."""
        connection = self.at_hand.take()
        driver = driver_of(connection) if self._is_postgresql else None
        try:
            if driver is not None:
                driver.begins = False
            try:
                yield connection
            finally:
                if driver is not None:
                    driver.begins = True
        except BaseException:
            let_go(connection)
            raise
        self.at_hand.leave(connection)


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
        let_go(connection)


def take_time(connection: Connection) -> None:
    """No limit of the server's ends this transaction: it is for what may take minutes."""
    if connection.dialect.name == "postgresql":
        with driver_errors():
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")


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
        if not is_writing and isinstance(failed, StorageDamaged):
            # Whoever asked for what lies there was told; SQLite says it once more at the end.
            return
        # SQLite undoes what a disk fails to sync; but it is in the log, and who opens the file
        # after a crash finds it there whole. PostgreSQL refuses a statement, and keeps nothing.
        if is_writing and begun.connection.dialect.name == "sqlite":
            raise OutcomeUnknown(
                f"whether it was kept is not known, ask again: {failed}"
            ) from failed
        raise
