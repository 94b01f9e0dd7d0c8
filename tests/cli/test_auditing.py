"""History on the command line."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from engine.cli.auditing import _Progress
from engine.sources import ManualClock
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
    assert alur("verify", "x").code == 3
    assert alur("verify", "--all", "--as", "kadis").code == 4


def test_staff_of_no_lane_in_it_may_not_read(alur: Terminal, started: str) -> None:
    alur.account("tamu", "--role", "staff", "--lane", "Lain")

    assert alur("history", started, "--as", "tamu").code == 4


def test_progress_is_told_off_a_terminal_only_when_it_takes_long(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
    progress = _Progress(clock)

    progress(200, 1000)
    clock.advance(seconds=3)
    progress(400, 1000)

    assert capsys.readouterr().err == "alur: checked 400 of 1000\n"
