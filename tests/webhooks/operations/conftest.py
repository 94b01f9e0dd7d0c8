"""The town hall of the API's tests, for those who run it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from engine.settings import Settings
from engine.store import Store
from tests.databases import store_in_memory
from tests.webhooks.rest.hall import LETTER, Hall

TOKEN = "lima-belas-kerbau"


@pytest.fixture
def store() -> Iterator[Store]:
    opened = store_in_memory()
    yield opened
    opened.close()


@pytest.fixture
def hall(store: Store) -> Hall:
    built = Hall(store, Settings())
    built.office.deploy(LETTER, "surat.bpmn")
    return built


@pytest.fixture
def guarded(store: Store) -> Hall:
    """A hall whose metrics need a token."""
    return Hall(store, Settings(metrics_token=TOKEN))


@pytest.fixture
def works(hall: Hall) -> Callable[[str], None]:
    """A worker did this duty now."""
    return hall.engine.health.note_pulse
