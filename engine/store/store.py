"""The store: opens transactions in which questions are asked, and knows its own schema version.

It keeps what it is given. What a snapshot, a variable or a payload means is left to others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from shutil import disk_usage
from threading import local
from time import perf_counter

from sqlalchemy import Engine, RootTransaction
from sqlalchemy.exc import IntegrityError

from engine.errors import StorageBusy, StorageError, StorageOutdated
from engine.model import WrittenSteps
from engine.store import migrations, sqlite_file, sqlite_log
from engine.store.account_events import AccountEvents
from engine.store.announcements import Announcements
from engine.store.backups import Incoming, Outgoing
from engine.store.beginning import Askers, Writers, Writing, take_time, transaction
from engine.store.calendars import Calendars
from engine.store.checkpoints import Checkpoints
from engine.store.connection import (
    WRITING,
    driver_errors,
    is_in_memory,
    open_engine,
    sqlite_warnings,
)
from engine.store.definitions import Definitions
from engine.store.deliveries import Deliveries
from engine.store.documents import Documents
from engine.store.drafts import Drafts
from engine.store.due_timers import DueTimers
from engine.store.escalations import Escalations
from engine.store.events import Events
from engine.store.evidence import Evidence
from engine.store.figures import Figures
from engine.store.identities import Identities
from engine.store.identity_links import IdentityLinks
from engine.store.incidents import Incidents
from engine.store.instances import Instances
from engine.store.kept_beside import Beside
from engine.store.links import Links
from engine.store.logins import Logins
from engine.store.message_sources import MessageSources
from engine.store.messages import Messages
from engine.store.migrated import Migrated
from engine.store.overviews import Overviews
from engine.store.pending_uploads import PendingUploads
from engine.store.personal_data import PersonalData
from engine.store.quarantine import Quarantine
from engine.store.reminders import Reminders
from engine.store.reports import Reports
from engine.store.requests import Requests
from engine.store.saved_filters import SavedFilters
from engine.store.sealed import Sealed
from engine.store.search import Search
from engine.store.second_factors import SecondFactors
from engine.store.services import Services
from engine.store.sharing import Readings
from engine.store.signals import Signals
from engine.store.statistics import Statistics
from engine.store.substitutions import Substitutions
from engine.store.tasks import Tasks
from engine.store.times import Times
from engine.store.variables import Variables
from engine.store.webhook_subscriptions import WebhookSubscriptions

#: How often a migration is tried while another process is at it: for five minutes.
_MIGRATION_TRIES = 60


class StoreTransaction(
    Definitions,
    Instances,
    DueTimers,
    Incidents,
    Tasks,
    Events,
    IdentityLinks,
    Requests,
    Logins,
    Services,
    Migrated,
    Beside,
    Links,
    Documents,
    PendingUploads,
    Drafts,
    SavedFilters,
    Search,
    AccountEvents,
    Identities,
    SecondFactors,
    Sealed,
    Figures,
    Overviews,
    Reminders,
    Escalations,
    Times,
    Reports,
    Statistics,
    Calendars,
    Checkpoints,
    Evidence,
    MessageSources,
    Messages,
    Signals,
    Announcements,
    WebhookSubscriptions,
    Deliveries,
    Substitutions,
    Variables,
    PersonalData,
):
    """One transaction: every question that the engine may ask, each in its subject's module."""


class Store:
    """One database. Safe to share between threads; build it once per process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # A transaction of a reader sees one state of the database, however many questions it asks.
        self._reading_engine = engine
        if self.dialect == "postgresql":
            self._reading_engine = engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        self._writing_engine = engine.execution_options(**{WRITING: True})
        self._writers = Writers(engine)
        self._askers = Askers(engine, self._writers)
        self._readings = Readings(self._one_reading)
        #: Rows that could not be read.
        self.quarantine = Quarantine()
        self._watchers: tuple[Callable[[WrittenSteps], None], ...] = ()
        self._of_thread = local()

    @classmethod
    def open(cls, url: str) -> Store:
        """The store at `url` (sqlite: or postgresql:); nothing is connected or created yet."""
        return cls(open_engine(url))

    def close(self) -> None:
        """Let go of all connections."""
        for at_hand in (self._writers.at_hand, self._askers.at_hand):
            at_hand.close()
        self._engine.dispose()

    @property
    def dialect(self) -> str:
        """Which database it is: "sqlite" or "postgresql"."""
        return self._engine.dialect.name

    @property
    def file(self) -> Path | None:
        """The file of a SQLite that has one."""
        if self.dialect != "sqlite" or self.is_in_memory:
            return None
        return Path(str(self._engine.url.database))

    @property
    def is_in_memory(self) -> bool:
        """Whether the database dies with this process."""
        return is_in_memory(self._engine)

    # ---------------------------------------------------------- transactions

    def reading(self) -> AbstractContextManager[StoreTransaction]:
        """One transaction that only reads, and neither waits for writers nor holds them up.

        Within `reading_at_once` that of the thread.
        """
        return self._readings.one()

    def asking(self, *, is_one: bool = True) -> AbstractContextManager[StoreTransaction]:
        """As `reading`, for a question that is one statement, which sees one state by itself.

        It is spared BEGIN and COMMIT, two of three round trips to PostgreSQL. is_one: whether it is
        such a question.
        """
        return self._readings.one(self._one_asking if is_one else None)

    def reading_at_once(self) -> AbstractContextManager[None]:
        """What this thread reads meanwhile is of one moment, and of one transaction.

        A transaction that writes ends it: who reads after it sees what was written.
        """
        return self._readings.at_once()

    @contextmanager
    def _one_reading(self) -> Iterator[StoreTransaction]:
        self._writers.at_hand.make_room()
        with transaction(self._reading_engine) as connection:
            yield StoreTransaction(connection, is_writing=False, quarantine=self.quarantine)

    @contextmanager
    def _one_asking(self) -> Iterator[StoreTransaction]:
        with self._askers.connection() as connection:
            yield StoreTransaction(connection, is_writing=False, quarantine=self.quarantine)

    def writing(self) -> AbstractContextManager[StoreTransaction]:
        """One transaction: all of it is kept when the block ends, none of it when it raises.

        StorageBusy when another writer does not finish in time.
        """
        return Writing(self._begin, self._end)

    def _begin(self) -> tuple[StoreTransaction, RootTransaction]:
        self._readings.end()
        begun = self._writers.begin()
        transaction = StoreTransaction(
            begun.connection, is_writing=True, quarantine=self.quarantine
        )
        return transaction, begun

    def _end(
        self, written: StoreTransaction, begun: RootTransaction, since: float, *, is_kept: bool
    ) -> None:
        self._writers.end(begun, is_kept=is_kept, clash=written.clash)
        if is_kept:
            self._of_thread.has_kept = True
            if written.steps:
                self._tell(written, perf_counter() - since)

    def note_anew(self) -> None:
        """From now on it is noted anew what this thread keeps and leaves out."""
        self._of_thread.has_kept = False
        self.quarantine.begin()

    @property
    def has_kept(self) -> bool:
        """Whether a transaction of this thread was kept since."""
        return getattr(self._of_thread, "has_kept", False)

    def watch_steps(self, watcher: Callable[[WrittenSteps], None]) -> None:
        """Tell the watcher of every transaction with steps, after it is kept.

        It must not raise: the steps cannot be taken back.
        """
        self._watchers = (*self._watchers, watcher)

    def _tell(self, transaction: StoreTransaction, seconds: float) -> None:
        written = WrittenSteps(tuple(transaction.steps), seconds, transaction.statements)
        for watcher in self._watchers:
            watcher(written)

    # ---------------------------------------------------------------- schema

    def migrate(self, *, on_version: Callable[[str], None] = lambda _version: None) -> None:
        """Bring the schema to that of this program; a SQLite file and its folder are created.

        on_version: told each version that a database in use is brought to. Raises StorageBusy when
        another process that migrates does not end within minutes.
        """
        self._make_file()
        for tries_left in reversed(range(_MIGRATION_TRIES)):
            try:
                self._migrate(on_version)
            except StorageBusy:
                # Each try has waited for BUSY_TIMEOUT_MS; a migration may take longer than that.
                if not tries_left:
                    raise
            except StorageError as error:
                if isinstance(error.__cause__, IntegrityError):
                    with transaction(self._reading_engine) as connection, driver_errors():
                        migrations.name_obstacles(connection, error)
                raise
            else:
                return

    def _make_file(self) -> None:
        if self.file is not None:
            sqlite_file.make(self.file, self.place)

    def _migrate(self, on_version: Callable[[str], None]) -> None:
        with (
            self._writers.turn(),
            transaction(self._writing_engine) as connection,
            driver_errors(),
        ):
            take_time(connection)
            migrations.upgrade(connection, on_version=on_version)
        if self.dialect == "postgresql":
            # What was prepared before is of tables as they were.
            self._writers.at_hand.clear()
            self._engine.dispose()

    def check_schema(self) -> None:
        """StorageOutdated unless the schema is that of this program."""
        found, wanted = self.schema(), migrations.head()
        if found == wanted:
            return
        if found is None:
            raise StorageOutdated(
                f"{self.place} has no tables of Alur; when ALUR_DATABASE_URL is right, run "
                "`alur migrate`"
            )
        advice = "run `alur migrate --backup FILE`"
        if not migrations.is_known(found):
            advice = "a later version of Alur made it: install that one"
        raise StorageOutdated(
            f"the database has schema version {found}, this program works with {wanted}; {advice}"
        )

    def is_up_to_date(self) -> bool:
        """Whether the schema is that of this program."""
        return self.schema() == migrations.head()

    def schema(self) -> str | None:
        """The schema version of the database; None when there is no database, or no schema.

        Raises StorageUnusable when it can be neither.
        """
        if self.file is not None and not sqlite_file.has_content(self.file):
            return None
        with transaction(self._reading_engine) as connection, driver_errors():
            return migrations.current(connection)

    @property
    def place(self) -> str:
        """Where the database is, without who has access to it."""
        url = self._engine.url
        if self.file is not None:
            return f"the file {self.file.absolute()}"
        return f"the database {url.database} at {url.host}" if url.host else "the database"

    # ---------------------------------------------------------------- erasing

    def overwrite_freed(self) -> None:
        """What was just overwritten or deleted does not linger in free space of the database.

        SQLite frees pages zeroed (`secure_delete`), so that its log is all that is left; it stays
        where a reader still needs it. PostgreSQL keeps dead rows until they are vacuumed.
        """
        if self.dialect == "sqlite":
            with transaction(self._reading_engine) as connection, driver_errors():
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql("BEGIN")
            return
        vacuuming = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        with vacuuming.connect() as connection, driver_errors():
            connection.exec_driver_sql("VACUUM personal_key, remembered_request, task_draft")

    # --------------------------------------------------------------- backups

    @contextmanager
    def outgoing(self) -> Iterator[Outgoing]:
        """All rows, as they are at this moment; writers go on meanwhile."""
        with transaction(self._reading_engine) as connection:
            take_time(connection)
            questions = StoreTransaction(connection, is_writing=False, quarantine=self.quarantine)
            yield Outgoing(connection, questions)

    @contextmanager
    def incoming(self) -> Iterator[Incoming]:
        """An empty database to be filled: all of it is kept when the block ends, or nothing."""
        self._make_file()
        with self._writers.turn(), transaction(self._writing_engine) as connection:
            take_time(connection)
            yield Incoming(connection)

    # ---------------------------------------------------------------- health

    def damaged_logs(self) -> list[Path]:
        """Logs of the file in which committed work was lost: copies, until somebody moves them."""
        return sqlite_log.copies(self.file) if self.file else []

    def warnings(self) -> list[str]:
        """What the operator should know of this database, one sentence each."""
        return sqlite_warnings() if self.dialect == "sqlite" else []

    def check_integrity(self) -> list[str]:
        """What SQLite finds damaged in its file; empty when sound. PostgreSQL checks itself."""
        if self.dialect != "sqlite":
            return []
        try:
            with transaction(self._reading_engine) as connection, driver_errors():
                found = connection.exec_driver_sql("PRAGMA quick_check").scalars().all()
        except StorageError as error:
            return [str(error)]
        return [str(each) for each in found if each != "ok"]

    def free_bytes(self) -> int | None:
        """How much room is on the disk of the database; None when that is not on this machine."""
        return disk_usage(self.file.parent).free if self.file else None
