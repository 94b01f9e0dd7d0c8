"""A house whose accounts a test is about: on a clock moved by hand, with quick hashes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from engine.model import Account, AccountEvent, Role
from engine.passwords import Passwords
from engine.process_engine import ProcessEngine, build_engine
from engine.queries import AccountEventQuery
from engine.settings import Settings
from engine.sources import ManualClock, RandomIds
from engine.store import Store
from tests.databases import store_in_memory
from tests.office import ADMIN

PASSWORD = "kunci-rumah-7"


class CountingHasher(PasswordHasher):
    """Argon2 as weak as it can be, which counts how often it verifies."""

    def __init__(self) -> None:
        super().__init__(memory_cost=8, time_cost=1, parallelism=1)
        self.verified = 0

    def verify(self, *arguments: Any) -> bool:
        self.verified += 1
        return super().verify(*arguments)


@dataclass
class House:
    store: Store
    clock: ManualClock
    hasher: CountingHasher
    engine: ProcessEngine

    def add(self, name: str = "siti", **changes: Any) -> Account:
        values = {"display_name": "Siti", "password": PASSWORD, "roles": [Role.STAFF]}
        return self.engine.accounts.add(name, **{"actor": ADMIN, **values, **changes})

    def log(self, **query: Any) -> list[AccountEvent]:
        return self.engine.account_log.events(AccountEventQuery(**query), actor=ADMIN)

    def kinds(self, **query: Any) -> list[str]:
        return [str(event.kind) for event in self.log(**query)]

    def stored_text(self) -> str:
        """All that the tables of secrets hold."""
        tables = ("account", "access_token", "login_session", "account_event")
        with self.store.reading() as tx:
            return str(
                [tx._connection.execute(text(f"SELECT * FROM {each}")).all() for each in tables]
            )


def house_over(store: Store) -> House:
    clock, hasher = ManualClock(datetime(2026, 11, 20, tzinfo=UTC)), CountingHasher()
    engine = build_engine(store, clock, RandomIds(), Settings(), passwords=Passwords(hasher))
    return House(store, clock, hasher, engine)


@pytest.fixture
def house() -> Iterator[House]:
    store = store_in_memory()
    yield house_over(store)
    store.close()


@pytest.fixture
def house_on_both(store: Store) -> House:
    """A house on SQLite, and again on PostgreSQL."""
    return house_over(store)
