"""Every short write, killed at each of its points, on both databases; they share a place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crashes.sweep import Operation, Place, sweep
from tests.crashes.workplace import SHORT, place_over
from tests.databases import BOTH, migrated_database


@pytest.fixture(scope="module", params=BOTH)
def shared_place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    with (
        migrated_database(request.param, request, folder) as url,
        place_over(url, folder / "files") as found,
    ):
        yield found


@pytest.mark.parametrize("operation", SHORT, ids=lambda each: each.name)
def test_killed_write_is_whole_or_absent_and_done_once(
    operation: Operation, shared_place: Place
) -> None:
    # Statements and transactions are the same on both; a point of PostgreSQL costs more.
    is_sqlite = shared_place.engine.store.dialect == "sqlite"

    report = sweep(operation, shared_place, every=1 if is_sqlite else 2)

    assert report.violations == []
    assert report.points >= 2
