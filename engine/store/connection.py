"""Opens the database the safe way, and turns every error of a driver into one of ours.

SQLite's settings are the ones under which no acknowledged commit was lost: WAL, synchronous=FULL,
BEGIN IMMEDIATE for writing. See README, transactions.
"""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import QueuePool

from engine.errors import (
    DamagedRow,
    EngineError,
    InvalidInput,
    StorageAway,
    StorageBusy,
    StorageDamaged,
    StorageError,
    StorageFull,
    StorageUnusable,
)
from engine.store import sqlite_log
from engine.store.driver import run
from engine.store.leading import HintingCompiler
from engine.store.round_trips import ask_when_in_doubt

try:
    import pysqlite3.dbapi2 as _pysqlite3
except ImportError:
    _sqlite: ModuleType = sqlite3
else:
    _sqlite = _pysqlite3

#: How long a transaction waits for another one before it is refused as busy.
BUSY_TIMEOUT_MS = 5000

#: How many connections one process has to PostgreSQL at most; it opens them as it needs them.
MAX_CONNECTIONS = 15

#: How long a process may do nothing in an open transaction before PostgreSQL ends that. A process
#: that is stopped would hold its locks for ever.
IDLE_TIMEOUT_MS = 300_000

#: What libpq is told, unless the URL says otherwise: without it, who asks a machine that is gone
#: waits for two minutes to connect and for a quarter of an hour for an answer. A server that thinks
#: for long answers the network all the same.
_PATIENCE = {
    "connect_timeout": 10,
    "tcp_user_timeout": 20_000,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}

#: Execution option that makes a SQLite transaction take the write lock when it begins.
WRITING = "alur_writing"

#: Execution option of a SQLite connection whose statements are asked alone: none begins a
#: transaction.
_ALONE = "alur_alone"

#: The first SQLite without the WAL-reset defect (sqlite.org/changes.html, 3.51.3).
_SAFE_SQLITE = (3, 51, 3)

_BUSY_STATES = frozenset(
    {
        "40001",  # serialization_failure
        "40P01",  # deadlock_detected
        "55P03",  # lock_not_available, after lock_timeout
        "57P03",  # cannot_connect_now
        "53300",  # too_many_connections
        "53000",  # insufficient_resources
        "53200",  # out_of_memory
        "53400",  # configuration_limit_exceeded
    }
)
#: Somebody, or a limit of the server, ended the statement: query_canceled.
_CANCELLED_STATE = "57014"
_READ_ONLY_STATES = frozenset(
    {
        "25006",  # read_only_sql_transaction
        "0A000",  # feature_not_supported: a standby refuses to begin a transaction that writes
    }
)
_UNUSABLE_STATES = frozenset(
    {
        "42501",  # insufficient_privilege
        "58030",  # io_error
    }
)
_DAMAGED_STATES = frozenset(
    {
        "XX001",  # data_corrupted
        "XX002",  # index_corrupted
    }
)
#: A connection has not, or has, what was prepared on another one.
_POOLED_STATES = frozenset(
    {
        "26000",  # invalid_sql_statement_name
        "42P05",  # duplicate_prepared_statement
    }
)
_POOLED = (
    "between Alur and PostgreSQL a pooler gives each transaction another connection; let it give "
    "one to each session (pgbouncer: pool_mode = session), or leave it out"
)
#: How SQLite says that pages of the file, or what it has of the tables, are not what it wrote.
_MALFORMED, _MALFORMED_SCHEMA = "database disk image is malformed", "malformed database schema"
#: What SQLite says in a few words, in words that tell what to do.
_TOLD = {
    "attempt to write a readonly database": "the database cannot be written: its file, its folder "
    "or its disk is read-only for the user who runs this; nothing was written",
    "unable to open database file": "the database file cannot be opened: expected a file in a "
    "folder that the user who runs this may read and write, on a disk that is mounted for writing",
    _MALFORMED: "the database file is damaged: stop Alur, keep the file "
    "with the -wal beside it as they are, and restore the last backup to a new file",
    "disk I/O error": "the disk of the database failed, or has no room left even to read; see what "
    "`df` and the log of the system say of it",
    "file is not a database": "the database file is no SQLite database, or its beginning is "
    "damaged; keep it as it is, and restore the last backup to a new file",
}
#: How SQLite's driver begins to say so.
_UNREADABLE_TEXT = "Could not decode to UTF-8"
_FULL_STATES = frozenset({"53100"})  # disk_full


def open_engine(url: str) -> Engine:
    """The engine for `url`; nothing is connected yet. InvalidInput for another kind of URL."""
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed)
    return _open_postgresql(parsed)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except exc.ArgumentError as error:
        raise InvalidInput("the database URL cannot be read") from error
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return parsed.set(drivername="sqlite+pysqlite")
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    raise InvalidInput(
        f"expected a database URL that begins with sqlite: or postgresql:, "
        f"found {parsed.drivername}:"
    )


def alone(engine: Engine) -> Engine:
    """The same database, where nothing is begun for a statement that is asked alone."""
    return engine.execution_options(**{_ALONE: True})


def is_in_memory(engine: Engine) -> bool:
    """Whether the database is a SQLite that dies with its connection."""
    is_sqlite = engine.dialect.name == "sqlite"
    return is_sqlite and engine.url.database in (None, "", ":memory:")


def sqlite_warnings() -> list[str]:
    """What the operator should know of the SQLite library in use."""
    version = _sqlite_version()
    if tuple(int(part) for part in version.split(".")) >= _SAFE_SQLITE:
        return []
    return [
        f"SQLite {version} may corrupt a database in WAL mode when several connections reset the "
        "log; expected 3.51.3 or later (install pysqlite3, or use PostgreSQL)"
    ]


def _sqlite_version() -> str:
    return str(_sqlite.sqlite_version)


# --------------------------------------------------------------------- SQLite


def _open_sqlite(url: URL) -> Engine:
    in_memory = url.database in (None, "", ":memory:")
    # One connection is the whole in-memory database, so threads take turns with it.
    pool: dict[str, Any] = {"pool_size": 1, "max_overflow": 0} if in_memory else {}
    engine = create_engine(
        url,
        module=_sqlite,
        poolclass=QueuePool,
        pool_timeout=BUSY_TIMEOUT_MS / 1000,
        connect_args={"check_same_thread": False},
        **pool,
    )
    engine.dialect.statement_compiler = HintingCompiler
    if not in_memory:
        event.listen(engine, "do_connect", sqlite_log.FirstLook(Path(str(url.database))))
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not begin transactions by itself: its lazy BEGIN comes after the first
    # SELECT, which lost 73 % of concurrent updates in a trial.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "journal_size_limit = 67108864",
        "case_sensitive_like = ON",
        # What is deleted or overwritten is overwritten in the file too: see Store.overwrite_freed.
        "secure_delete = FAST",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(_ALONE, False):
        return
    # A transaction that reads first and writes later cannot wait for the lock, so take it at once.
    is_writing = options.get(WRITING, False)
    run(connection, "BEGIN IMMEDIATE" if is_writing else "BEGIN", (), is_many=False).close()


# ----------------------------------------------------------------- PostgreSQL


def _open_postgresql(url: URL) -> Engine:
    engine = create_engine(
        url,
        connect_args={name: n for name, n in _PATIENCE.items() if name not in url.query},
        pool_timeout=BUSY_TIMEOUT_MS / 1000,
        # All of them stay open once they are: those beyond SQLAlchemy's usual five would be made
        # anew for every transaction, which takes longer than most transactions.
        pool_size=MAX_CONNECTIONS,
        max_overflow=0,
        pool_use_lifo=True,
    )
    event.listen(engine, "do_connect", _connect_postgresql)
    event.listen(engine, "connect", _prepare_postgresql)
    ask_when_in_doubt(engine)
    return engine


def _connect_postgresql(
    _dialect: object, _record: object, arguments: Any, options: dict[str, Any]
) -> Any:
    # SQLite needs no driver of PostgreSQL.
    from engine.store.trips import TripConnection

    return TripConnection.connect(*arguments, **options)


def _prepare_postgresql(connection: Any, _record: object) -> None:
    connection.autocommit = True
    connection.execute(
        f"SET lock_timeout = {BUSY_TIMEOUT_MS};"
        # Of what an office asks, compiling a plan takes longer than running it: 130 ms of 143.
        "SET jit = off;"
        f"SET idle_in_transaction_session_timeout = {IDLE_TIMEOUT_MS}"
    )
    connection.autocommit = False


# --------------------------------------------------------------------- errors


class _DriverErrors:
    """What `driver_errors` gives. No generator: every statement of a step goes through one."""

    __slots__ = ("_clash", "_still_used")

    def __init__(self, clash: EngineError | None, still_used: EngineError | None) -> None:
        self._clash = clash
        self._still_used = still_used

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, exc.SQLAlchemyError | UnicodeError | OverflowError):
            broken = _broken_law(error, self._clash, self._still_used)
            raise broken or _translate(error) from error


_DRIVER_ERRORS = _DriverErrors(None, None)


def driver_errors(
    *, clash: EngineError | None = None, still_used: EngineError | None = None
) -> AbstractContextManager[None]:
    """Whatever the driver raises inside comes out as an EngineError.

    clash: raised when a unique key is already there; still_used: when a foreign key points at what
    is deleted. Without them those are a StorageError.
    """
    if clash is None and still_used is None:
        return _DRIVER_ERRORS
    return _DriverErrors(clash, still_used)


def _broken_law(
    error: Exception, clash: EngineError | None, still_used: EngineError | None
) -> EngineError | None:
    if not isinstance(error, exc.IntegrityError):
        return None
    message = str(error.orig)
    state = getattr(error.orig, "sqlstate", None)
    if state == "23505" or message.startswith("UNIQUE constraint failed"):
        return clash
    if state == "23503" or message.startswith("FOREIGN KEY constraint failed"):
        return still_used
    return None


def _translate(error: Exception) -> EngineError:
    if isinstance(error, exc.TimeoutError):
        return StorageBusy()
    if isinstance(error, exc.DBAPIError):
        return _translate_refusal(error)
    if isinstance(error, exc.StatementError):
        return InvalidInput(f"a value cannot be stored: {error.orig}")
    if isinstance(error, UnicodeDecodeError):
        # What SQLite says of a damaged schema has the damaged bytes in it.
        return StorageDamaged(_TOLD[_MALFORMED])
    if isinstance(error, (UnicodeError, OverflowError)):
        return InvalidInput(f"a value cannot be stored: {error}")
    return StorageError(f"the database failed: {error}")


def _translate_refusal(error: exc.DBAPIError) -> EngineError:
    message = str(error.orig)
    if _is_of_former_tables(error.orig):
        return StorageBusy(
            "the tables of the database were changed meanwhile; nothing was written, try again"
        )
    if trouble := _trouble_of_all(getattr(error.orig, "sqlstate", None), message):
        return trouble
    if message.startswith(_UNREADABLE_TEXT):
        # What follows is the text itself, which may be somebody's.
        return DamagedRow(f"a row cannot be read: {message.partition(' with text ')[0]}")
    if _is_away(error):
        return StorageAway(f"the database cannot be reached; nothing was written: {message}")
    if isinstance(error, exc.DataError):
        return InvalidInput(f"a value cannot be stored: {message}")
    return StorageError(f"the database refused: {message}")


def _is_of_former_tables(error: object) -> bool:
    """Whether what was prepared is of tables that somebody has altered since, as a migration does.

    PostgreSQL has no state of its own for it: it is a "feature not supported", which a standby says
    too. After the rollback all that was prepared is let go of.
    """
    diagnosis = getattr(error, "diag", None)
    return getattr(diagnosis, "source_function", None) == "RevalidateCachedQuery"


def _trouble_of_all(state: str | None, message: str) -> StorageError | None:
    """What is not about this statement: the next one would fare no better."""
    if state in _BUSY_STATES or " is locked" in message:
        return StorageBusy()
    if state == _CANCELLED_STATE:
        told = message.partition("\n")[0]
        return StorageBusy(f"the database ended it; nothing was written, try again: {told}")
    if state in _FULL_STATES or message == "database or disk is full":
        return StorageFull()
    if state in _READ_ONLY_STATES:
        return StorageUnusable(f"the database is read-only, as a standby is: {message}")
    if message.startswith(_MALFORMED_SCHEMA):
        message = _MALFORMED
    advice = _POOLED if state in _POOLED_STATES else _TOLD.get(message)
    is_damaged = message == _MALFORMED or state in _DAMAGED_STATES
    if advice is not None or is_damaged or state in _UNUSABLE_STATES:
        kind = StorageDamaged if is_damaged else StorageUnusable
        return kind(advice or f"the database cannot be used: {message}")
    return None


def _is_away(error: exc.DBAPIError) -> bool:
    """Whether the connection broke, or could not be made: a server's refusal has a state."""
    # As psycopg tells it, which is not imported for SQLite; errors of that have no such attribute.
    state = getattr(error.orig, "sqlstate", "none")
    is_unmade = isinstance(error, exc.OperationalError) and state is None
    return error.connection_invalidated or is_unmade
