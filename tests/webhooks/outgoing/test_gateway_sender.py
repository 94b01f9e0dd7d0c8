"""Messages to the office's gateway: what they carry, to whom, and what comes of them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from standardwebhooks.webhooks import Webhook

from engine.model import Actor, Channel, DeliveryFailure, DeliveryState, Language
from engine.setting_values import SmtpServer
from tests.diagrams import end, form, line, process, start, user
from tests.office import ADMIN
from tests.webhooks.outgoing.conftest import PostOffice
from tests.webhooks.outgoing.receivers import Receiver, answering, in_turn, receiving
from webhooks import create_app

_NOWHERE = SmtpServer("surel.dinas.test", 25, "none")
SECRET = "whsec_" + "YWx1" * 8
OK = answering("200 OK")
_DECISION = form(
    '<camunda:formField id="putusan" label="Putusan" type="enum">'
    '<camunda:validation><camunda:constraint name="required"/></camunda:validation>'
    '<camunda:value id="setujui" name="Setujui"/><camunda:value id="kembalikan" name="Kembalikan"/>'
    "</camunda:formField>",
    '<camunda:formField id="catatan" label="Catatan" type="string"'
    ' defaultValue="rahasia jabatan"/>',
)
_RULE = '<camunda:properties><camunda:property name="sop:wajib_masuk" value="ya"/>'
#: The same step of the Kadis, and one that demands a login.
DECISION, AT_A_DESK = (
    process(
        start(),
        user("setujui", extension, "Menyetujui draf"),
        end(),
        line("s", "setujui", "e"),
        lanes={"Kadis": ["s", "setujui", "e"]},
    )
    for extension in (
        _DECISION,
        f"<bpmn:extensionElements>{_RULE}</camunda:properties></bpmn:extensionElements>",
    )
)


def at(post: PostOffice, receiver: Receiver, **changes: Any) -> PostOffice:
    """The office with that gateway, and people."""
    settings = {"base_url": "https://alur.dinas.test", **changes}
    gateway = {"gateway_url": receiver.url, "gateway_secret": (SECRET,)}
    office = post.with_settings(**gateway | settings)
    office.add_people()
    return office


def told(receiver: Receiver, number: int = 0) -> dict[str, Any]:
    """What came at the gateway, when its signature is right."""
    call = receiver.calls[number]
    found: dict[str, Any] = Webhook(SECRET).verify(call.body, call.headers)
    return found


def test_message_says_to_whom_what_waits_and_how_to_do_it(post: PostOffice) -> None:
    with receiving(OK) as receiver:
        office = at(post, receiver)
        office.call_phone("kadis", "628123")
        instance_id = office.start(office.deploy(DECISION))
        office.work()

    message = told(receiver)
    data = message["data"]
    task = office.task(instance_id, "setujui")
    assert message["type"] == "task_opened"
    assert (data["to"], data["taskId"]) == ("628123", task.task_id)
    assert (data["activityName"], data["dueAt"]) == ("Menyetujui draf", None)
    assert data["text"].startswith("Tugas baru menunggu Anda: Menyetujui draf. Tautannya untuk")
    assert [(each["id"], each["type"], each["required"]) for each in data["form"]] == [
        ("putusan", "enum", True),
        ("catatan", "string", False),
    ]
    assert [each["value"] for each in data["form"][0]["options"]] == ["setujui", "kembalikan"]
    assert "rahasia jabatan" not in receiver.calls[0].body
    (delivery,) = office.log()
    assert (delivery.channel, delivery.state) == (Channel.GATEWAY, DeliveryState.DELIVERED)
    assert receiver.calls[0].headers["webhook-id"] == delivery.delivery_id

    client = create_app(office.engine, office.settings).test_client(use_cookies=False)
    body = {"variables": {"putusan": {"value": "setujui"}}}
    assert client.post(urlsplit(data["url"]).path, json=body).status_code == 200
    assert office.state(instance_id) == "COMPLETED"


def test_secret_is_changed_without_a_message_that_the_gateway_refuses(post: PostOffice) -> None:
    new = "whsec_" + "YmFy" * 8
    with receiving(OK) as receiver:
        office = at(post, receiver, gateway_secret=(new, SECRET))
        office.call_phone("kadis", "628123")
        office.start(office.deploy(DECISION))
        office.work()

    call = receiver.calls[0]
    for secret in (new, SECRET):
        assert Webhook(secret).verify(call.body, call.headers) == told(receiver)


def test_message_is_in_the_language_of_its_receiver(post: PostOffice) -> None:
    with receiving(OK) as receiver:
        office = at(post, receiver)
        office.call_phone("kadis", "628123")
        office.engine.accounts.choose_language(Language.ENGLISH, actor=Actor("kadis"))
        office.start(office.deploy(DECISION))
        office.work()

    text = told(receiver)["data"]["text"]
    assert text.startswith("A new task waits for you: Menyetujui draf. The link is for you alone")


def test_message_of_a_step_that_demands_a_login_has_no_form(post: PostOffice) -> None:
    with receiving(OK) as receiver:
        office = at(post, receiver)
        office.call_phone("kadis", "628123")
        instance_id = office.start(office.deploy(AT_A_DESK))
        office.work()

    data = told(receiver)["data"]
    task_id = office.task(instance_id, "setujui").task_id
    assert (data["form"], data["url"]) == (None, f"https://alur.dinas.test/tugas/{task_id}")
    assert "Tautan" not in data["text"]


def test_without_a_public_address_the_message_has_none(post: PostOffice) -> None:
    with receiving(OK) as receiver:
        office = at(post, receiver, base_url=None)
        office.call_phone("kadis", "628123")
        office.start(office.deploy(DECISION))
        office.work()

    data = told(receiver)["data"]
    assert (data["url"], data["form"]) == (None, None)
    assert data["text"].endswith("Buka Alur untuk melanjutkan.")


def test_gateway_that_fails_is_tried_again_under_one_id_with_a_link_that_works(
    post: PostOffice,
) -> None:
    with receiving(in_turn(answering("503 Busy"), OK)) as receiver:
        office = at(post, receiver)
        office.call_phone("kadis", "628123")
        office.start(office.deploy(DECISION))
        office.work()
        office.clock.advance(seconds=6)
        office.work()

    (delivery,) = office.log()
    first, second = office.attempts(delivery)
    assert (first.failure, first.status, second.is_delivered) == (
        DeliveryFailure.STATUS,
        503,
        True,
    )
    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1
    body = json.loads(receiver.calls[1].body)
    client = create_app(office.engine, office.settings).test_client(use_cookies=False)
    assert client.get(urlsplit(body["data"]["url"]).path).status_code == 200


def test_message_for_a_task_that_was_done_is_dropped(post: PostOffice) -> None:
    with receiving(OK) as receiver:
        office = at(post, receiver)
        office.call_phone("kadis", "628123")
        instance_id = office.start(office.deploy(DECISION))
        office.engine.deliveries.expand()
        office.complete(instance_id, "setujui", office.people["Kadis"], putusan="setujui")
        office.work()

    assert receiver.calls == []
    assert office.log()[0].state is DeliveryState.DROPPED


def test_admin_is_told_when_a_web_hook_is_given_up(post: PostOffice) -> None:
    with receiving(OK) as gateway, receiving(answering("410 Gone")) as gone:
        office = at(post, gateway)
        office.call_phone("admin", "@admin")
        subscription_id, _ = office.subscribe(gone.url)
        office.ping(subscription_id)
        office.work()
        office.work()

    data = told(gateway)["data"]
    assert data["text"] == "Langganan web hook dinonaktifkan: gerbang."
    assert data["url"] == f"https://alur.dinas.test/langganan/{subscription_id}"


def test_process_without_a_gateway_says_so(post: PostOffice) -> None:
    with receiving(OK) as receiver:
        office = at(post, receiver)
        office.call_phone("kadis", "628123")
        office.start(office.deploy(DECISION))
        office.engine.deliveries.expand()
        post.clock = office.clock
        with_none = office.with_settings(gateway_url=None, gateway_secret=())
        with_none.deliverer.turn(lambda: False)

    (attempt,) = office.attempts(office.log()[0])
    assert attempt.failure is DeliveryFailure.NO_GATEWAY


@pytest.mark.parametrize("allowed", [(), ("10.0.0.0/8",)])
def test_gateway_inside_is_called_only_when_it_is_allowed(
    post: PostOffice, allowed: tuple[str, ...]
) -> None:
    with receiving(OK) as receiver:
        office = at(post, receiver, webhook_allow=allowed)
        office.call_phone("kadis", "628123")
        office.start(office.deploy(DECISION))
        office.work()

    (attempt,) = office.attempts(office.log()[0])
    assert (attempt.failure, receiver.connections) == (DeliveryFailure.ADDRESS, 0)


def test_who_has_two_channels_is_told_by_both(post_on_both: PostOffice) -> None:
    with receiving(OK) as receiver:
        office = at(post_on_both, receiver)
        both = office.with_settings(smtp_url=_NOWHERE, mail_from="alur@dinas.test")
        both.tell("kadis")
        both.call_phone("kadis", "628123")
        both.call_phone("sekretaris", "628456")
        both.start(both.deploy(DECISION), ADMIN)
        both.engine.deliveries.expand()

    found = sorted((each.account, each.channel) for each in both.log())
    receivers = sorted(receiver for _, receiver in both.engine.deliveries.due(9))
    assert found == [("kadis", Channel.EMAIL), ("kadis", Channel.GATEWAY)]
    assert receivers == ["email", "gateway"]
