"""An office whose files tests damage, and commands that are run on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crashes.clerk import Clerk


@pytest.fixture(scope="module")
def clerk_of_all(tmp_path_factory: pytest.TempPathFactory) -> Clerk:
    """Who damages something has it renewed."""
    return Clerk(tmp_path_factory.mktemp("clerk"))


@pytest.fixture
def clerk(clerk_of_all: Clerk) -> Iterator[Clerk]:
    """Of an office that is whole when the test begins."""
    yield clerk_of_all
    clerk_of_all.renew()
