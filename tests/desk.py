"""An office with the hands of a worker: what is told to whom, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.model import (
    Actor,
    AnnouncementKind,
    Delivery,
    DeliveryAttempt,
    DeliveryFailure,
    Role,
    Sent,
    WebhookSubscription,
)
from engine.queries import DeliveryQuery
from engine.setting_values import SmtpServer
from engine.settings import Settings
from engine.store import Store
from engine.webhook_subscriptions import Wishes
from tests.databases import store_in_memory
from tests.diagrams import end, line, process, start, user
from tests.office import ADMIN, ANALYST, AUDITOR, LANES, Office

K = AnnouncementKind
ARRIVED = Sent(is_delivered=True, status=200, duration_ms=7)
FAILED = Sent(is_delivered=False, status=500, failure=DeliveryFailure.STATUS)
GONE = Sent(is_delivered=False, status=410, failure=DeliveryFailure.STATUS, is_gone=True)


class Desk(Office):
    """An office with the hands of a worker."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        settings = Settings(
            secret_key=("k" * 40,),
            smtp_url=SmtpServer("surel.dinas.test", 25, "none"),
            mail_from="alur@dinas.test",
        )
        self.engine = self.engine_with(settings)

    def subscribe(self, **wishes: Any) -> str:
        found = Wishes("gerbang", "https://gerbang.dinas.test/", **wishes)
        return self.engine.webhook_subscriptions.add(found, actor=ANALYST)[0].subscription_id

    def subscription(self, subscription_id: str) -> WebhookSubscription:
        return self.engine.webhook_subscriptions.subscription(subscription_id, actor=AUDITOR)

    def deploy_letters(self, key: str = "surat") -> Any:
        nodes = (start(), user("baca"), user("jawab"), end(), line("s", "baca", "jawab", "e"))
        lanes = {"Sekretaris": ["s", "baca"], "Kadis": ["jawab", "e"]}
        return self.deploy(process(*nodes, key=key, lanes=lanes))

    def log(self, **query: Any) -> list[Delivery]:
        found = self.engine.deliveries.deliveries(DeliveryQuery(**query), actor=AUDITOR)
        return sorted(found, key=lambda each: (each.created_at, each.sequence or 0))

    def expand(self) -> list[Delivery]:
        """The deliveries that came out of the outbox."""
        before = {each.delivery_id for each in self.log()}
        self.engine.deliveries.expand()
        return [each for each in self.log() if each.delivery_id not in before]

    def due(self) -> list[str]:
        return [delivery_id for delivery_id, _ in self.engine.deliveries.due(100)]

    def attempt(self, delivery_id: str, sent: Sent) -> Delivery:
        taken = self.engine.deliveries.take(delivery_id)
        assert taken is not None
        self.engine.deliveries.settle(*taken, sent)
        return self.delivery(delivery_id)

    def delivery(self, delivery_id: str) -> Delivery:
        return self.log(delivery_id=delivery_id)[0]

    def attempts(self, delivery: Delivery) -> list[DeliveryAttempt]:
        return self.engine.deliveries.attempts([delivery], actor=AUDITOR)[delivery.delivery_id]

    def one(self) -> Delivery:
        """A subscription, and what it is told of a new instance."""
        self.subscribe(kinds=frozenset({"instance_started"}))
        self.start(self.deploy_letters())
        (delivery,) = self.expand()
        return delivery

    def hire(self) -> None:
        """An account of each lane, and an admin."""
        for lane in LANES:
            self.engine.accounts.add(
                lane.lower(), display_name=lane, roles=[Role.STAFF], lanes=[lane], actor=ADMIN
            )
        self.engine.accounts.add("admin", display_name="Admin", roles=[Role.ADMIN], actor=ADMIN)

    def tell(self, account: str, *, is_on: bool = True) -> None:
        contacts = self.engine.contacts
        contacts.put_email(account, f"{account}@dinas.test", is_on=is_on, actor=Actor(account))


@pytest.fixture
def desk() -> Iterator[Desk]:
    store = store_in_memory()
    yield Desk(store)
    store.close()


@pytest.fixture
def desk_on_both(store: Store) -> Desk:
    return Desk(store)
