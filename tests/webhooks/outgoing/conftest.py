"""A post office: an engine that may send to this machine, its clock, and who sends."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import trustme

from engine.model import Actor, AnnouncementKind, Channel, Delivery, DeliveryAttempt, Role, Sent
from engine.queries import DeliveryQuery
from engine.settings import Settings
from engine.sources import ManualClock, SystemClock
from engine.store import Store
from engine.webhook_subscriptions import Wishes
from tests.databases import store_in_memory
from tests.office import ADMIN, ANALYST, LANES, Office
from webhooks.outgoing import Deliverer, GatewaySender, HttpSender, MailSender

SETTINGS = Settings(webhook_allow=("127.0.0.1/32",), secret_key=("k" * 40,))


class PostOffice(Office):
    """An office that sends. Its clock stands at the present: receivers compare it with theirs."""

    def __init__(self, store: Store, settings: Settings) -> None:
        super().__init__(store)
        self.clock = ManualClock(SystemClock().now())
        self.settings = settings
        self.engine = self.engine_with(settings)
        self.deadline_s = 5.0

    def with_settings(self, **changes: Any) -> PostOffice:
        """The same office with other settings, as another process would have them."""
        other = PostOffice(self.store, replace(self.settings, **changes))
        other.clock = self.clock
        other.engine = other.engine_with(other.settings)
        return other

    def subscribe(self, url: str, **wishes: Any) -> tuple[str, str]:
        """Id and secret of a new subscription."""
        found = self.engine.webhook_subscriptions.add(
            Wishes("gerbang", url, **wishes), actor=ANALYST
        )
        return found[0].subscription_id, found[1]

    def ping(self, subscription_id: str) -> Delivery:
        return self.engine.deliveries.ping(subscription_id, actor=ANALYST)

    @property
    def http(self) -> HttpSender:
        return HttpSender(self.engine, self.settings, deadline_s=self.deadline_s)

    def send(self, url: str) -> Sent:
        """What becomes of one web hook to this address."""
        subscription_id, _ = self.subscribe(url)
        return self.http.send(self.ping(subscription_id))

    @property
    def deliverer(self) -> Deliverer:
        mail = MailSender(self.engine, self.settings, deadline_s=self.deadline_s)
        gateway = GatewaySender(self.engine, self.settings, deadline_s=self.deadline_s)
        senders = {Channel.WEBHOOK: self.http, Channel.EMAIL: mail, Channel.GATEWAY: gateway}
        return Deliverer(self.engine.deliveries, senders)

    def work(self) -> int:
        """What a worker does in one turn: the outbox, and what is due; how much was sent."""
        self.engine.deliveries.expand()
        return self.deliverer.turn(lambda: False)

    def log(self, **query: Any) -> list[Delivery]:
        """All deliveries, the oldest first."""
        found = self.engine.deliveries.deliveries(DeliveryQuery(**query), actor=ADMIN)
        return sorted(found, key=lambda each: (each.created_at, each.sequence or 0, each.kind))

    def attempts(self, delivery: Delivery) -> list[DeliveryAttempt]:
        return self.engine.deliveries.attempts([delivery], actor=ADMIN)[delivery.delivery_id]

    def kinds_sent(self) -> list[AnnouncementKind]:
        return [each.kind for each in self.log()]

    def add_people(self) -> None:
        """An account of each lane, and an admin."""
        for lane in LANES:
            self.engine.accounts.add(
                lane.lower(), display_name=lane, roles=[Role.STAFF], lanes=[lane], actor=ADMIN
            )
        self.engine.accounts.add("admin", display_name="Admin", roles=[Role.ADMIN], actor=ADMIN)

    def tell(self, account: str, address: str | None = None, *, is_on: bool = True) -> None:
        """The account wants to be told by e-mail."""
        self.engine.contacts.put_email(
            account, address or f"{account}@dinas.test", is_on=is_on, actor=Actor(account)
        )

    def call_phone(self, account: str, handle: str, *, is_on: bool = True) -> None:
        """The account wants to be told by the gateway."""
        self.engine.contacts.put_handle(account, handle, is_on=is_on, actor=Actor(account))


@pytest.fixture
def post() -> Iterator[PostOffice]:
    """On SQLite in memory."""
    store = store_in_memory()
    yield PostOffice(store, SETTINGS)
    store.close()


@pytest.fixture
def post_on_both(store: Store) -> PostOffice:
    """On SQLite, and again on PostgreSQL."""
    return PostOffice(store, SETTINGS)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def certified(authority: trustme.CA, name: str) -> ssl.SSLContext:
    """What a server for this name shows."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context
