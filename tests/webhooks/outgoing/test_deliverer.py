"""From a step to its receivers: the whole way, with real receivers and a clock moved by hand."""

from __future__ import annotations

import json
import logging
import threading

import pytest

from engine.cli.duties import duties_of
from engine.deliveries import LEASE
from engine.errors import StorageBusy, StorageDamaged, StorageFull
from engine.logs import JsonLines
from engine.model import (
    Channel,
    Delivery,
    DeliveryAttempt,
    DeliveryFailure,
    DeliveryState,
    Disabling,
    Sent,
)
from engine.retry_schedule import MAX_TRIES
from engine.store import Store
from tests.office import ANALYST
from tests.webhooks.outgoing.conftest import SETTINGS, PostOffice
from tests.webhooks.outgoing.receivers import (
    answering,
    drip_head,
    hang,
    in_turn,
    receiving,
    reset,
)
from webhooks.outgoing import Deliverer

ONE_KIND = frozenset({"instance_started"})
OK = answering("200 OK")
BAD = answering("500 Internal Server Error")


def test_step_of_an_instance_arrives(post_on_both: PostOffice) -> None:
    post = post_on_both
    with receiving(OK) as receiver:
        post.subscribe(receiver.url)
        instance_id = post.start_sop(post.deploy_sop("balangan"))

        sent = post.work()

    told = [json.loads(call.body) for call in receiver.calls]
    assert sent == len(told)
    assert [each["type"] for each in told[:2]] == ["instance_started", "task_opened"]
    assert {each["data"]["instanceId"] for each in told} == {instance_id}
    sequences = [each["data"]["sequence"] for each in told]
    assert sequences == sorted(sequences)
    assert {each.state for each in post.log()} == {DeliveryState.DELIVERED}
    assert post.work() == 0


def test_every_retry_carries_the_same_id_and_body_and_its_own_time(post: PostOffice) -> None:
    with receiving(in_turn(BAD, reset, answering("301 Moved"), OK)) as receiver:
        subscription_id, _ = post.subscribe(receiver.url, kinds=frozenset({"instance_started"}))
        post.start_sop(post.deploy_sop("balangan"))
        post.work()
        for waited in ({"seconds": 6}, {"minutes": 6}, {"minutes": 33}):
            assert post.work() == 0
            post.clock.advance(**waited)
            post.work()

    (delivery,) = post.log()
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 4)
    assert {call.headers["webhook-id"] for call in receiver.calls} == {delivery.delivery_id}
    assert len({call.body for call in receiver.calls}) == 1
    assert len({call.headers["webhook-timestamp"] for call in receiver.calls}) == 4
    assert len({call.headers["webhook-signature"] for call in receiver.calls}) == 4
    failures = [each.failure for each in post.attempts(delivery)]
    assert failures == ["status", "connection", "redirect", None]
    (found,) = post.engine.webhook_subscriptions.list(actor=ANALYST)
    assert (found.subscription_id, found.failing_since) == (subscription_id, None)


def test_gone_receiver_is_called_once(post: PostOffice) -> None:
    with receiving(answering("410 Gone")) as receiver:
        post.subscribe(receiver.url)
        post.start_sop(post.deploy_sop("balangan"))
        post.work()
        post.clock.advance(days=4)
        post.work()

    (found,) = post.engine.webhook_subscriptions.list(actor=ANALYST)
    assert found.disabled_because is Disabling.GONE
    assert len(receiver.calls) == 1


def test_receiver_that_asks_for_time_is_left_alone(post: PostOffice) -> None:
    with receiving(in_turn(answering("503 Busy", "Retry-After: 600"), OK)) as receiver:
        post.subscribe(receiver.url, kinds=frozenset({"instance_started"}))
        post.start_sop(post.deploy_sop("balangan"))
        post.work()
        post.clock.advance(seconds=599)
        early = post.work()
        post.clock.advance(seconds=2)
        late = post.work()

    assert (early, late) == (0, 1)
    assert len(receiver.calls) == 2


def test_receiver_that_hangs_holds_up_no_other(post: PostOffice) -> None:
    post.deadline_s = 0.4
    with receiving(hang) as slow, receiving(drip_head) as slower, receiving(OK) as quick:
        for receiver in (slow, slower, quick):
            post.subscribe(receiver.url)
        definition = post.deploy_sop("balangan")
        for _ in range(3):
            post.start_sop(definition)
        post.work()

    # The quick one was told everything while the slow ones let their first call wait.
    told_quickly = [each for each in post.log() if each.state is DeliveryState.DELIVERED]
    assert len(quick.calls) == len(told_quickly) == len(post.log()) // 3
    for receiver in (slow, slower):
        assert receiver.connections == len(post.log()) // 3


def test_engine_goes_on_while_a_receiver_hangs(post: PostOffice) -> None:
    post.deadline_s = 5.0
    with receiving(hang) as receiver:
        post.subscribe(receiver.url, kinds=frozenset({"instance_started"}))
        definition = post.deploy_sop("balangan")
        post.start_sop(definition)
        sending = threading.Thread(target=post.work)
        sending.start()
        while not receiver.calls:
            assert sending.is_alive()
        # The call is under way, and holds no transaction.
        second = post.start_sop(definition)
        assert sending.is_alive()
        receiver.is_over.set()
        sending.join(10)

    assert post.waiting_at(second)


def test_two_workers_send_each_delivery_once(post_on_both: PostOffice) -> None:
    post = post_on_both
    with receiving(OK) as receiver:
        post.subscribe(receiver.url)
        definition = post.deploy_sop("balangan")
        for _ in range(10):
            post.start_sop(definition)
        post.engine.deliveries.expand()
        workers = [
            threading.Thread(target=post.deliverer.turn, args=(lambda: False,)) for _ in range(3)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    ids = [call.headers["webhook-id"] for call in receiver.calls]
    assert sorted(ids) == sorted({each.delivery_id for each in post.log()})
    assert len(ids) == len(set(ids)) == 20


class Dying:
    """A sender whose worker dies after the receiver has the call, before anything is written."""

    def __init__(self, post: PostOffice) -> None:
        self._sender = post.http

    def send(self, delivery: Delivery) -> Sent:
        self._sender.send(delivery)
        raise StorageBusy


def test_worker_that_dies_after_sending_leads_to_a_second_call_with_the_same_id(
    post: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    with receiving(OK) as receiver:
        post.subscribe(receiver.url, kinds=frozenset({"instance_started"}))
        post.start_sop(post.deploy_sop("balangan"))
        post.engine.deliveries.expand()
        dying = Deliverer(post.engine.deliveries, {Channel.WEBHOOK: Dying(post)})
        with pytest.raises(StorageBusy):
            dying.turn(lambda: False)
        held = post.work()
        post.clock.advance(seconds=LEASE.total_seconds())
        post.work()

    first, second = (call.headers["webhook-id"] for call in receiver.calls)
    assert (held, first) == (0, second)
    assert "not known what became of it" in caplog.text


def test_a_database_without_room_is_asked_once_in_a_turn(
    post: PostOffice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The turn fails, so that its duty rests and its health is told; nothing is lost."""
    asked: list[str] = []

    def full(delivery_id: str) -> None:
        asked.append(delivery_id)
        raise StorageFull

    with receiving(OK) as receiver:
        post.subscribe(receiver.url)
        post.start_sop(post.deploy_sop("balangan"))
        post.engine.deliveries.expand()
        deliverer = Deliverer(post.engine.deliveries, {Channel.WEBHOOK: post.http})
        with monkeypatch.context() as patch:
            patch.setattr(post.engine.deliveries, "take", full)
            with pytest.raises(StorageFull):
                deliverer.turn(lambda: False)
        refused = len(receiver.calls)
        sent = deliverer.turn(lambda: False)

    assert (len(asked), refused, caplog.messages[:1]) == (1, 0, [])
    assert sent == len(post.log()) > 1


def test_pages_that_cannot_be_read_hold_up_one_receiver(
    post: PostOffice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    take, asked = post.engine.deliveries.take, list[str]()
    with receiving(OK) as one, receiving(OK) as other:
        lost, _ = post.subscribe(one.url)
        post.subscribe(other.url)
        post.start_sop(post.deploy_sop("balangan"))
        post.engine.deliveries.expand()
        damaged = {each.delivery_id for each in post.log() if each.subscription_id == lost}

        def damaging(delivery_id: str) -> tuple[Delivery, DeliveryAttempt] | None:
            if delivery_id not in damaged:
                return take(delivery_id)
            asked.append(delivery_id)
            raise StorageDamaged("a page cannot be read")

        monkeypatch.setattr(post.engine.deliveries, "take", damaging)
        sent = Deliverer(post.engine.deliveries, {Channel.WEBHOOK: post.http}).turn(lambda: False)

    told = [each.message for each in caplog.records if each.levelno == logging.ERROR]
    assert (sent, len(other.calls), len(one.calls)) == (len(damaged), len(damaged), 0)
    assert (len(asked), told) == (1, [f"deliveries to {lost}: a page cannot be read"])


class Broken:
    """A sender with a fault that nobody foresaw."""

    def send(self, delivery: Delivery) -> Sent:
        raise ZeroDivisionError(delivery.delivery_id)


def test_a_fault_of_our_own_is_tried_by_the_schedule_and_given_up(
    post: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    subscription_id, _ = post.subscribe("https://gerbang.dinas.test/", kinds=ONE_KIND)
    post.start_sop(post.deploy_sop("balangan"))
    post.engine.deliveries.expand()
    broken = Deliverer(post.engine.deliveries, {Channel.WEBHOOK: Broken()})

    tries = 0
    while broken.turn(lambda: False):
        tries += 1
        post.clock.advance(days=2)

    (given_up,) = post.log()
    assert (tries, given_up.state) == (MAX_TRIES, DeliveryState.FAILED)
    assert "could not be sent" in caplog.text
    attempts = post.engine.deliveries.attempts([given_up], actor=ANALYST)[given_up.delivery_id]
    assert {each.failure for each in attempts} == {DeliveryFailure.INTERNAL}
    # It is not the receiver's fault.
    assert post.engine.webhook_subscriptions.subscription(subscription_id, actor=ANALYST).is_active


def test_a_delivery_at_which_every_worker_dies_is_given_up(post: PostOffice) -> None:
    post.subscribe("https://gerbang.dinas.test/", kinds=ONE_KIND)
    post.start_sop(post.deploy_sop("balangan"))
    post.engine.deliveries.expand()
    (delivery,) = post.log()

    taken = 0
    while post.engine.deliveries.take(delivery.delivery_id):
        taken += 1
        post.clock.advance(seconds=LEASE.total_seconds())

    assert taken == MAX_TRIES
    assert post.log()[0].state is DeliveryState.FAILED


def test_each_delivery_is_logged_with_its_instance_and_nothing_of_its_body(
    post: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.INFO, "webhooks.outgoing"),
        receiving(in_turn(BAD, OK)) as receiver,
    ):
        post.subscribe(receiver.url, kinds=frozenset({"instance_started"}))
        instance_id = post.start_sop(post.deploy_sop("balangan"))
        post.work()
        post.clock.advance(seconds=6)
        post.work()

    (delivery,) = post.log()
    lines = [json.loads(JsonLines().format(each)) for each in caplog.records]
    told = [each for each in lines if each.get("delivery") == delivery.delivery_id]
    assert [(each["message"], each["status"]) for each in told] == [
        ("delivery failed: status", 500),
        ("delivery sent", 200),
    ]
    assert {each["instance"] for each in told} == {instance_id}
    assert receiver.url not in str(lines)


def test_stop_is_heard_between_two_deliveries(post: PostOffice) -> None:
    with receiving(OK) as receiver:
        post.subscribe(receiver.url)
        post.start_sop(post.deploy_sop("balangan"))
        post.engine.deliveries.expand()
        sent = post.deliverer.turn(lambda: bool(receiver.calls))

    assert sent == len(receiver.calls) == 1


def test_workers_of_the_command_line_have_these_duties() -> None:
    store = Store.open("sqlite://")
    office = PostOffice(store, SETTINGS)

    names = [duty.name for duty in duties_of(office.engine, SETTINGS)]

    assert {"announcements", "deliveries"} <= set(names)
    store.close()
