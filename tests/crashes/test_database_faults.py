"""The database breaks off, is restarted, held, or full: a clear answer, and nothing half done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from engine.__main__ import main
from engine.errors import OutcomeUnknown, StorageUnusable
from engine.settings import Settings
from engine.store import Store, connection
from tests.crashes.apsw_driver import Driver, open_alone
from tests.crashes.disk import Disk
from tests.crashes.line import Line, Moment
from tests.databases import PostgresqlServer, open_cluster, standby_of
from tests.office import Office, staff
from tests.webhooks.rest.hall import LETTER, Hall, assert_problem

KEY = {"Idempotency-Key": "surat-1"}
POSTGRESQL = pytest.mark.parametrize(
    "dialect", [pytest.param("postgresql", marks=pytest.mark.postgresql)]
)


class Counter:
    """Where one letter is worked on over HTTP, with a client that repeats its request."""

    def __init__(self, store: Store) -> None:
        self.hall = Hall(store, Settings())
        self.hall.deployed()
        self.instance_id = self.hall.started()
        self.task_id = self.hall.open_task(self.instance_id)["id"]

    def complete(self) -> Any:
        return self.hall.complete(self.task_id, "siti", KEY, isi_surat="halo", jumlah=2)

    def completions(self) -> int:
        return len(self.hall.office.kinds(self.instance_id, "task_completed"))

    def assert_done_once(self) -> None:
        """The same request, twice: one answer, one row of history."""
        first, second = self.complete(), self.complete()
        assert (first.status_code, second.status_code) == (204, 204), first.text
        assert self.completions() == 1
        self.hall.office.assert_sound(self.instance_id)


# ------------------------------------------------------------------- broken off


@pytest.fixture
def line(postgresql_server: PostgresqlServer) -> Iterator[Line]:
    url = postgresql_server.create_migrated()
    line = Line(url)
    yield line
    line.close()
    postgresql_server.drop(url)


@pytest.mark.postgresql
@pytest.mark.parametrize(("moment", "kept"), [("before", 0), ("after", 1)])
def test_connection_that_breaks_at_a_commit_leaves_the_outcome_to_the_key(
    line: Line, moment: Moment, kept: int
) -> None:
    store = Store.open(line.url)
    counter = Counter(store)
    line.cut(moment, "task_completed")

    lost = counter.complete()

    assert_problem(lost, 503, "OutcomeUnknownException")
    assert lost.headers["Retry-After"] == "1"
    assert counter.completions() == kept
    counter.assert_done_once()
    store.close()


@pytest.mark.postgresql
@pytest.mark.parametrize("moment", ["before", "after"])
def test_migration_whose_commit_is_lost_is_looked_at_again(
    line: Line, monkeypatch: pytest.MonkeyPatch, moment: Moment
) -> None:
    monkeypatch.setenv("ALUR_DATABASE_URL", line.url)
    line.cut(moment, "alembic_version")

    assert main(["migrate"]) == 0
    assert line.was_cut


@pytest.mark.postgresql
def test_database_that_goes_between_a_deed_and_its_answer_is_not_said_to_have_kept_nothing(
    line: Line,
) -> None:
    store = Store.open(line.url)
    hall = Hall(store, Settings())
    line.cut("for good", "INSERT INTO deployment")

    lost = hall.deploy(LETTER)

    assert_problem(lost, 503, "OutcomeUnknownException")
    assert "something was kept" in lost.json["message"]
    assert "nothing was written" not in lost.text
    assert lost.headers["Retry-After"] == "1"
    # What comes after it has kept nothing.
    assert_problem(hall.call("GET", "/deployment", "analis"), 503, "StorageAwayException")
    store.close()


@pytest.mark.postgresql
@POSTGRESQL
def test_connection_that_breaks_in_a_step_leaves_nothing(store: Store, database_url: str) -> None:
    counter = Counter(store)
    victims: list[int] = []

    @event.listens_for(store._engine, "before_cursor_execute")
    def end_once(conn: Any, _cursor: object, statement: str, *_: object) -> None:
        if "INSERT INTO history_event" in statement and not victims:
            victims.append(conn.connection.driver_connection.info.backend_pid)
            with psycopg.connect(database_url) as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", victims)

    away = counter.complete()

    assert_problem(away, 503, "StorageAwayException")
    assert away.headers["Retry-After"] == "1"
    assert counter.completions() == 0
    counter.assert_done_once()


@pytest.mark.postgresql
def test_server_that_is_restarted_is_found_again() -> None:
    with open_cluster() as cluster:
        store = Store.open(cluster.url)
        store.migrate()
        counter = Counter(store)
        acknowledged = counter.hall.started()

        cluster.kill()
        away = counter.complete()
        cluster.start()

        assert_problem(away, 503, "StorageAwayException")
        assert counter.hall.office.waiting_at(acknowledged) == ["isi"]
        counter.assert_done_once()
        store.close()


@pytest.mark.postgresql
def test_standby_is_read_and_goes_on_where_the_lost_server_ended() -> None:
    with open_cluster() as primary:
        store = Store.open(primary.url)
        store.migrate()
        counter = Counter(store)
        with standby_of(primary) as standby:
            there = Store.open(standby.url)
            hall = Office(there)
            acknowledged = hall.waiting_at(counter.instance_id)

            with pytest.raises(StorageUnusable, match="read-only, as a standby is"):
                hall.complete(counter.instance_id, "isi", staff("Petugas"), isi_surat="halo")
            primary.kill()
            standby.promote()
            hall.complete(counter.instance_id, "isi", staff("Petugas"), isi_surat="halo")

            assert acknowledged == ["isi"]
            hall.assert_sound(counter.instance_id)
            there.close()
        store.close()
        primary.start()


# ------------------------------------------------------------------------- held


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_MS", 50)


@pytest.mark.usefixtures("impatient")
def test_lock_that_is_held_too_long_is_a_503_with_a_time_to_come_back(
    database_url: str,
) -> None:
    store, other = Store.open(database_url), Store.open(database_url)
    counter = Counter(store)

    with other.writing() as tx:
        tx.stored_instance(counter.instance_id, for_step=True)
        busy = counter.complete()

    assert_problem(busy, 503, "StorageBusyException")
    assert busy.headers["Retry-After"] == "1"
    assert counter.completions() == 0
    counter.assert_done_once()
    store.close()
    other.close()


@pytest.mark.postgresql
@POSTGRESQL
def test_worker_that_sleeps_in_its_transaction_loses_it(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite a stopped process holds the lock until it is killed: see the README."""
    monkeypatch.setattr(connection, "IDLE_TIMEOUT_MS", 400)
    asleep = Store.open(database_url)
    asleep.check_schema()
    monkeypatch.undo()
    store = Store.open(database_url)
    counter = Counter(store)

    def hold_and_sleep() -> None:
        with asleep.writing() as tx:
            tx.stored_instance(counter.instance_id, for_step=True)
            # It waits for the row until the server takes it from who sleeps.
            counter.assert_done_once()

    with pytest.raises(OutcomeUnknown):
        hold_and_sleep()
    counter.hall.office.assert_sound(counter.instance_id)
    store.close()
    asleep.close()


# --------------------------------------------------------------------- limited


@pytest.mark.postgresql
def test_statement_that_the_server_ends_is_a_503_and_nothing_is_written(
    postgresql_server: PostgresqlServer,
) -> None:
    url = postgresql_server.create_migrated()
    store, other = Store.open(f"{url}?options=-c%20statement_timeout%3D200"), Store.open(url)
    counter = Counter(store)

    with other.writing() as tx:
        tx.stored_instance(counter.instance_id, for_step=True)
        ended = counter.complete()

    assert_problem(ended, 503, "StorageBusyException")
    assert "statement timeout" in ended.json["message"]
    counter.assert_done_once()
    with store.outgoing() as rows:  # what may take its time is not ended
        rows._connection.exec_driver_sql("SELECT pg_sleep(0.3)")
    store.close()
    other.close()
    postgresql_server.drop(url)


# ---------------------------------------------------------------- full, failing


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    disk = Disk("alur-full", tmp_path)
    yield disk
    disk.close()


@pytest.fixture
def store_on_disk(
    disk: Disk, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    path = disk.folder / "alur.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    monkeypatch.setattr(connection, "_sqlite", Driver(disk.name))
    store = open_alone(path)
    yield store
    store.close()


def test_full_disk_is_a_503_and_goes_on_when_there_is_room_again(
    disk: Disk, store_on_disk: Store
) -> None:
    counter = Counter(store_on_disk)

    disk.room = 0
    full = counter.complete()
    disk.room = None

    assert_problem(full, 503, "StorageFullException")
    assert counter.completions() == 0
    assert store_on_disk.check_integrity() == []
    counter.assert_done_once()


def test_disk_that_fails_at_a_commit_leaves_the_outcome_to_the_key(
    disk: Disk, store_on_disk: Store
) -> None:
    counter = Counter(store_on_disk)

    disk.fails = True
    failed = counter.complete()
    disk.fails = False

    assert_problem(failed, 503, "OutcomeUnknownException")
    assert "the disk of the database failed" in failed.json["message"]
    counter.assert_done_once()
