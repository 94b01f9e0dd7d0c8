"""Deliveries without a network: who gets what, when again, and when it is given up.

A test says what a sender tells; tests/webhooks/outgoing has the senders, with real receivers.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.deliveries import LEASE
from engine.errors import Conflict, Forbidden, NotFound
from engine.model import (
    Actor,
    Channel,
    Delivery,
    DeliveryFailure,
    DeliveryState,
    Disabling,
    Sent,
)
from engine.queries import DeliveryQuery
from engine.retry_schedule import JITTER, MAX_TRIES, WAITS
from tests.desk import ARRIVED, FAILED, GONE, Desk, K
from tests.office import ANALYST, AUDITOR, staff
from tests.statements import statements_of

# ------------------------------------------------------------------------ who gets what


def kinds_of(deliveries: list[Delivery]) -> set[tuple[str, str | None]]:
    return {(each.kind, each.facts.get("activity_id")) for each in deliveries}


def test_an_empty_outbox_costs_one_question(desk: Desk) -> None:
    with statements_of(desk.store) as asked:
        done = desk.engine.deliveries.expand()

    assert (done, len(asked)) == (0, 1)


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({}, {("instance_started", None), ("task_opened", "baca")}),
        ({"kinds": {"task_opened"}}, {("task_opened", "baca")}),
        ({"kinds": {"task_completed"}}, set()),
        ({"lanes": {"Sekretaris"}}, {("task_opened", "baca")}),
        ({"lanes": {"Kadis"}}, set()),
        ({"definition_keys": {"surat"}}, {("instance_started", None), ("task_opened", "baca")}),
        ({"definition_keys": {"lain"}}, set()),
        ({"kinds": {"task_opened"}, "lanes": {"Sekretaris", "Kadis"}}, {("task_opened", "baca")}),
    ],
)
def test_subscription_gets_what_it_asked_for(
    desk: Desk, wishes: dict[str, set[str]], expected: set[tuple[str, str | None]]
) -> None:
    desk.deploy_letters("lain")
    definition = desk.deploy_letters()
    desk.subscribe(**{name: frozenset(each) for name, each in wishes.items()})

    desk.start(definition)

    assert kinds_of(desk.expand()) == expected


def test_each_subscription_gets_its_own_delivery_once(desk_on_both: Desk) -> None:
    desk = desk_on_both
    both = [desk.subscribe(kinds=frozenset({"task_opened"})) for _ in range(2)]
    desk.start(desk.deploy_letters())

    found = desk.expand()

    assert sorted(each.subscription_id or "" for each in found) == sorted(both)
    assert len({each.delivery_id for each in found}) == 2
    assert desk.expand() == []


def test_what_happened_before_a_subscription_was_made_is_not_told(desk: Desk) -> None:
    desk.subscribe(kinds=frozenset({"instance_completed"}))
    desk.start(desk.deploy_letters())
    desk.clock.advance(seconds=1)
    desk.subscribe()

    assert desk.expand() == []


def test_clock_that_is_set_back_behind_a_subscription_hides_nothing_from_it(
    desk_on_both: Desk,
) -> None:
    desk = desk_on_both
    desk.subscribe(kinds=frozenset({"instance_started"}))
    desk.clock.advance(hours=-1)

    desk.start(desk.deploy_letters())

    assert kinds_of(desk.expand()) == {("instance_started", None)}


def test_subscription_that_is_added_takes_nothing_from_those_before_it(desk_on_both: Desk) -> None:
    desk = desk_on_both
    first = desk.subscribe(kinds=frozenset({"instance_started"}))
    desk.start(desk.deploy_letters())

    desk.subscribe(kinds=frozenset({"instance_started"}))

    assert [each.subscription_id for each in desk.log()] == [first]
    assert desk.expand() == []


def test_outbox_is_emptied_in_parts(desk_on_both: Desk) -> None:
    desk = desk_on_both
    desk.subscribe()
    definition = desk.deploy_letters()
    for _ in range(3):
        desk.start(definition)

    moved = [desk.engine.deliveries.expand(limit=4) for _ in range(3)]

    assert moved == [4, 2, 0]
    assert len(desk.log()) == 6


# ------------------------------------------------------------------------- schedule


def test_ten_tries_after_the_waits_of_the_schedule_and_then_it_is_given_up(desk: Desk) -> None:
    delivery = desk.one()
    waits: list[timedelta] = []

    while desk.delivery(delivery.delivery_id).state is DeliveryState.PENDING:
        after = desk.attempt(delivery.delivery_id, FAILED)
        waits.append(after.due_at - desk.clock.now())
        assert desk.due() == []
        desk.clock.advance(seconds=max(0, waits[-1].total_seconds()))

    found = desk.delivery(delivery.delivery_id)
    assert (found.state, found.attempts, found.tries) == (DeliveryState.FAILED, 10, MAX_TRIES)
    for wait, planned in zip(waits, WAITS, strict=False):
        assert planned <= wait <= planned * (1 + JITTER) + timedelta(milliseconds=1)
    numbers = [(each.number, each.status, each.failure) for each in desk.attempts(found)]
    assert numbers == [(n, 500, DeliveryFailure.STATUS) for n in range(1, 11)]
    assert desk.due() == []


def test_what_failed_together_comes_back_apart(desk: Desk) -> None:
    desk.subscribe()
    desk.start(desk.deploy_letters())
    first, second = desk.expand()

    due = {desk.attempt(each.delivery_id, FAILED).due_at for each in (first, second)}

    assert len(due) == 2


@pytest.mark.parametrize(("asked", "waits"), [(3600, 3600), (1, 5), (10**9, 24 * 3600)])
def test_receiver_that_asks_for_time_gets_it_up_to_a_day(
    desk: Desk, asked: float, waits: float
) -> None:
    delivery = desk.one()
    busy = Sent(is_delivered=False, status=503, failure=DeliveryFailure.STATUS, retry_after_s=asked)

    after = desk.attempt(delivery.delivery_id, busy)

    assert waits <= (after.due_at - desk.clock.now()).total_seconds() <= waits * (1 + JITTER)


def test_what_arrived_is_not_sent_again(desk_on_both: Desk) -> None:
    desk = desk_on_both
    delivery = desk.one()

    after = desk.attempt(delivery.delivery_id, ARRIVED)

    assert (after.state, after.ended_at) == (DeliveryState.DELIVERED, desk.clock.now())
    desk.clock.advance(days=30)
    assert desk.due() == []
    assert desk.engine.deliveries.take(delivery.delivery_id) is None
    (attempt,) = desk.attempts(after)
    assert (attempt.is_delivered, attempt.status, attempt.duration_ms) == (True, 200, 7)


def test_of_each_receiver_one_is_due_at_a_time_and_the_oldest_first(desk_on_both: Desk) -> None:
    desk = desk_on_both
    one, other = desk.subscribe(), desk.subscribe(kinds=frozenset({"task_opened"}))
    desk.start(desk.deploy_letters())
    desk.expand()

    due = dict(desk.engine.deliveries.due(10))
    without = desk.engine.deliveries.due(10, except_to={one})

    assert {desk.delivery(each).kind for each, to in due.items() if to == one} == {
        K.INSTANCE_STARTED
    }
    assert sorted(due.values()) == sorted([one, other])
    assert [receiver for _, receiver in without] == [other]


# ---------------------------------------------------------------------------- lease


def test_two_workers_never_hold_one_delivery(desk_on_both: Desk) -> None:
    desk = desk_on_both
    delivery = desk.one()

    first = desk.engine.deliveries.take(delivery.delivery_id)
    second = desk.engine.deliveries.take(delivery.delivery_id)

    assert first is not None
    assert second is None
    assert desk.due() == []


def test_worker_that_dies_in_sending_leads_to_another_sending_under_the_same_id(
    desk_on_both: Desk,
) -> None:
    desk = desk_on_both
    delivery = desk.one()
    dead = desk.engine.deliveries.take(delivery.delivery_id)
    assert dead is not None

    desk.clock.advance(seconds=LEASE.total_seconds())
    after = desk.attempt(delivery.delivery_id, ARRIVED)

    assert (after.delivery_id, after.state) == (delivery.delivery_id, DeliveryState.DELIVERED)
    assert [each.is_delivered for each in desk.attempts(after)] == [None, True]


def test_worker_that_wakes_after_its_lease_changes_the_log_only(desk_on_both: Desk) -> None:
    desk = desk_on_both
    delivery = desk.one()
    asleep = desk.engine.deliveries.take(delivery.delivery_id)
    assert asleep is not None
    desk.clock.advance(seconds=LEASE.total_seconds())
    awake = desk.engine.deliveries.take(delivery.delivery_id)
    assert awake is not None

    desk.engine.deliveries.settle(*asleep, FAILED)
    held = desk.delivery(delivery.delivery_id)
    desk.engine.deliveries.settle(*awake, ARRIVED)

    assert held.locked_until == awake[0].locked_until
    assert desk.delivery(delivery.delivery_id).state is DeliveryState.DELIVERED
    assert [each.is_delivered for each in desk.attempts(delivery)] == [False, True]


# ------------------------------------------------------------- giving a subscription up


def test_410_disables_at_once_and_drops_what_is_on_its_way(desk_on_both: Desk) -> None:
    desk = desk_on_both
    subscription_id = desk.subscribe()
    desk.start(desk.deploy_letters())
    first, second = desk.expand()

    after = desk.attempt(first.delivery_id, GONE)

    found = desk.subscription(subscription_id)
    assert (found.is_active, found.disabled_because) == (False, Disabling.GONE)
    assert found.disabled_at == desk.clock.now()
    assert after.state is DeliveryState.FAILED
    assert desk.delivery(second.delivery_id).state is DeliveryState.DROPPED


def test_five_days_of_nothing_but_failures_disable(desk: Desk) -> None:
    subscription_id = desk.subscribe(kinds=frozenset({"instance_started"}))
    definition = desk.deploy_letters()
    states = []
    for _ in range(6):
        desk.start(definition)
        (delivery,) = desk.expand()
        desk.attempt(delivery.delivery_id, FAILED)
        states.append(desk.subscription(subscription_id).is_active)
        desk.clock.advance(days=1)

    found = desk.subscription(subscription_id)
    assert states == [True] * 5 + [False]
    assert found.disabled_because is Disabling.FAILING


def test_one_arrival_begins_the_five_days_anew(desk: Desk) -> None:
    subscription_id = desk.subscribe(kinds=frozenset({"instance_started"}))
    definition = desk.deploy_letters()
    for sent in (FAILED, FAILED, FAILED, ARRIVED, FAILED, FAILED, FAILED):
        desk.start(definition)
        (delivery,) = desk.expand()
        desk.attempt(delivery.delivery_id, sent)
        desk.clock.advance(days=1)

    found = desk.subscription(subscription_id)
    assert found.is_active
    assert found.failing_since == desk.clock.now() - timedelta(days=3)
    assert found.last_success_at == desk.clock.now() - timedelta(days=4)


def test_admins_who_can_be_reached_are_told(desk: Desk) -> None:
    desk.hire()
    desk.tell("admin")
    desk.tell("kadis")
    delivery = desk.one()

    desk.attempt(delivery.delivery_id, GONE)

    (notice,) = desk.log(channel=Channel.EMAIL)
    assert (notice.kind, notice.account) == (K.SUBSCRIPTION_DISABLED, "admin")
    assert notice.facts["because"] == "gone"


def test_enabled_again_it_is_told_of_what_happens_from_then_on(desk: Desk) -> None:
    delivery = desk.one()
    desk.attempt(delivery.delivery_id, GONE)
    rooms = desk.engine.webhook_subscriptions

    rooms.enable(delivery.subscription_id or "", actor=ANALYST)
    desk.start(desk.deploy_letters())

    assert len(desk.expand()) == 1
    assert desk.subscription(delivery.subscription_id or "").disabled_because is None


# ------------------------------------------------------------------- by a person's wish


def test_redelivery_keeps_the_id_and_begins_the_schedule_anew(desk_on_both: Desk) -> None:
    desk = desk_on_both
    delivery = desk.one()
    desk.attempt(delivery.delivery_id, FAILED)
    desk.clock.advance(minutes=1)
    desk.attempt(delivery.delivery_id, ARRIVED)

    again = desk.engine.deliveries.redeliver(delivery.delivery_id, actor=ANALYST)

    assert (again.delivery_id, again.tries, again.attempts) == (delivery.delivery_id, 0, 2)
    assert desk.due() == [delivery.delivery_id]
    after = desk.attempt(delivery.delivery_id, FAILED)
    assert (after.tries, after.attempts, after.state) == (1, 3, DeliveryState.PENDING)


def test_redelivery_of_what_is_on_its_way_or_to_nobody_is_a_conflict(desk: Desk) -> None:
    delivery = desk.one()
    rooms = desk.engine

    with pytest.raises(Conflict, match="on its way"):
        rooms.deliveries.redeliver(delivery.delivery_id, actor=ANALYST)
    rooms.webhook_subscriptions.disable(delivery.subscription_id or "", actor=ANALYST)
    with pytest.raises(Conflict, match="disabled"):
        rooms.deliveries.redeliver(delivery.delivery_id, actor=ANALYST)
    with pytest.raises(NotFound):
        rooms.deliveries.redeliver("msg_lain", actor=ANALYST)


def test_trial_is_sent_once_to_a_disabled_subscription_too(desk: Desk) -> None:
    subscription_id = desk.subscribe()
    desk.engine.webhook_subscriptions.disable(subscription_id, actor=ANALYST)

    ping = desk.engine.deliveries.ping(subscription_id, actor=ANALYST)
    known = desk.engine.deliveries.subscription_of(ping)
    after = desk.attempt(ping.delivery_id, FAILED)

    assert known is not None
    assert (after.state, after.kind, after.instance_id) == (DeliveryState.FAILED, K.PING, None)


def test_removed_subscription_takes_its_log_with_it_even_while_one_is_sent(desk: Desk) -> None:
    delivery = desk.one()
    taken = desk.engine.deliveries.take(delivery.delivery_id)
    assert taken is not None

    desk.engine.webhook_subscriptions.remove(delivery.subscription_id or "", actor=ANALYST)
    desk.engine.deliveries.settle(*taken, ARRIVED)

    assert desk.log() == []
    assert desk.engine.deliveries.subscription_of(delivery) is None


@pytest.mark.parametrize("actor", [staff("Kadis"), AUDITOR])
def test_only_analysts_and_admins_send(desk: Desk, actor: Actor) -> None:
    delivery = desk.one()

    with pytest.raises(Forbidden):
        desk.engine.deliveries.redeliver(delivery.delivery_id, actor=actor)
    with pytest.raises(Forbidden):
        desk.engine.deliveries.ping(delivery.subscription_id or "", actor=actor)


def test_staff_do_not_read_the_log(desk: Desk) -> None:
    rooms, clerk = desk.engine.deliveries, staff("Kadis")

    for read in (rooms.deliveries, rooms.count_deliveries):
        with pytest.raises(Forbidden):
            read(DeliveryQuery(), actor=clerk)
    with pytest.raises(Forbidden):
        rooms.attempts([], actor=clerk)
