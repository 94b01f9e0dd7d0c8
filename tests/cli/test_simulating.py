"""Diagrams tried from a terminal, without a database."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Terminal, two_steps
from tests.diagrams import end, exclusive, flow, form, line, process, script, start, user
from tests.office import PROCESSES, SOP_FILES

KEYS = {
    *("isSound", "isBounded", "isAccepted", "findings", "processKey", "processName", "isExplored"),
    *("runs", "outcomes", "coverage", "decisions", "duties", "loops", "incidents", "deadEnds"),
    *("shortest", "longest", "isExhausted", "bounds"),
}
CHOICE = (
    '<camunda:formField id="keputusan" label="keputusan" type="enum">'
    '<camunda:value id="setujui" name="Setujui"/><camunda:value id="tolak" name="Tolak"/>'
    '<camunda:validation><camunda:constraint name="required"/></camunda:validation>'
    "</camunda:formField>"
)


def choosing(*values: str) -> str:
    """One task decides; an end for each value."""
    ends = [f"e_{value}" for value in values]
    return process(
        start(),
        user("isi", form(CHOICE)),
        exclusive("g"),
        *map(end, ends),
        line("s", "isi", "g"),
        *(flow("g", f"e_{value}", f"keputusan == '{value}'") for value in values),
        lanes={"Kadis": ["s", "isi", "g", *ends]},
    )


def sop(stem: str) -> str:
    return str(PROCESSES / f"{stem}.bpmn")


@pytest.mark.parametrize("stem", SOP_FILES)
def test_sop_reaches_every_flow_and_says_so(terminal: Terminal, stem: str) -> None:
    answer = terminal.ok("simulate", sop(stem), "--at", "2026-01-05T08:00")

    assert answer.out.splitlines()[-1] == "every flow was taken, and every run came to an end"
    assert list(terminal.folder.iterdir()) == []


def test_json_has_stable_keys(terminal: Terminal) -> None:
    answer = terminal.ok("simulate", sop("luwu-timur"), "--json", "--at", "2026-01-05T08:00").json

    assert set(answer) == KEYS
    assert answer["coverage"] == {
        "flows": 17,
        "nodes": 15,
        "untakenFlows": [],
        "unreachedNodes": [],
    }
    assert set(answer["runs"][0]) == {
        *("number", "outcome", "completions", "durationSeconds", "decisions", "newFlows", "path")
    }
    step = answer["runs"][0]["path"][0]
    assert step["at"] == "2026-01-05T08:00:00.000+08:00"
    assert set(step) == {
        *("number", "at", "deed", "activityId", "activityName", "waitsFor", "decisions", "flows"),
        *("incidents", "waiting", "nextDueAt"),
    }


def test_refused_file_has_the_same_keys_and_ends_with_1(terminal: Terminal) -> None:
    path = terminal.file("putus.bpmn", process(start(), end(), key="putus"))

    answer = terminal("simulate", path, "--json")
    shown = terminal("simulate", path)

    assert (answer.code, shown.code) == (1, 1)
    assert set(answer.json) == KEYS
    assert answer.json["isAccepted"] is False
    assert "unreachable-node" in shown.out
    assert shown.out.splitlines()[-1].endswith("refused and not simulated")


def test_given_decisions_make_one_run_at_a_given_time(terminal: Terminal) -> None:
    answer = terminal.ok(
        *("simulate", sop("luwu-timur"), "--json", "--at", "2026-01-05T08:00"),
        *("--each", "2h", "--each", "langkah_1=1d"),
        *("--decide", "langkah_6_keputusan=kembalikan,setujui"),
    ).json

    (run,) = answer["runs"]
    assert run["decisions"]["langkah_6_keputusan"] == ["kembalikan", "setujui"]
    assert run["path"][1]["at"] == "2026-01-06T08:00:00.000+08:00"
    assert run["path"][2]["at"] == "2026-01-06T10:00:00.000+08:00"
    assert answer["isExplored"] is False


def test_path_is_a_table(terminal: Terminal) -> None:
    path = terminal.file("pilih.bpmn", choosing("setujui", "tolak"))

    out = terminal.ok("simulate", path, "--at", "2026-01-05T08:00").out

    row = next(each for each in out.splitlines() if each.startswith("2     2026-01-05 09:00:00"))
    for cell in ("isi", "Kadis", "keputusan=setujui", "isi_g g_e_setujui", "nobody"):
        assert cell in row


def test_paths_of_all_runs_are_shown_when_asked(terminal: Terminal) -> None:
    path = terminal.file("pilih.bpmn", choosing("setujui", "tolak"))

    assert "run 2, step by step" not in terminal.ok("simulate", path).out
    assert "run 2, step by step" in terminal.ok("simulate", path, "--paths").out


def test_flow_that_is_never_taken_is_named_and_ends_with_1(terminal: Terminal) -> None:
    path = terminal.file("pilih.bpmn", choosing("setujui", "tolak", "tunda"))

    answer = terminal("simulate", path)

    assert answer.code == 1
    assert "never taken:" in answer.out
    assert "g_e_tunda" in answer.out
    assert answer.out.splitlines()[-1].startswith("everything was tried")


def test_bound_is_said_and_ends_with_1(terminal: Terminal) -> None:
    path = terminal.file("pilih.bpmn", choosing("setujui", "tolak"))

    answer = terminal("simulate", path, "--runs", "1")

    assert answer.code == 1
    assert "stopped by a bound: the number of runs (--runs)" in answer.out


def test_incident_is_shown_and_ends_with_1(terminal: Terminal) -> None:
    content = process(
        start(),
        user("isi"),
        script("hitung", "n = nilai + 1"),
        end(),
        line("s", "isi", "hitung", "e"),
    )
    path = terminal.file("gagal.bpmn", content)

    answer = terminal("simulate", path)

    assert answer.code == 1
    assert "incidents:" in answer.out
    assert "nilai" in answer.out
    assert terminal("simulate", path, "--values", terminal.file("v.json", '{"nilai": 1}')).code == 0


def test_variables_are_shown_when_asked(terminal: Terminal) -> None:
    path = terminal.file("surat.bpmn", two_steps())
    words = ("simulate", path, "--set", "nomor=71")

    assert "variables" not in terminal.ok(*words, "--json").json["runs"][0]
    shown = terminal.ok(*words, "--json", "--variables").json["runs"][0]["variables"]
    assert shown["nomor"] == 71
    assert "variables at the end" in terminal.ok(*words, "--variables").out


@pytest.mark.parametrize(
    "words",
    [
        ("--at", "besok"),
        ("--each", "lama"),
        ("--each", "lain=1h"),
        ("--decide", "keputusan"),
        ("--decide", "keputusan="),
        ("--decide", "lain=ya"),
        ("--decide", "keputusan=tunda"),
        ("--set", "keputusan"),
        ("--runs", "0"),
        ("--seconds", "x"),
    ],
)
def test_wrong_words_end_with_2(terminal: Terminal, words: tuple[str, ...]) -> None:
    path = terminal.file("pilih.bpmn", choosing("setujui", "tolak"))

    answer = terminal("simulate", path, *words)

    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.count("\n") == 1


def test_unknown_process_ends_with_3(terminal: Terminal) -> None:
    assert terminal("simulate", sop("balangan"), "--process", "lain").code == 3


def test_missing_file_is_named(terminal: Terminal) -> None:
    assert terminal("simulate", "tidak-ada.bpmn").code == 2


def test_answer_in_json_is_the_same_every_time(terminal: Terminal) -> None:
    words = ("simulate", sop("bandar-lampung"), "--json", "--at", "2026-01-05T08:00")

    assert json.dumps(terminal.ok(*words).json) == json.dumps(terminal.ok(*words).json)
