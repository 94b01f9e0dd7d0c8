"""Long writes, killed at some of their points, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crashes.sweep import Operation, sweep
from tests.crashes.workplace import LONG, place_over


@pytest.mark.parametrize("operation", LONG, ids=lambda each: each.name)
def test_killed_write_is_whole_or_absent_and_done_once(
    operation: Operation, database_url: str, tmp_path: Path
) -> None:
    with place_over(database_url, tmp_path / "files") as place:
        report = sweep(operation, place, every=4)

    assert report.violations == []
    assert report.points >= 2
