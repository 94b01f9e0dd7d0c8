"""One row that cannot be read is left out of its listing, and the others are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import text

from engine.model import (
    Channel,
    Contact,
    EvidencePackage,
    MessageSource,
    Period,
    WebhookSubscription,
)
from engine.store import Store, StoreTransaction
from tests.contract.builders import an_account, at

BROKEN = "'{\"rusak'"
WEEK = Period(at(), at(days=7))


def fill(tx: StoreTransaction) -> None:
    """Two rows of each; the first of them is damaged later."""
    for name in ("ani", "budi"):
        tx.add_account(an_account(name))
        tx.put_contact(Contact(name, Channel.EMAIL, f"{name}@dinas.test", True, at()))
        tx.add_package(EvidencePackage(name, WEEK, "Pekan ini", True, "auditor", at()))
        tx.add_message_source(MessageSource(name, name, frozenset({"surat"}), at(), "admin", "x"))
        empty: frozenset[Any] = frozenset()
        tx.add_webhook_subscription(
            WebhookSubscription(
                name, name, "https://gerbang.test/", empty, empty, empty, at(), "admin", "x"
            )
        )


#: (table, its key, what is broken, the listing)
LISTINGS: list[tuple[str, str, str, Callable[[StoreTransaction], Sequence[object]]]] = [
    ("account", "name", f"roles = {BROKEN}", lambda tx: tx.accounts()),
    ("contact", "account", "channel = 'merpati'", lambda tx: tx.contacts()),
    ("evidence_package", "package_id", "state = 'rusak'", lambda tx: tx.packages(9)),
    ("message_source", "source_id", f"message_names = {BROKEN}", lambda tx: tx.message_sources()),
    (
        "webhook_subscription",
        "subscription_id",
        f"kinds = {BROKEN}",
        lambda tx: tx.webhook_subscriptions(active_only=True),
    ),
]


@pytest.mark.parametrize(
    ("table", "key", "damage", "listing"), LISTINGS, ids=[each[0] for each in LISTINGS]
)
def test_listing_leaves_the_damaged_row_out(
    store: Store,
    table: str,
    key: str,
    damage: str,
    listing: Callable[[StoreTransaction], Sequence[object]],
) -> None:
    with store.writing() as tx:
        fill(tx)
        whole = listing(tx)
    with store._engine.begin() as connection:
        connection.execute(text(f"UPDATE {table} SET {damage} WHERE {key} = 'ani'"))

    with store.reading() as tx:
        left = listing(tx)

    assert len(whole) == 2
    assert list(left) == [each for each in whole if each in left]
    assert len(left) == 1
    [named] = store.quarantine.rows
    assert named.startswith(f"a row of {table} (")
    assert "ani" in named
