"""Fixtures of the API's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.settings import Settings
from tests.databases import store_in_memory
from tests.webhooks.conftest import AppOver
from tests.webhooks.rest.hall import Hall


@pytest.fixture
def hall(app_over: AppOver) -> Iterator[Hall]:
    store = store_in_memory()
    yield Hall(store, Settings(), app_over)
    store.close()


@pytest.fixture
def letter(hall: Hall) -> str:
    """The id of a running letter that waits for Petugas."""
    hall.deployed()
    return hall.started()
