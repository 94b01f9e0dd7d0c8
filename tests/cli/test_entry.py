"""Exit codes, errors and help: what holds for every command."""

from __future__ import annotations

import argparse
import inspect
import json
import os
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from engine import errors
from engine.cli import exit_codes
from engine.cli.exit_codes import exit_code_of
from engine.cli.parser import build_parser
from tests.cli.conftest import Terminal, two_steps


def _commands(
    parser: argparse.ArgumentParser, *before: str
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield (*before, name), inner
                yield from _commands(inner, *before, name)


COMMANDS = dict(_commands(build_parser()))
LEAVES = [words for words, parser in COMMANDS.items() if parser.get_default("run")]


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_help_teaches_with_an_example(words: tuple[str, ...]) -> None:
    text = COMMANDS[words].format_help()

    example = text.partition("example:\n")[2]
    assert f"alur {' '.join(words)}" in example
    assert "--json" in text


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_example_in_help_is_accepted(words: tuple[str, ...]) -> None:
    example = COMMANDS[words].format_help().partition("example:\n")[2].replace("\\\n", "")

    for line in example.splitlines():
        if f"alur {words[0]}" not in line:
            continue  # what one does with its result
        # A setting or a pipe may stand before the command, and a file to write to behind it.
        typed = shlex.split(
            line.partition(f"alur {words[0]}")[2].partition(" > ")[0].partition(" | ")[0]
        )
        assert build_parser().parse_args([words[0], *typed]).run


def test_help_lists_the_exit_codes() -> None:
    text = build_parser().format_help()

    assert all(f"  {code}  {meaning}" in text for code, meaning in exit_codes.MEANINGS.items())


def test_every_error_of_the_engine_has_its_code() -> None:
    kinds = [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.EngineError)
    ]
    codes = {kind.__name__: exit_code_of(kind.__new__(kind)) for kind in kinds}

    assert {name for name, code in codes.items() if code == exit_codes.BAD_INPUT} == {
        *("InvalidInput", "InvalidVariables", "InvalidForm", "InvalidQuery", "MessageMismatch"),
        "InvalidCheckpoint",
    }
    assert codes["NotFound"] == exit_codes.NOT_FOUND
    assert codes["Forbidden"] == codes["NotAuthenticated"] == exit_codes.FORBIDDEN
    assert codes["StorageBusy"] == codes["StorageOutdated"] == exit_codes.STORAGE
    assert codes["Conflict"] == codes["DeploymentRejected"] == exit_codes.REFUSED


@pytest.mark.parametrize("words", [(), ("tari",), ("start",), ("tasks", "--limit", "-1")])
def test_wrong_words_are_refused_in_one_line(terminal: Terminal, words: tuple[str, ...]) -> None:
    answer = terminal(*words)

    assert answer.code == 2
    assert answer.err.startswith("alur: ")
    assert answer.err.count("\n") == 1


def test_missing_database_is_storage_trouble(terminal: Terminal) -> None:
    answer = terminal("tasks")

    assert answer.code == 5
    assert "alur migrate" in answer.err
    assert list(terminal.folder.iterdir()) == []


def test_file_that_is_no_database_is_storage_trouble(terminal: Terminal) -> None:
    terminal.file("alur.db", "bukan basis data" * 100)

    assert terminal("tasks").code == 5
    assert terminal("migrate").code == 5


def test_folder_that_cannot_be_made_is_storage_trouble(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = terminal.file("berkas", "")
    monkeypatch.setenv("ALUR_DATABASE_URL", f"sqlite:///{path}/data/alur.db")

    answer = terminal("migrate")

    assert answer.code == 5
    assert f"{path}/data/alur.db: cannot be looked at: Not a directory" in answer.err


def test_newer_database_is_storage_trouble(alur: Terminal) -> None:
    with closing(sqlite3.connect(alur.folder / "alur.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")

    assert alur("tasks").code == 5


def test_wrong_setting_is_named(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALUR_PORT", "delapan")

    answer = terminal("tasks")

    assert answer.code == 2
    assert answer.err.startswith("alur: ALUR_PORT: ")


def test_nobody_acts_without_an_admin(terminal: Terminal) -> None:
    terminal.ok("migrate")

    answer = terminal("tasks")

    assert answer.code == 4
    assert "--as ACCOUNT" in answer.err


def test_account_named_admin_acts_by_default_only_as_admin(terminal: Terminal) -> None:
    terminal.ok("migrate")
    terminal.account("admin", "--role", "staff")

    assert terminal("tasks").code == 4
    assert terminal("tasks", "--as", "admin").code == 0


def test_defect_is_one_line_unless_debugging(
    alur: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst(*_: object) -> None:
        raise LookupError("tidak terduga")

    monkeypatch.setattr("engine.cli.tasks.page_of", burst)
    plain = alur("tasks")
    monkeypatch.setenv("ALUR_LOG_LEVEL", "DEBUG")
    debugged = alur("tasks")

    assert plain.code == debugged.code == 1
    assert plain.err.startswith("alur: unexpected LookupError: tidak terduga")
    assert plain.err.count("\n") == 1
    assert "Traceback" in debugged.err


def test_error_in_json_has_type_and_facts(alur: Terminal) -> None:
    answer = alur("history", "tidak-ada", "--json")

    error = json.loads(answer.err)["error"]
    assert (error["type"], error["key"]) == ("NotFound", "tidak-ada")
    assert answer.out == ""


def test_module_runs_as_a_program(alur: Terminal) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "engine", "tasks", "--json"], capture_output=True, check=False
    )

    assert (done.returncode, json.loads(done.stdout), done.stderr) == (0, [], b"")


def test_reader_that_leaves_is_no_failure(alur: Terminal, started: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "engine", "history", started],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as program:
        program.stdout.close()
        err = program.stderr.read()

    assert (program.returncode, err) == (0, b"")


def _ended(words: str, **environ: str) -> tuple[int, str]:
    """A command of a shell: its exit code, and what it said on stderr."""
    done = subprocess.run(
        ["/bin/sh", "-c", f"exec {shlex.quote(sys.executable)} -m engine {words}"],
        capture_output=True,
        # As of people: what is printed waits until there is more, unless the program says so.
        env={**os.environ, "PYTHONUNBUFFERED": "", **environ},
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_answer_that_cannot_be_written_is_a_failure_of_one_line(alur: Terminal) -> None:
    code, said = _ended("tasks >/dev/full")

    assert code == 1
    assert said == (
        "alur: the answer cannot be written: No space left on device; what was asked may be done\n"
    )


def test_closed_output_and_a_poor_terminal_are_no_failure(alur: Terminal) -> None:
    assert _ended("definitions >&-") == (0, "")
    alur.ok("deploy", alur.file("b.bpmn", two_steps("b").replace('name="b"', 'name="A – B"')))
    code, said = _ended("definitions", PYTHONIOENCODING="ascii")
    assert code == 0
    assert said.isascii()


def test_command_that_is_told_to_end_clears_away_what_is_half_written(alur: Terminal) -> None:
    file = alur.folder / "cadangan.zip"
    with subprocess.Popen(
        [sys.executable, "-c", _HELD, "backup", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout.readline() == "begun\n"
        assert [each.name for each in alur.folder.glob("cadangan*")] == ["cadangan.zip.part"]
        program.terminate()
        err = program.stderr.read()

    assert (program.returncode, err) == (exit_codes.INTERRUPTED, "")
    assert not list(alur.folder.glob("cadangan*"))


#: The program, whose backup begins and then waits until it is ended.
_HELD = """
import signal, sys
from engine import __main__, backups

def wait(*_):
    print("begun", flush=True)
    while True:
        signal.pause()

backups._manifest = wait
sys.exit(__main__.main())
"""
