"""The table of faults in the README names tests that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ROWS = [
    line
    for line in (Path(__file__).parent / "README.md").read_text().splitlines()
    if re.match(r"\| \d+ \|", line)
]


def named(row: str) -> Iterator[tuple[str, str]]:
    """(file, test) of each test in the row; one without a file is in that of the one before."""
    file = ""
    for place, test in re.findall(r"`(?:(tests/\S+\.py)::)?(test_\w+)`", row):
        file = place or file
        yield file, test


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_each_fault_names_tests_that_are_there(row: str) -> None:
    found = list(named(row))

    assert found
    for file, test in found:
        assert f"def {test}(" in (ROOT / file).read_text(), f"{file} has no {test}"


def test_there_are_twenty_faults() -> None:
    assert [int(row.split("|")[1]) for row in ROWS] == list(range(1, 21))
