"""History on the command line."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.auditing import History
from engine.cli.progress import Progress
from engine.errors import StorageAway
from engine.offline import verify_export
from engine.sources import ManualClock
from engine.store import Store, StoreTransaction
from tests.cli.conftest import Terminal


def _forge(alur: Terminal, instance_id: str, sequence: int) -> None:
    """What an administrator of the database could do: drop the triggers and rewrite an event."""
    with closing(sqlite3.connect(alur.folder / "alur.db")) as database, database:
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        changed = database.execute(
            "UPDATE history_event SET actor = 'kadis' WHERE instance_id = ? AND sequence = ?",
            (instance_id, sequence),
        )
        assert changed.rowcount == 1


def test_history_tells_who_and_in_which_capacity(alur: Terminal, started: str) -> None:
    first = alur.ok("history", started, "--json").json[0]

    assert first["kind"] == "instance_started"
    assert (first["actor"], first["capacity"]) == ("sekretaris", "command line")
    assert first["at"].endswith("+00:00")


def test_history_is_shown_in_local_time(alur: Terminal, started: str) -> None:
    answer = alur.ok("history", started)

    assert " WITA " in answer.out
    assert "sekretaris (command line)" in answer.out


def test_replay_shows_steps_and_says_that_they_hold(
    alur: Terminal, started: str, task: str
) -> None:
    alur.ok("complete", task, "--as", "sekretaris", "--set", "ringkasan=Undangan")

    answer = alur.ok("replay", started, "--as", "auditor")

    assert 'ringkasan="Undangan"' in answer.out
    assert "baca_jawab" in answer.out
    assert answer.out.splitlines()[-1].endswith(": 0 faults")


def test_sound_history_verifies(alur: Terminal, started: str) -> None:
    one = alur.ok("verify", started, "--json").json
    every = alur.ok("verify", "--all", "--as", "auditor", "--json").json

    assert {**one, "accountEvents": 4} == every
    assert one["checkpoints"] is None
    assert (one["instances"], one["inputs"], one["faults"]) == (1, 1, [])


@pytest.mark.parametrize("scope", ["one", "all"])
def test_forged_event_is_found_at_its_place(alur: Terminal, started: str, scope: str) -> None:
    _forge(alur, started, 1)

    answer = alur("verify", started if scope == "one" else "--all")

    assert answer.code == 1
    fault = answer.out.splitlines()[2]
    assert fault.split()[:3] == [started, "1", "chain"]


def test_replay_of_a_forged_history_ends_with_1(alur: Terminal, started: str) -> None:
    _forge(alur, started, 1)

    answer = alur("replay", started, "--json")

    assert answer.code == 1
    assert answer.json["verification"]["faults"][0]["sequence"] == 1


def test_verify_takes_an_instance_or_all(alur: Terminal) -> None:
    assert alur("verify").code == 2
    assert alur("verify", "x", "--all").code == 2
    assert alur("verify", "--checkpoint", "tidak-ada").code == 2
    assert alur("verify", "x").code == 3
    assert alur("verify", "--all", "--as", "kadis").code == 4


def test_staff_of_no_lane_in_it_may_not_read(alur: Terminal, started: str) -> None:
    alur.account("tamu", "--role", "staff", "--lane", "Lain")

    assert alur("history", started, "--as", "tamu").code == 4


def test_progress_is_told_off_a_terminal_only_when_it_takes_long(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
    progress = Progress(clock, "instances")

    progress(200, 1000)
    clock.advance(seconds=3)
    progress(400, 1000)
    clock.advance(seconds=3)
    progress(1000, 1000)

    assert capsys.readouterr().err == "alur: checked 400 of 1000 instances\n"


# ------------------------------------------------------------------- checkpoints


def test_a_checkpoint_is_made_and_compared(alur: Terminal, started: str) -> None:
    made = alur.ok("checkpoint", "--json").json[0]
    folder = alur.folder / "alur.checkpoints"

    every = alur.ok("verify", "--all", "--json").json
    assert made["checkpoint"]["number"] == 1
    assert every["checkpoints"]["fingerprint"] == made["fingerprint"]
    assert every["checkpoints"]["isKeyKnown"] is True
    assert "compared; the last is 1 of " in alur.ok("verify", started).out
    only = alur.ok("verify", "--checkpoint", str(folder), "--key", made["fingerprint"])
    assert only.out.startswith("1 heads of 1 checkpoints compared")


def test_an_instance_that_was_deleted_is_named(alur: Terminal, started: str) -> None:
    alur.ok("checkpoint")
    with closing(sqlite3.connect(alur.folder / "alur.db")) as database, database:
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        for table in ("task_candidate", "user_task", "history_event", "process_instance"):
            database.execute(f"DELETE FROM {table}")

    for words in ((started,), ("--all",), ("--checkpoint", str(alur.folder / "alur.checkpoints"))):
        answer = alur("verify", *words)
        assert answer.code == 1
        assert answer.out.splitlines()[2].split()[:3] == [started, "1", "checkpoint"]
    assert alur("verify", "tidak-ada").code == 3


@pytest.mark.parametrize("lost", range(1, 12))
def test_verify_all_goes_on_after_the_database_was_away(
    alur: Terminal, started: str, monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    """Wherever it was: everything is checked once, nothing twice, and no fault is made of it."""
    monkeypatch.setattr("engine.cli.invocation._BETWEEN_TRIES_S", 0.01)
    begun, reading = list[int](), Store.reading

    def breaking(store: Store) -> AbstractContextManager[StoreTransaction]:
        begun.append(1)
        if len(begun) in (lost + 2, lost + 3):  # after who acts was looked up
            raise StorageAway("the server closed the connection")
        return reading(store)

    alur.ok("checkpoint")
    whole = alur.ok("verify", "--all", "--json").json
    monkeypatch.setattr(Store, "reading", breaking)
    answer = alur.ok("verify", "--all", "--json")

    assert answer.json == whole
    assert answer.err.count("the server closed the connection; waiting to go on") == 1


def test_verify_all_gives_up_a_database_that_does_not_come_back(
    alur: Terminal, started: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.cli.invocation._BETWEEN_TRIES_S", 0.01)
    monkeypatch.setattr("engine.cli.invocation._OUTAGES_S", 0.05)
    tries: list[int] = []

    def away(*_: object, **__: object) -> None:
        tries.append(1)
        raise StorageAway("the server closed the connection")

    monkeypatch.setattr(History, "verify_behind", away)
    answer = alur("verify", "--all")

    assert (answer.code, len(tries)) == (5, 6)


def test_staff_verify_their_instance_without_checkpoints(alur: Terminal, started: str) -> None:
    alur.ok("checkpoint")

    assert "not compared with checkpoints" in alur.ok("verify", started, "--as", "kadis").out
    folder = str(alur.folder / "alur.checkpoints")
    assert alur("verify", started, "--as", "kadis", "--checkpoint", folder).code == 4
    assert alur("checkpoint", "--as", "auditor").code == 4


def test_the_key_of_checkpoints_changes_by_hand(alur: Terminal, started: str) -> None:
    first, turned, after = (
        alur.ok("checkpoint", *words, "--json").json[0]["fingerprint"]
        for words in ((), ("--new-key",), ())
    )

    assert first == turned != after
    assert alur("checkpoint", "--after-restore", " ").code == 2


def test_a_bar_at_a_terminal_says_how_much_is_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    clock = ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
    progress = Progress(clock, "instances")

    clock.advance(seconds=10)
    progress(250, 1000)
    progress(1000, 1000)

    first, last = capsys.readouterr().err.split("\r")[1:]
    assert first.startswith("[#######.......................] checked 250 of 1000 instances, ")
    assert "0:00:30 left" in first
    assert last.endswith("\n")


# ----------------------------------------------------------------------- exports


def test_a_history_is_exported_to_a_file(alur: Terminal, started: str) -> None:
    file = alur.folder / "riwayat.zip"

    said = alur.ok("export", "history", started, "-o", str(file), "--as", "auditor")

    assert said.out == f"5 events written to {file}\n"
    script = Path(verify_export.__file__)
    checked = subprocess.run(
        [sys.executable, "-I", script, file], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout.splitlines()[-1]) == (0, "SOUND / UTUH")


def test_an_export_goes_to_standard_output_led_to_a_file(alur: Terminal, started: str) -> None:
    command = [sys.executable, "-m", "engine", "export", "history", started]
    piped = subprocess.run(command, capture_output=True, check=True)
    assert piped.stdout[:2] == b"PK"

    assert alur("export", "history", started, "--json").code == 2
    assert alur("export", "history", "tidak-ada", "-o", str(alur.folder / "x.zip")).code == 3
    assert not (alur.folder / "x.zip").exists()
    assert alur("export", "history", started, "-o", str(alur.folder)).code == 2
