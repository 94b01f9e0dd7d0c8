"""`alur move`: running instances go on in another version, or stay and are named."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Answer, Terminal, two_steps

WHY = ("--reason", "Perwali baru", "--basis", "SK 188/2026")


@pytest.fixture
def alur(alur: Terminal) -> Terminal:
    """Two letters that run in version 1: one is to be read, the other one to be answered."""
    for number in ("1", "2"):
        alur.ok("start", "surat", "--as", "sekretaris", "--set", f"nomor={number}")
    first = alur.ok("tasks", "--json").json[0]
    alur.ok("complete", first["taskId"], "--as", "sekretaris", "--set", "ringkasan=x")
    return alur


def move(alur: Terminal, *words: str) -> Answer:
    return alur("move", "surat", "--from", "1", *words)


def test_all_that_run_in_a_version_are_moved(alur: Terminal) -> None:
    alur.ok("deploy", alur.file("dua.bpmn", two_steps().replace("jumlah", "banyak")))

    looked = move(alur, "--dry-run", "--json").json
    moved = move(alur, *WHY)

    assert [each["result"] for each in looked] == ["would move", "would move"]
    assert (moved.code, "version 1 to 2: 2 moved" in moved.out) == (0, True)
    assert "warning: the form of jawab has no field jumlah any more" in moved.out
    assert "none" in move(alur, *WHY).out
    assert alur.ok("verify", "--all").code == 0


def test_what_cannot_be_moved_stays_and_is_named(alur: Terminal) -> None:
    alur.ok("deploy", alur.file("dua.bpmn", two_steps().replace("baca", "telaah")))

    answer = move(alur, *WHY, "--json")

    assert answer.code == 1
    assert sorted(each["result"] for each in answer.json) == ["moved", "stays"]
    assert "no instruction" in next(each["why"] for each in answer.json if each["why"])
    assert move(alur, *WHY, "--map", "baca=telaah").code == 0


def test_without_a_basis_nothing_is_moved(alur: Terminal) -> None:
    alur.ok("deploy", alur.file("dua.bpmn", two_steps().replace("jumlah", "banyak")))

    answer = move(alur, "--reason", "Perwali baru")

    assert (answer.code, "--basis" in answer.err) == (2, True)
    assert move(alur, "--dry-run").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--map", "baca"), "expected OLD=NEW"),
        (("--to", "x"), "number of a version"),
        (("--to", "9"), "version 9"),
        (("--map", "baca=jawab2"), "not valid"),
    ],
)
def test_what_cannot_be_meant_is_refused(alur: Terminal, words: tuple[str, ...], said: str) -> None:
    alur.ok("deploy", alur.file("dua.bpmn", two_steps().replace("jumlah", "banyak")))

    answer = move(alur, *words, "--dry-run")

    assert answer.code in {2, 3}
    assert said in answer.err
