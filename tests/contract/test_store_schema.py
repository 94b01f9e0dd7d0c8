"""The schema: what the migrations build, what tables/ declares, and what the store checks."""

from __future__ import annotations

import re
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, PrimaryKeyConstraint, UniqueConstraint, inspect, text
from sqlalchemy.exc import IntegrityError

from engine.errors import (
    EngineError,
    InvalidInput,
    StorageBusy,
    StorageError,
    StorageOutdated,
    StorageUnusable,
)
from engine.model import Channel
from engine.store import Store, connection, migrations
from engine.store.migrations.upgrading import config_of_migrations
from engine.store.tables import metadata
from tests.contract.builders import an_account

_A_LETTER = text(
    "INSERT INTO delivery (delivery_id, channel, kind, facts, created_at, state, due_at, attempts, "
    "tries) VALUES (:id, :channel, 'task_opened', '{}', 7, 'pending', 7, 0, 0)"
)


def _is_declared(name: str | None, _kind: str, _parents: object) -> bool:
    """The index of single words is another one on each database: see tables/search.py."""
    return not (name or "").startswith(("search_word", "ix_search_word"))


def test_migrations_build_exactly_the_declared_tables(store: Store) -> None:
    with store._engine.connect() as conn:
        differences = compare_metadata(
            MigrationContext.configure(
                conn, opts={"compare_type": True, "include_name": _is_declared}
            ),
            metadata,
        )

    assert differences == []


def test_migrations_build_the_declared_checks_and_primary_keys(store: Store) -> None:
    inspector = inspect(store._engine)

    for table in metadata.sorted_tables:
        checks = {each["name"] for each in inspector.get_check_constraints(table.name)}
        declared = {
            str(each.name) for each in table.constraints if isinstance(each, CheckConstraint)
        }
        assert checks == declared
        primary = inspector.get_pk_constraint(table.name)["constrained_columns"]
        assert primary == [each.name for each in table.primary_key]


def test_rows_of_an_instance_carry_its_id_first_in_their_key() -> None:
    of_instance = ("user_task", "task_candidate", "incident", "history_event", "process_instance")

    for name in of_instance:
        assert next(iter(metadata.tables[name].primary_key)).name == "instance_id"


def test_foreign_keys_have_an_index_that_begins_with_them() -> None:
    # Without one, deleting a deployment reads whole tables.
    for table in metadata.sorted_tables:
        keys = [[each.name for each in index.columns] for index in table.indexes]
        keys += [
            [each.name for each in found.columns]
            for found in table.constraints
            if isinstance(found, (UniqueConstraint, PrimaryKeyConstraint))
        ]
        for foreign in table.foreign_key_constraints:
            wanted = list(foreign.column_keys)
            assert any(key[: len(wanted)] == wanted for key in keys), (table.name, wanted)


def test_versions_are_those_that_alembic_finds(store: Store) -> None:
    scripts = ScriptDirectory.from_config(config_of_migrations())

    assert scripts.get_heads() == [migrations.head()]
    assert all(migrations.is_known(each.revision) for each in scripts.walk_revisions())
    assert not migrations.is_known("0000")
    with store._engine.connect() as conn:
        found = MigrationContext.configure(conn).get_current_revision()
        assert migrations.current(conn) == found == migrations.head()


def test_migrating_again_changes_nothing(store: Store) -> None:
    with store.writing() as tx:
        tx.add_account(an_account())

    store.migrate()

    store.check_schema()
    with store.reading() as tx:
        assert tx.accounts() == [an_account()]


def test_log_of_deliveries_outlives_the_migration_that_adds_a_channel(
    empty_database_url: str,
) -> None:
    store = Store.open(empty_database_url)
    config = config_of_migrations()
    with store._writing_engine.begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "0015")
        conn.execute(_A_LETTER, {"id": "msg_1", "channel": "email"})
        attempt = "INSERT INTO delivery_attempt (delivery_id, number, at) VALUES ('msg_1', 1, 7)"
        conn.execute(text(attempt))

    store.migrate()

    with store.writing() as tx:
        assert [each.number for each in tx.attempts(["msg_1"])] == [1]
        assert tx.delivery("msg_1").channel is Channel.EMAIL
    with store._writing_engine.begin() as conn:
        conn.execute(_A_LETTER, {"id": "msg_2", "channel": "gateway"})
    with pytest.raises(IntegrityError), store._writing_engine.begin() as conn:
        conn.execute(_A_LETTER, {"id": "msg_3", "channel": "pigeon"})
    store.close()


def test_two_migrations_at_once_both_end_well(empty_database_url: str) -> None:
    stores = [Store.open(empty_database_url) for _ in range(3)]
    failures: list[EngineError] = []

    def migrate(store: Store) -> None:
        try:
            store.migrate()
        except EngineError as error:
            failures.append(error)

    threads = [threading.Thread(target=migrate, args=(each,)) for each in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    for each in stores:
        each.check_schema()
        each.close()


def test_migration_outwaits_another_one(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store.open(database_url)
    attempt, attempts = store._migrate, []

    def migrate_again(on_version: Callable[[str], None]) -> None:
        attempts.append("tried")
        if len(attempts) == 1:
            raise StorageBusy
        attempt(on_version)

    monkeypatch.setattr(store, "_migrate", migrate_again)
    store.migrate()

    assert attempts == ["tried", "tried"]
    store.check_schema()
    monkeypatch.setattr(store, "_migrate", always_busy)
    with pytest.raises(StorageBusy):
        store.migrate()
    store.close()


def always_busy(_on_version: object) -> None:
    raise StorageBusy


def test_a_database_without_schema_is_outdated(empty_database_url: str) -> None:
    store = Store.open(empty_database_url)

    with pytest.raises(StorageOutdated, match=r"has no tables of Alur.*alur migrate"):
        store.check_schema()
    store.close()


@pytest.mark.parametrize("version", ["0000", "9999"])
def test_schema_of_a_later_version_asks_for_the_later_program(store: Store, version: str) -> None:
    with store._writing_engine.begin() as conn:
        conn.execute(
            text("UPDATE alembic_version SET version_num = :version"), {"version": version}
        )

    with pytest.raises(StorageOutdated, match=f"{version}.*a later version of Alur"):
        store.check_schema()
    with pytest.raises(StorageOutdated, match=f"{version}.*a later version of Alur"):
        store.migrate()


def test_schema_of_an_earlier_version_asks_for_a_migration(store: Store) -> None:
    with store._writing_engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    with pytest.raises(StorageOutdated, match=r"0001.*alur migrate --backup"):
        store.check_schema()


def test_a_failed_migration_leaves_nothing(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(empty_database_url)
    with store._writing_engine.begin() as conn:
        conn.execute(text("CREATE TABLE login_failure (unexpected INTEGER)"))

    with pytest.raises(StorageError):
        store.migrate()

    assert inspect(store._engine).get_table_names() == ["login_failure"]
    store.close()


def test_database_that_is_not_there_is_named_with_its_whole_path(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/salah/alur.db")

    with pytest.raises(StorageOutdated, match=f"{tmp_path}/salah/alur.db"):
        store.check_schema()
    store.close()
    assert not (tmp_path / "salah").exists()


def test_log_that_was_left_behind_is_not_lost_to_a_new_file(tmp_path: Path) -> None:
    file, log = tmp_path / "alur.db", tmp_path / "alur.db-wal"
    store = Store.open(f"sqlite:///{file}")
    store.migrate()
    with store.reading():
        kept = log.read_bytes()
        file.rename(tmp_path / "lama.db")
    store.close()
    log.write_bytes(kept)

    other = Store.open(f"sqlite:///{file}")
    with pytest.raises(StorageUnusable, match=r"alur\.db-wal belongs to a database that is not"):
        other.migrate()
    with pytest.raises(StorageUnusable, match=r"put alur\.db back"), other.incoming():
        pass
    other.close()

    assert (log.read_bytes(), file.exists()) == (kept, False)


def test_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/alur.db")
    store.migrate()

    with store.reading():
        modes = {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    store.close()

    assert modes == {0o600}


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"bukan basis data" * 300, "no SQLite database"), (None, "damaged: stop Alur")],
)
def test_file_that_is_damaged_says_what_to_do(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    file = tmp_path / "alur.db"
    store = Store.open(f"sqlite:///{file}")
    if content is None:
        store.migrate()
        store.close()
        content = file.read_bytes()[: file.stat().st_size // 3]
    file.write_bytes(content)

    with pytest.raises(StorageUnusable, match=says):
        store.check_schema()
    store.close()


def test_folder_in_the_place_of_the_file_says_what_was_expected(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}")

    with pytest.raises(StorageUnusable, match="cannot be opened: expected a file"):
        store.check_schema()
    store.close()


def test_migrating_creates_the_folder_of_a_sqlite_file(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/a/b/alur.db")
    with pytest.raises(StorageOutdated):
        store.check_schema()

    store.migrate()

    store.check_schema()
    assert (tmp_path / "a/b/alur.db").exists()
    store.close()


def test_sqlite_runs_as_the_trials_found_safe(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/alur.db")
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "busy_timeout": 5000,
        "foreign_keys": 1,
        "journal_size_limit": 67108864,
    }

    for engine in (store._reading_engine, store._writing_engine):
        with engine.connect() as conn:
            found = {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
            assert found == wanted
    store.close()


def test_an_old_sqlite_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store.open("sqlite://")

    monkeypatch.setattr(connection, "_sqlite_version", lambda: "3.40.1")
    (warning,) = store.warnings()

    assert re.search(r"3\.40\.1.*expected 3\.51\.3", warning)
    monkeypatch.setattr(connection, "_sqlite_version", lambda: "3.51.3")
    assert store.warnings() == []
    store.close()


def test_a_sound_database_has_no_damage(store: Store) -> None:
    assert store.check_integrity() == []


def test_a_damaged_file_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "alur.db"
    store = Store.open(f"sqlite:///{path}")
    store.migrate()
    store.close()
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 3 + 64] = b"\xff" * 64
    path.write_bytes(content)

    damaged = Store.open(f"sqlite:///{path}")

    assert damaged.check_integrity() != []
    damaged.close()


@pytest.mark.parametrize("url", ["mysql://localhost/alur", "no url", "sqlite+aiosqlite://"])
def test_another_kind_of_database_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        Store.open(url)


def test_threads_share_a_database_in_memory() -> None:
    store = Store.open("sqlite://")
    store.migrate()

    def add(number: int) -> None:
        with store.writing() as tx:
            tx.add_account(an_account(f"account-{number}"))
        with store.reading() as tx:
            tx.account(f"account-{number}")

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with store.reading() as tx:
        assert len(tx.accounts()) == 8
    store.close()
