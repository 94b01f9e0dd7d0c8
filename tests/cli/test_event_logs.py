"""Event logs on the command line."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree

from tests.cli.conftest import Terminal


@pytest.mark.parametrize(
    ("name", "words", "begins"),
    [
        ("log.xes", (), b"<?xml"),
        ("log", (), b"<?xml"),
        ("log.json", (), b'{"eventTypes"'),
        ("log.csv", (), b"\xef\xbb\xbfcase:concept:name,"),
        ("log.txt", ("--format", "csv"), b"\xef\xbb\xbfcase:"),
    ],
)
def test_the_name_of_the_file_says_the_format(
    alur: Terminal, started: str, name: str, words: tuple[str, ...], begins: bytes
) -> None:
    file = alur.folder / name

    answer = alur.ok("export", "log", str(file), "--as", "auditor", "--json", *words)

    content = file.read_bytes()
    assert content.startswith(begins)
    assert started.encode() in content
    assert answer.json == {"file": str(file), "bytes": len(content), "leftOut": []}
    assert [each.name for each in alur.folder.glob("*.part")] == []


def test_a_packed_file_is_one_that_ends_with_gz(alur: Terminal, started: str) -> None:
    file = alur.folder / "log.json.gz"

    alur.ok("export", "log", str(file), "--process", "surat")

    assert started in {
        each["id"] for each in json.loads(gzip.decompress(file.read_bytes()))["objects"]
    }


def test_days_are_those_of_the_office_and_both_count(alur: Terminal, started: str) -> None:
    file = alur.folder / "log.xes"

    def traces(*words: str) -> int:
        alur.ok("export", "log", str(file), *words)
        return len(etree.parse(file).findall("{*}trace"))

    assert traces("--from", "2026-01-01", "--to", "2199-12-31") == 1
    assert traces("--to", "2020-01-01") == 0
    assert traces("--from", "2199-01-01") == 0


def test_standard_output_takes_the_log_alone(alur: Terminal, started: str) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "engine", "export", "log", "--format", "csv", "--passages", "-"],
        capture_output=True,
        check=True,
    )

    assert told.stdout.count(b"\r\n") == 1
    assert told.stderr == b""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--process", "tidak-ada"), "no process definition 'tidak-ada'"),
        (("--office", "Dinas Lain"), "Dinas Lain"),
        (("--from", "kemarin"), "expected a day such as 2026-01-31"),
        (("--from", "2026-02-01", "--to", "2026-01-01"), "before it begins"),
        (("--as", "sekretaris"), "auditor or admin"),
    ],
)
def test_what_is_refused_leaves_no_file(alur: Terminal, words: tuple[str, ...], said: str) -> None:
    file = alur.folder / "log.xes"

    answer = alur("export", "log", str(file), *words)

    assert answer.code != 0
    assert said in answer.err
    assert not file.exists()


def test_a_file_that_cannot_be_written_is_named(alur: Terminal, tmp_path: Path) -> None:
    missing = tmp_path / "tidak" / "ada.xes"

    answer = alur("export", "log", str(missing))

    assert answer.code != 0
    assert f"{missing}: cannot be written" in answer.err


def test_a_log_that_somebody_else_is_writing_is_left_alone(alur: Terminal) -> None:
    other = alur.folder / "log.xes.part"
    other.write_bytes(b"dari lain")

    answer = alur("export", "log", str(alur.folder / "log.xes"))

    assert "is there already" in answer.err
    assert other.read_bytes() == b"dari lain"
