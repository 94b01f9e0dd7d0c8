"""Fixtures: a served town hall and the Modeler that looks at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.modeler.served import Modeler, served_hall
from tests.webhooks.rest.hall import Hall


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hall, str]]:
    with served_hall(tmp_path_factory.mktemp("hall") / "alur.db") as found:
        yield found


@pytest.fixture(scope="module")
def hall(served: tuple[Hall, str]) -> Hall:
    return served[0]


@pytest.fixture(scope="module")
def origin(served: tuple[Hall, str]) -> str:
    return served[1]


@pytest.fixture(scope="module")
def modeler(origin: str) -> Modeler:
    return Modeler(origin)
