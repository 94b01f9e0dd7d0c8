"""Subscriptions of web hooks: who may make them, what they may ask for, and their secrets."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from engine.errors import Forbidden, InvalidInput, NotFound
from engine.model import Actor, AnnouncementKind, Channel, Role
from engine.webhook_subscriptions import MAX_SUBSCRIPTIONS, Wishes
from tests.desk import Desk
from tests.office import ADMIN, ANALYST, AUDITOR, staff

URL = "https://gerbang.dinas.test/kait"


def test_subscription_comes_back_whole(desk_on_both: Desk) -> None:
    desk = desk_on_both
    desk.deploy_letters()
    wishes = Wishes(
        " Gerbang WA ",
        URL,
        frozenset({"task_opened", "task_overdue"}),
        frozenset({"surat"}),
        frozenset({"Kadis", "Sekretaris"}),
    )

    made, _ = desk.engine.webhook_subscriptions.add(wishes, actor=ANALYST)

    found = desk.subscription(made.subscription_id)
    assert found == made
    assert (found.name, found.url, found.created_by) == ("Gerbang WA", URL, "analis")
    assert found.kinds == {AnnouncementKind.TASK_OPENED, AnnouncementKind.TASK_OVERDUE}
    assert (found.definition_keys, found.lanes) == ({"surat"}, {"Kadis", "Sekretaris"})
    assert desk.engine.webhook_subscriptions.list(actor=AUDITOR) == [made]


def test_secret_is_shown_once_and_is_sealed_in_the_database(desk: Desk) -> None:
    made, secret = desk.engine.webhook_subscriptions.add(Wishes("a", URL), actor=ANALYST)

    # Standard Webhooks: 24 to 64 bytes.
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert secret not in made.secret
    assert secret not in repr(made)
    assert desk.engine.webhook_subscriptions.signing_secrets(made) == (secret,)


def test_rotated_twice_only_the_last_two_sign(desk: Desk) -> None:
    rooms = desk.engine.webhook_subscriptions
    made, first = rooms.add(Wishes("a", URL), actor=ANALYST)
    _, second = rooms.rotate_secret(made.subscription_id, actor=ANALYST)
    changed, third = rooms.rotate_secret(made.subscription_id, actor=ADMIN)

    assert rooms.signing_secrets(changed) == (third, second)
    desk.clock.advance(hours=24)
    assert rooms.signing_secrets(desk.subscription(made.subscription_id)) == (third,)
    assert len({first, second, third}) == 3


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("name", {"name": "  "}),
        ("name", {"name": "a" * 256}),
        ("name", {"name": "a\nb"}),
        ("url", {"url": "http://gerbang.dinas.test/"}),
        ("url", {"url": "https://10.0.0.1/"}),
        ("kinds", {"kinds": frozenset({"task_open"})}),
        ("kinds", {"kinds": frozenset({"ping"})}),
        ("definition_keys", {"definition_keys": frozenset({"tidak_ada"})}),
        ("definition_keys", {"definition_keys": frozenset({" "})}),
        ("lanes", {"lanes": frozenset({"a" * 256})}),
        ("lanes", {"lanes": frozenset(str(n) for n in range(101))}),
    ],
)
def test_wish_that_cannot_be_is_refused_with_its_field(
    desk: Desk, field: str, changes: dict[str, Any]
) -> None:
    rooms = desk.engine.webhook_subscriptions
    made, _ = rooms.add(Wishes("a", URL), actor=ANALYST)
    wishes = Wishes(**{"name": "a", "url": URL, **changes})

    for deed in (
        lambda: rooms.add(wishes, actor=ANALYST),
        lambda: rooms.change(made.subscription_id, wishes, actor=ANALYST),
    ):
        with pytest.raises(InvalidInput) as refusal:
            deed()
        assert list(refusal.value.fields) == [field]
    assert rooms.list(actor=ANALYST) == [made]


def test_changed_it_asks_for_something_else_and_keeps_its_secret(desk: Desk) -> None:
    rooms = desk.engine.webhook_subscriptions
    made, secret = rooms.add(Wishes("a", URL), actor=ANALYST)

    wishes = Wishes("b", f"{URL}/2", frozenset({"incident_raised"}))
    rooms.change(made.subscription_id, wishes, actor=ADMIN)

    found = desk.subscription(made.subscription_id)
    assert (found.name, found.url) == ("b", f"{URL}/2")
    assert (found.kinds, found.created_by) == ({AnnouncementKind.INCIDENT_RAISED}, "analis")
    assert rooms.signing_secrets(found) == (secret,)


def test_there_is_a_most(desk: Desk) -> None:
    rooms = desk.engine.webhook_subscriptions
    for _ in range(MAX_SUBSCRIPTIONS):
        rooms.add(Wishes("a", URL), actor=ANALYST)

    with pytest.raises(InvalidInput, match="100 subscriptions"):
        rooms.add(Wishes("a", URL), actor=ANALYST)


@pytest.mark.parametrize(
    "actor", [staff("Kadis"), AUDITOR, Actor("robot", frozenset({Role.WORKER}))]
)
def test_only_analysts_and_admins_change(desk: Desk, actor: Actor) -> None:
    rooms = desk.engine.webhook_subscriptions
    made, _ = rooms.add(Wishes("a", URL), actor=ADMIN)

    for deed in (
        lambda: rooms.add(Wishes("a", URL), actor=actor),
        lambda: rooms.change(made.subscription_id, Wishes("a", URL), actor=actor),
        lambda: rooms.rotate_secret(made.subscription_id, actor=actor),
        lambda: rooms.disable(made.subscription_id, actor=actor),
        lambda: rooms.enable(made.subscription_id, actor=actor),
        lambda: rooms.remove(made.subscription_id, actor=actor),
    ):
        with pytest.raises(Forbidden):
            deed()
    assert desk.subscription(made.subscription_id) == made


def test_staff_do_not_read(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        desk.engine.webhook_subscriptions.list(actor=staff("Kadis"))
    with pytest.raises(Forbidden):
        desk.engine.webhook_subscriptions.subscription("x", actor=staff("Kadis"))


def test_what_is_not_there_is_not_found(desk: Desk) -> None:
    rooms = desk.engine.webhook_subscriptions

    for deed in (
        rooms.rotate_secret,
        rooms.disable,
        rooms.enable,
        rooms.remove,
        rooms.subscription,
    ):
        with pytest.raises(NotFound, match="webhook subscription 'tidak-ada'"):
            deed("tidak-ada", actor=ADMIN)


# -------------------------------------------------------------------------- contacts


def test_everybody_looks_after_his_own_address_and_admins_after_all(desk_on_both: Desk) -> None:
    desk = desk_on_both
    desk.hire()
    rooms, clerk = desk.engine.contacts, staff("Kadis")

    rooms.put_email("kadis", "a@dinas.test", is_on=True, actor=clerk)
    rooms.put_email("kadis", "b@dinas.test", is_on=False, actor=clerk)
    rooms.put_email("bidang", "c@dinas.test", is_on=True, actor=ADMIN)

    own = rooms.contact("kadis", Channel.EMAIL, actor=clerk)
    assert own is not None
    assert (own.value, own.is_on) == ("b@dinas.test", False)
    assert [each.account for each in rooms.list(actor=ADMIN)] == ["bidang", "kadis"]
    for deed in (
        lambda: rooms.list(actor=clerk),
        lambda: rooms.contact("bidang", Channel.EMAIL, actor=clerk),
        lambda: rooms.put_email("bidang", "x@dinas.test", is_on=True, actor=clerk),
        lambda: rooms.remove("bidang", Channel.EMAIL, actor=clerk),
    ):
        with pytest.raises(Forbidden):
            deed()
    rooms.remove("kadis", Channel.EMAIL, actor=clerk)
    assert rooms.contact("kadis", Channel.EMAIL, actor=clerk) is None
    with pytest.raises(NotFound):
        rooms.remove("kadis", Channel.EMAIL, actor=clerk)


@pytest.mark.parametrize(
    "address",
    ["", "kadis", "@dinas.test", "a@b@c", "a@dinas.test\r\nBcc: b@dinas.test", "a b@dinas.test",
     "a@dinas.test,b@dinas.test", "Kadis <a@dinas.test>", f"{'a' * 65}@dinas.test",
     f"a@{'b' * 260}"],
)  # fmt: skip
def test_address_that_is_none_is_refused(desk: Desk, address: str) -> None:
    desk.hire()

    with pytest.raises(InvalidInput) as refusal:
        desk.engine.contacts.put_email("kadis", address, is_on=True, actor=staff("Kadis"))

    assert list(refusal.value.fields) == ["email"]


def test_address_of_nobody_is_not_kept(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.engine.contacts.put_email("hantu", "a@dinas.test", is_on=True, actor=ADMIN)
