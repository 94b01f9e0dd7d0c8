"""`alur doctor`: each check beside a thing that is really broken."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from engine.backup_folder import BackupFolder
from engine.checkpoint_folder import signed_name
from engine.cli.duties import build_worker
from engine.model import Role
from engine.process_engine import ProcessEngine, open_engine
from engine.settings import Settings
from engine.sources import SystemClock
from engine.store import Store, connection
from tests.cli.conftest import Terminal, two_steps
from tests.databases import PostgresqlServer
from tests.diagrams import end, line, process, script, start, user
from tests.office import ADMIN


def _open(folder: Path) -> ProcessEngine:
    return open_engine(Settings(database_url=f"sqlite:///{folder / 'alur.db'}"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office with an admin, a process and something sealed, whose worker has just run."""
    folder = tmp_path_factory.mktemp("kantor")
    folder.chmod(0o700)
    store = Store.open(f"sqlite:///{folder / 'alur.db'}")
    store.migrate()
    store.close()
    engine = _open(folder)
    engine.accounts.add("admin", display_name="Admin", roles=[Role.ADMIN], actor=ADMIN)
    engine.definitions.deploy("surat", {"surat.bpmn": two_steps().encode()}, actor=ADMIN)
    engine.message_sources.add("gerbang", ["Surat"], actor=ADMIN)
    build_worker(engine, Settings()).turn()
    engine.close()
    return folder


@pytest.fixture
def office(terminal: Terminal, installed: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """That office, with backups; its disks are one, which the doctor says."""
    shutil.copytree(installed, terminal.folder, dirs_exist_ok=True)
    backups = terminal.folder / "cadangan"
    backups.mkdir()
    BackupFolder(backups).new_file(SystemClock().now()).touch()
    monkeypatch.setenv("ALUR_BACKUPS", str(backups))
    return terminal


@pytest.fixture
def engine(office: Terminal) -> Iterator[ProcessEngine]:
    engine = _open(office.folder)
    yield engine
    engine.close()


def _sql(office: Terminal, statement: str) -> None:
    with closing(sqlite3.connect(office.folder / "alur.db")) as other:
        other.execute(statement)
        other.commit()


def _bad(office: Terminal, verdict: str = "broken") -> dict[str, str]:
    """What is so: name -> what was found, and what to do."""
    answer = office("doctor", "--json")
    assert answer.code == (1 if '"broken"' in answer.out else 0), answer
    return {
        each["name"]: f"{each['message']} -> {each['advice']}"
        for each in answer.json
        if each["verdict"] == verdict
    }


# ---------------------------------------------------------------------- in order


def test_an_office_in_order_is_a_page_of_ok(office: Terminal) -> None:
    page = office.ok("doctor").out

    assert "0 are broken" in page
    assert "database: the file" in page
    assert "secret key: opens what it sealed (message_source)" in page
    assert list(_bad(office, "attention")) in (
        ["checkpoint folder", "backup folder"],
        ["checkpoint folder", "backup folder", "SQLite"],
    )
    assert " ok " not in office.ok("doctor", "--quiet").out


# --------------------------------------------------------------------- database


def test_a_database_that_is_not_there_is_named_and_not_made(terminal: Terminal) -> None:
    found = _bad(terminal)

    assert str(terminal.folder / "alur.db") in found["database"]
    assert "alur migrate" in found["database"]
    assert not (terminal.folder / "alur.db").exists()


def test_a_database_of_a_later_version_asks_for_that_version(office: Terminal) -> None:
    _sql(office, "UPDATE alembic_version SET version_num = '9999'")

    assert "later version of Alur" in _bad(office)["database"]


def test_a_damaged_file_is_broken_and_says_what_to_do(office: Terminal) -> None:
    file = office.folder / "alur.db"
    content = bytearray(file.read_bytes())
    for page in range(20, len(content) // 4096, 3):
        content[page * 4096 : page * 4096 + 512] = b"\xff" * 512
    file.write_bytes(content)

    assert "restore the" in _bad(office)["database"]


def test_a_lock_that_is_not_given_back_is_broken(
    office: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_MS", 50)
    other = Store.open(f"sqlite:///{office.folder / 'alur.db'}")
    with other.writing():
        found = _bad(office)
    other.close()

    assert "fuser" in found["writing"]


@pytest.mark.parametrize(
    "content", ["CAST(replace(content, 'Kadis', 'Kbdis') AS BLOB)", "CAST(content AS TEXT)"]
)
def test_a_diagram_of_which_a_bit_has_flipped_is_named(office: Terminal, content: str) -> None:
    _sql(office, f"UPDATE resource SET content = {content}")

    assert "surat:1:" in _bad(office)["diagrams"]


# ------------------------------------------------------------------------ files


def test_a_key_of_another_user_is_broken(office: Terminal) -> None:
    key = office.folder / "alur.secret-key"
    if os.geteuid():
        key.unlink()
        key.symlink_to("/etc/passwd")  # of root's
    else:
        os.chown(key, 65534, -1)

    assert str(key) in _bad(office)["owner"]


def test_files_that_others_may_read_need_attention(office: Terminal) -> None:
    office.folder.chmod(0o755)
    assert "secrecy" not in _bad(office, "attention")

    (office.folder / "alur.db").chmod(0o644)

    assert "chmod 600" in _bad(office, "attention")["secrecy"]


def test_somebody_else_who_runs_it_is_told(
    office: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)

    assert "uid 4711" in _bad(office, "attention")["owner"]


@pytest.mark.parametrize(
    ("name", "says"), [("tidak-terpasang", "is not there"), ("kosong", "there is no backup")]
)
def test_backups_that_are_not_there_are_broken(
    office: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, says: str
) -> None:
    (office.folder / "kosong").mkdir()
    monkeypatch.setenv("ALUR_BACKUPS", str(office.folder / name))

    assert says in " ".join(_bad(office).values())


def test_a_checkpoint_that_is_not_in_its_folder_is_broken(office: Terminal) -> None:
    (office.folder / "alur.checkpoints" / signed_name(1)).unlink()

    assert "checkpoint 1 is not in its folder" in _bad(office)["checkpoints"]


# ------------------------------------------------------------------------- work


def test_a_worker_that_sleeps_is_broken(office: Terminal, engine: ProcessEngine) -> None:
    with engine.store.writing() as tx:
        for duty in tx.duty_pulses():
            tx.note_pulse(duty, engine.clock.now() - timedelta(minutes=4))
    assert "no worker runs" in _bad(office)["worker"]

    engine.health.note_pulse("timers")

    assert "duty timers" not in (found := _bad(office))
    assert "journalctl" in found["duty deliveries"]


def test_a_clock_behind_what_was_written_is_broken(office: Terminal, engine: ProcessEngine) -> None:
    with engine.store.writing() as tx:
        tx.note_pulse("timers", engine.clock.now() + timedelta(days=900))

    assert "the clock is wrong, or was" in _bad(office)["clock"]


def test_a_lost_secret_key_is_broken_and_not_made_anew(office: Terminal) -> None:
    key = office.folder / "alur.secret-key"
    key.unlink()
    assert "secrets of the database are sealed" in _bad(office)["secret key"]
    assert not key.exists()

    key.write_text("kunci-yang-lain-" * 4)

    assert "another key" in _bad(office)["secret key"]


def test_an_office_without_an_admin_is_broken(office: Terminal, engine: ProcessEngine) -> None:
    engine.accounts.deactivate("admin", actor=ADMIN)

    assert "alur account add" in _bad(office)["accounts"]


def test_what_nobody_does_is_told(office: Terminal, engine: ProcessEngine) -> None:
    stuck = process(
        start(),
        user("a"),
        script("hitung", "hasil = 1 / 0"),
        end(),
        line("s", "a", "hitung", "e"),
        key="macet",
    )
    assert "incidents" not in _bad(office, "attention")
    files = {"macet.bpmn": stuck.encode()}
    [definition] = engine.definitions.deploy("macet", files, actor=ADMIN).definitions
    begun = engine.instances.start(definition, {}, actor=ADMIN)
    engine.tasks.complete(begun.opened[0].task_id, {}, actor=ADMIN)
    engine.close()
    _sql(office, "UPDATE process_instance SET next_due_at = 1000")

    assert "its timer did not fire" in _bad(office)["timers"]
    assert "1 instances wait" in _bad(office, "attention")["incidents"]


# --------------------------------------------------------------------- settings


@pytest.mark.postgresql
def test_a_postgresql_is_examined_and_without_checkpoints_it_is_said(
    terminal: Terminal, postgresql_server: PostgresqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgresql_server.create_migrated()
    monkeypatch.setenv("ALUR_DATABASE_URL", url)
    terminal.account("admin", "--role", "admin")
    terminal.ok("worker", "--once")

    found = _bad(terminal)
    cautions = _bad(terminal, "attention")
    postgresql_server.drop(url)

    assert found == {}
    assert list(cautions) == ["backup folder", "checkpoint folder"]
    assert "database" in _bad(terminal)


def test_https_without_its_settings_needs_attention(
    office: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUR_BASE_URL", "https://alur.dinas.example")

    assert "ALUR_TRUSTED_PROXIES" in _bad(office, "attention")["settings"]
    monkeypatch.setenv("ALUR_TRUSTED_PROXIES", "1")
    assert "ALUR_SECURE_COOKIES" in _bad(office, "attention")["settings"]
    monkeypatch.setenv("ALUR_SECURE_COOKIES", "true")
    assert "settings" not in _bad(office, "attention")
