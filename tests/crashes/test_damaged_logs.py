"""Committed work that lies in SQLite's log alone is not lost there without a word."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import BinaryIO

import pytest

from engine.errors import StorageUnusable
from engine.process_engine import open_engine
from engine.settings import Settings
from engine.store import Store, sqlite_log
from engine.store.sqlite_log import copies, lost_in
from tests.crashes.clerk import Clerk

HEAD, FRAME = 32, 24 + 4096
#: Does 40 pieces of work, each a transaction of two pages; tells when, and dies.
_WORK = """
import os, signal, sys
from engine.store import Store
store = Store.open(f"sqlite:///{sys.argv[1]}")
for number in range(40):
    with store._engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE process_instance SET business_key = 'SK {number}'")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def killed(clerk_of_all: Clerk) -> bytes:
    """The log of a process that was killed after much work; its database is the office's."""
    clerk_of_all.renew()
    done = subprocess.run([sys.executable, "-c", _WORK, clerk_of_all.file], check=False)
    assert done.returncode == -signal.SIGKILL
    log = clerk_of_all.log.read_bytes()
    clerk_of_all.renew()
    return log


def frames(log: bytes) -> int:
    return (len(log) - HEAD) // FRAME


def flipped(log: bytes, place: int) -> bytes:
    changed = bytearray(log)
    changed[place] ^= 4
    return bytes(changed)


def test_flipped_byte_in_the_log_of_a_killed_process_is_named_and_a_copy_kept(
    clerk: Clerk, killed: bytes
) -> None:
    damaged = flipped(killed, HEAD + FRAME * (frames(killed) // 2) + 100)
    clerk.log.write_bytes(damaged)

    first, again = clerk("instances", "--json"), clerk("instances")

    assert first.code == again.code == 0
    assert "SK 39" not in first.out
    assert f"{clerk.log} is damaged at frame {frames(killed) // 2 + 1}" in first.err
    [kept] = copies(clerk.file)
    assert f"the log is kept as {kept}" in first.err
    assert kept.read_bytes() == damaged
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    examined = clerk("doctor", "--json")
    [told] = [each for each in json.loads(examined.out) if each["name"] == "log"]
    assert (examined.code, told["verdict"]) == (1, "broken")
    assert str(kept) in told["message"]
    with closing(Store.open(f"sqlite:///{clerk.file}")) as store:
        assert store.damaged_logs() == [kept]
    settings = Settings(database_url=f"sqlite:///{clerk.file}")
    assert not _log_check(settings)
    kept.rename(clerk.folder / "disimpan")
    assert _log_check(settings)


def _log_check(settings: Settings) -> bool:
    engine = open_engine(settings)
    try:
        return all(each.is_well for each in engine.health.checks() if each.name == "log")
    finally:
        engine.store.close()


def test_each_damage_before_the_last_transactions_is_named(tmp_path: Path, killed: bytes) -> None:
    log, chance = tmp_path / "alur.db-wal", Random(7)
    # The last transaction looks like one that was not finished; the one before may hide behind it.
    last = HEAD + FRAME * (frames(killed) - 2 * frames(killed) // 40 - 1)
    places = [*range(HEAD), *(chance.randrange(HEAD, last) for _ in range(60))]
    silent = []

    for place in places:
        log.write_bytes(flipped(killed, place))
        if lost_in(log) is None:
            silent.append(place)

    assert silent == []


def test_log_of_which_a_block_is_gone_is_named(tmp_path: Path, killed: bytes) -> None:
    log, block = tmp_path / "alur.db-wal", 4096 * 10
    log.write_bytes(killed[:block] + bytes(4096) + killed[block + 4096 :])

    lost = lost_in(log)

    assert lost is not None
    assert (lost.frame, lost.transactions > 20) == (10, True)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda log: log, id="whole"),
        pytest.param(lambda log: log[: len(log) // 2], id="cut"),
        pytest.param(lambda log: b"", id="empty"),
        pytest.param(lambda log: log[:HEAD], id="header alone"),
        pytest.param(lambda log: log[:7], id="less than a header"),
        pytest.param(lambda log: Random(1).randbytes(len(log)), id="garbage"),
        pytest.param(lambda log: flipped(log, len(log) - 50), id="torn at its end"),
        pytest.param(lambda log: log[:-FRAME] + bytes(FRAME), id="last frame not written"),
    ],
)
def test_log_of_which_only_the_end_is_missing_is_passed_over(
    tmp_path: Path, killed: bytes, change: Callable[[bytes], bytes]
) -> None:
    log = tmp_path / "alur.db-wal"
    log.write_bytes(change(killed))

    assert lost_in(log) is None


def test_frames_of_a_log_that_was_written_into_the_file_are_passed_over(tmp_path: Path) -> None:
    file, log = tmp_path / "alur.db", tmp_path / "alur.db-wal"
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE t (x)")
        for number in range(50):
            db.execute("INSERT INTO t VALUES (randomblob(3000) || ?)", (number,))
        db.execute("PRAGMA wal_checkpoint(RESTART)")
        old = log.read_bytes()
        db.execute("INSERT INTO t VALUES (1)")
        begun_anew = log.read_bytes()

        assert begun_anew[HEAD + 3 * FRAME :] == old[HEAD + 3 * FRAME :]
        assert lost_in(log) is None
    log.write_bytes(flipped(begun_anew, HEAD + 200))
    assert lost_in(log) is None
    log.write_bytes(begun_anew[:8] + os.urandom(24) + old[HEAD:])
    assert lost_in(log) is None


def test_log_that_another_process_writes_meanwhile_is_not_taken_for_damaged(
    tmp_path: Path, killed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "alur.db-wal"
    middle = HEAD + FRAME * (frames(killed) // 2)
    log.write_bytes(flipped(killed, middle + 100))
    read = sqlite_log._lost

    def read_half_of_a_frame(head: bytes, opened: BinaryIO) -> sqlite_log.Lost | None:
        found = read(head, opened)
        log.write_bytes(killed)
        return found

    monkeypatch.setattr(sqlite_log, "_lost", read_half_of_a_frame)

    assert lost_in(log) is None


def test_nothing_is_opened_when_the_damaged_log_cannot_be_kept(clerk: Clerk, killed: bytes) -> None:
    damaged = flipped(killed, HEAD + FRAME * 9)
    clerk.log.write_bytes(damaged)
    draft = clerk.folder / f"alur.db-wal.{os.getpid()}.draft"
    draft.mkdir()

    with closing(Store.open(f"sqlite:///{clerk.file}")) as store:
        with pytest.raises(StorageUnusable, match=r"not be copied although it is damaged"):
            store.check_schema()
        assert clerk.log.read_bytes() == damaged
        draft.rmdir()
        store.check_schema()

        assert [each.read_bytes() for each in store.damaged_logs()] == [damaged]
