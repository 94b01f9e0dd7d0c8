"""What `test_unreadable_columns.py` says of SQLite, said of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.store.tables import metadata
from tests.crashes.laboratory import TABLES, Laboratory, faults_of, laboratory_over
from tests.databases import migrated_store

pytestmark = pytest.mark.postgresql


@pytest.fixture(scope="module")
def laboratory(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Laboratory]:
    folder = tmp_path_factory.mktemp("office")
    with migrated_store("postgresql", request, folder) as store:
        yield laboratory_over(store, folder)


@pytest.mark.parametrize("name", TABLES)
def test_no_value_of_a_postgresql_is_answered_by_a_traceback(
    laboratory: Laboratory, name: str
) -> None:
    faults = faults_of(laboratory, metadata.tables[name])

    assert not faults, "\n".join(faults)
