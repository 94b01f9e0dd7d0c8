"""Every write operation, killed at each of its points, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect

from engine.store import Store
from engine.store.connection import open_engine
from tests.crashes import further_operations
from tests.crashes.killing import Work, Workshop
from tests.crashes.sweep import Operation, Place, sweep
from tests.crashes.workplace import STEPS, place_over


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    with place_over(database_url, tmp_path / "files") as found:
        yield found


@pytest.mark.parametrize("operation", STEPS, ids=lambda each: each.name)
def test_killed_operation_is_whole_or_absent_and_done_once(
    operation: Operation, place: Place
) -> None:
    report = sweep(operation, place)

    assert report.violations == []
    assert report.points >= 4


def test_operation_in_two_transactions_is_found_out(place: Place) -> None:
    report = sweep(further_operations.PLANTED, place)

    assert any("done 2 times after the retry" in each for each in report.violations)


def migration(url: str) -> Work:
    return lambda: Store.open(url).migrate()


def test_killed_migration_is_whole_or_absent(
    empty_database_url: str, second_empty_database_url: str
) -> None:
    elsewhere = Workshop(migration, second_empty_database_url)
    points = elsewhere.points_of()
    elsewhere.close()
    # It has hundreds of statements in one transaction: some of them, and all around its end.
    fatal = [*range(1, points - 6, points // 8), *range(points - 6, points + 1)]
    workshop, pool = Workshop(migration, empty_database_url), open_engine(empty_database_url)

    tables = []
    for point in fatal:
        assert workshop.killed_at(point)
        tables.append(len(inspect(pool).get_table_names()))
        if tables[-1]:
            break
    Store(pool).migrate()
    workshop.close()

    assert len(tables) > 8
    assert set(tables[:-1]) == {0}
    assert tables[-1] == len(inspect(pool).get_table_names())
    Store(pool).check_schema()
    pool.dispose()
