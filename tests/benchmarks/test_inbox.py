"""The pages that are measured take as many statements for many tasks as for few."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks import inbox


def test_pages_take_as_many_statements_for_many_tasks_as_for_few(tmp_path: Path) -> None:
    text = inbox.on_sqlite(1, (200, 800))

    for line in text.splitlines()[5:]:
        few, many = line.split()[-4], line.split()[-1]
        assert int(many) <= int(few) + 1, line
