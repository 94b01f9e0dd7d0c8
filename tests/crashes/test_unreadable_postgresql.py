"""What `test_unreadable_columns.py` says of SQLite, said of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.store import Store
from engine.store.tables import metadata
from tests.crashes.laboratory import TABLES, Laboratory, faults_of, laboratory_over
from tests.databases import PostgresqlServer

pytestmark = pytest.mark.postgresql


@pytest.fixture(scope="module")
def laboratory(
    postgresql_server: PostgresqlServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Laboratory]:
    url = postgresql_server.create_migrated()
    store = Store.open(url)
    yield laboratory_over(store, tmp_path_factory.mktemp("office"))
    store.close()
    postgresql_server.drop(url)


@pytest.mark.parametrize("name", TABLES)
def test_no_value_of_a_postgresql_is_answered_by_a_traceback(
    laboratory: Laboratory, name: str
) -> None:
    faults = faults_of(laboratory, metadata.tables[name])

    assert not faults, "\n".join(faults)
