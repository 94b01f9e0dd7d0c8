"""`alur substitution`: who stands in for which lane."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cli.conftest import Answer, Terminal

TODAY = datetime.now(UTC).date()


def day(number: int) -> str:
    return (TODAY + timedelta(days=number)).isoformat()


def add(alur: Terminal, *words: str, until: int = 9) -> Answer:
    letter = ("--basis", "800/17/2026", "--basis-date", day(0))
    days = ("--from", day(-1), "--until", day(until))
    return alur("substitution", "add", "sekretaris", "Kadis", "plh", *letter, *days, *words)


def listed(alur: Terminal, *words: str) -> list[dict[str, Any]]:
    return list(alur.ok("substitution", "list", *words, "--json").json)


def test_one_is_recorded_prolonged_and_ended(alur: Terminal) -> None:
    made = add(alur, "--replaces", "kadis", "--json").json["substitution"]
    assert [each["substitutionId"] for each in listed(alur)] == [made["substitutionId"]]
    assert (made["kind"], made["replaces"]) == ("Plh.", "kadis")

    letter = ("--basis", "800/20/2026", "--basis-date", day(1))
    changed = alur.ok("substitution", "change", made["substitutionId"], "--until", day(20), *letter)
    assert f"until {day(20)}" in changed.out
    ended = alur.ok("substitution", "end", made["substitutionId"], "--reason", "kembali")

    assert "sekretaris is Plh. Kadis no longer" in ended.out
    assert listed(alur) == []
    assert listed(alur, "--state", "past", "--lane", "Kadis")[0]["endReason"] == "kembali"
    again = alur("substitution", "end", made["substitutionId"], "--reason", "lagi")
    assert (again.code, "is over since" in again.err) == (1, True)


def test_what_should_be_looked_at_is_told(alur: Terminal) -> None:
    add(alur)

    again = add(alur, "--as", "admin", until=200)

    assert again.code == 0
    assert "warning: the office allows 92 days" in again.out
    assert "warning: at the same time the lane has sekretaris as Plh. Kadis" in again.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--from", "besok"), "--from: expected a day such as 2026-01-31"),
        (("--until", day(-3)), "last_day: expected"),
        (("--replaces", "siapa"), "replaces: there is no account"),
    ],
)
def test_a_wrong_word_is_refused_by_name(alur: Terminal, words: tuple[str, ...], told: str) -> None:
    answer = add(alur, *words)

    assert answer.code == 2
    assert told in answer.err


def test_a_substitute_works_on_the_command_line_too(alur: Terminal, started: str) -> None:
    add(alur)
    task = alur.ok("tasks", "--instance", started, "--json").json[0]["taskId"]
    alur.ok("complete", task, "--as", "sekretaris", "--set", "ringkasan=x")
    task = alur.ok("tasks", "--instance", started, "--json").json[0]["taskId"]

    alur.ok("complete", task, "--as", "sekretaris", "--set", "isi=y", "--set", "jumlah=1")

    history = alur.ok("history", started, "--json").json
    done = [each for each in history if each["kind"] == "task_completed"][-1]
    assert done["capacity"] == "Plh. Kadis, command line"
    assert alur.ok("verify", started).code == 0
