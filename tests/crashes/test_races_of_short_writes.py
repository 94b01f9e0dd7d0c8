"""Every short write, done by two at once, on both databases: one effect, and nothing unexpected."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.errors import Conflict, EngineError
from engine.process_engine import ProcessEngine
from engine.store import Store
from tests.crashes.sweep import Operation
from tests.crashes.workplace import SHORT, furnished, opened
from tests.databases import BOTH, migrated_database
from tests.scenarios.test_races import at_once


@pytest.fixture(scope="module", params=BOTH)
def two(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ProcessEngine, ProcessEngine]]:
    """Two processes on one database, as far as that matters: each remembers its own."""
    folder = tmp_path_factory.mktemp("races")
    with migrated_database(request.param, request, folder) as url:
        stores = Store.open(url), Store.open(url)
        first, second = (opened(store, folder) for store in stores)
        with furnished(first):
            yield first, second
        for store in stores:
            store.close()


@pytest.mark.parametrize("operation", SHORT, ids=lambda each: each.name)
def test_write_that_two_do_at_once_is_done_once(
    operation: Operation, two: tuple[ProcessEngine, ProcessEngine]
) -> None:
    subject = operation.prepare(two[0])

    answers = at_once(2, lambda index: operation.act(two[index], subject))

    assert None not in answers
    refused = [each for each in answers if isinstance(each, EngineError)]
    assert len(refused) < 2, refused
    assert all(isinstance(each, Conflict) for each in refused), refused
    assert operation.times_done(two[0], subject) == 1
