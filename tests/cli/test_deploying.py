"""Diagrams on the command line."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Terminal, two_steps
from tests.diagrams import end, process, start


def test_same_file_again_is_the_same_deployment(alur: Terminal) -> None:
    path = alur.file("lain.bpmn", two_steps("lain"))

    first = alur.ok("deploy", path, "--json").json
    second = alur.ok("deploy", path, "--json").json

    assert (first["isNew"], second["isNew"]) == (True, False)
    assert first["deployment"]["deploymentId"] == second["deployment"]["deploymentId"]


def test_faulty_file_is_refused_with_every_finding(alur: Terminal) -> None:
    path = alur.file("putus.bpmn", process(start(), end(), key="putus"))

    answer = alur("deploy", path)

    assert answer.code == 1
    assert answer.out == ""
    assert "unreachable-node" in answer.err
    assert answer.err.splitlines()[-1].startswith("alur: the deployment was refused")


def test_staff_may_not_deploy(alur: Terminal) -> None:
    answer = alur("deploy", alur.file("x.bpmn", two_steps("x")), "--as", "kadis")

    assert answer.code == 4
    assert answer.err == "alur: kadis may not deploy: that takes the role analyst or admin\n"


def test_check_needs_no_database_and_keeps_nothing(terminal: Terminal) -> None:
    path = terminal.file("surat.bpmn", two_steps())

    answer = terminal.ok("check", path, "--json").json

    assert answer["isAccepted"] is True
    assert [each.name for each in terminal.folder.iterdir()] == ["surat.bpmn"]


def test_check_of_a_faulty_file_ends_with_1(terminal: Terminal) -> None:
    answer = terminal("check", terminal.file("putus.bpmn", process(start(), end())), "--json")

    assert answer.code == 1
    assert answer.json["isAccepted"] is False
    assert {"rule", "severity", "elementId", "messageEn"} <= set(answer.json["findings"][0])


@pytest.mark.parametrize("command", ["check", "deploy"])
def test_missing_file_is_named(alur: Terminal, command: str) -> None:
    answer = alur(command, "tidak-ada.bpmn")

    assert answer.code == 2
    assert answer.err == "alur: tidak-ada.bpmn: cannot be read: No such file or directory\n"


def test_two_files_of_one_name_are_refused(alur: Terminal) -> None:
    path = alur.file("a.bpmn", two_steps())

    assert alur("check", path, path).code == 2


def test_definitions_shows_the_latest_version_unless_asked(alur: Terminal) -> None:
    alur.ok("deploy", alur.file("surat.bpmn", two_steps().replace('name="surat"', 'name="Surat"')))

    latest = alur.ok("definitions", "--json").json
    every = alur.ok("definitions", "--all-versions", "--json").json

    assert [each["version"] for each in latest] == [2]
    assert [each["version"] for each in every] == [2, 1]
    assert latest[0]["definitionId"] in alur.ok("definitions").out
