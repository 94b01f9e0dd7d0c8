"""One web hook to a real receiver: what it carries, and how each misbehaviour ends."""

from __future__ import annotations

import json
import socket
import time
from datetime import timedelta
from email.utils import format_datetime

import pytest
import trustme
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from engine.model import DeliveryFailure
from tests.office import ANALYST
from tests.webhooks.outgoing.conftest import PostOffice, certified
from tests.webhooks.outgoing.receivers import (
    HANGS_S,
    Behaviour,
    answering,
    drip_body,
    drip_head,
    flood,
    hang,
    hang_before_tls,
    receiving,
    reset,
    speak_plainly,
)

OK = answering("200 OK", body="terima kasih")


def test_signature_is_one_that_the_receiver_can_verify(post: PostOffice) -> None:
    with receiving(OK) as receiver:
        subscription_id, secret = post.subscribe(receiver.url)
        ping = post.ping(subscription_id)

        sent = post.http.send(ping)

    (call,) = receiver.calls
    assert (sent.is_delivered, sent.status, sent.answer) == (True, 200, "terima kasih")
    assert Webhook(secret).verify(call.body, call.headers)["type"] == "ping"
    assert call.headers["webhook-id"] == ping.delivery_id
    assert call.headers["content-type"] == "application/json"
    assert call.headers["host"] == f"127.0.0.1:{receiver.port}"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(call.body.replace("ping", "pong"), call.headers)


def test_after_a_rotation_both_secrets_verify_for_a_day(post: PostOffice) -> None:
    with receiving(OK) as receiver:
        subscription_id, old = post.subscribe(receiver.url)
        _, new = post.engine.webhook_subscriptions.rotate_secret(subscription_id, actor=ANALYST)
        ping = post.ping(subscription_id)
        post.http.send(ping)
        post.clock.advance(hours=24)
        post.http.send(ping)

    overlapping, later = (call.headers["webhook-signature"].split(" ") for call in receiver.calls)
    for secret in (old, new):
        Webhook(secret).verify(receiver.calls[0].body, receiver.calls[0].headers)
    assert (len(overlapping), len(later)) == (2, 1)
    assert old != new


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        ("200 OK", None),
        ("204 No Content", None),
        ("301 Moved Permanently", DeliveryFailure.REDIRECT),
        ("307 Temporary Redirect", DeliveryFailure.REDIRECT),
        ("400 Bad Request", DeliveryFailure.STATUS),
        ("410 Gone", DeliveryFailure.STATUS),
        ("500 Internal Server Error", DeliveryFailure.STATUS),
    ],
)
def test_status_decides(post: PostOffice, status: str, failure: DeliveryFailure | None) -> None:
    with (
        receiving(OK) as elsewhere,
        receiving(answering(status, f"Location: {elsewhere.url}")) as r,
    ):
        sent = post.send(r.url)

    assert (sent.status, sent.failure) == (int(status[:3]), failure)
    assert sent.is_delivered is (failure is None)
    assert sent.is_gone is (status == "410 Gone")
    assert elsewhere.connections == 0


@pytest.mark.parametrize(
    ("behave", "failure"),
    [
        (hang, DeliveryFailure.TIMEOUT),
        (drip_head, DeliveryFailure.TIMEOUT),
        (reset, DeliveryFailure.CONNECTION),
        (answering("nonsense"), DeliveryFailure.CONNECTION),
    ],
)
def test_receiver_that_gives_no_answer_fails_in_time(
    post: PostOffice, behave: Behaviour, failure: DeliveryFailure
) -> None:
    post.deadline_s = 0.5
    with receiving(behave) as receiver:
        began = time.monotonic()
        sent = post.send(receiver.url)
        took = time.monotonic() - began

    assert (sent.is_delivered, sent.status, sent.failure) == (False, None, failure)
    assert took < HANGS_S


@pytest.mark.parametrize("behave", [drip_body, flood])
def test_answer_is_not_waited_for_once_its_status_is_known(
    post: PostOffice, behave: Behaviour
) -> None:
    with receiving(behave) as receiver:
        began = time.monotonic()
        sent = post.send(receiver.url)
        took = time.monotonic() - began

    assert sent.is_delivered
    assert len(sent.answer or "") <= 500
    assert took < HANGS_S


def test_nobody_listens(post: PostOffice) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert post.send(f"http://127.0.0.1:{port}/").failure is DeliveryFailure.CONNECTION


def test_answer_is_kept_as_one_printable_line(post: PostOffice) -> None:
    with receiving(answering("500 Oh", body="a\0b\r\nc\x1b[31m" + "d" * 900)) as receiver:
        sent = post.send(receiver.url)

    assert (sent.answer or "").startswith("a b  c [31md")
    assert len(sent.answer or "") == 500


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120), ("0", 0), ("soon", None), ("-5", None), ("9" * 30, 999999999)],
)
def test_retry_after_is_read(post: PostOffice, value: str, seconds: float | None) -> None:
    with receiving(answering("503 Busy", f"Retry-After: {value}")) as receiver:
        assert post.send(receiver.url).retry_after_s == seconds


def test_retry_after_may_be_a_date(post: PostOffice) -> None:
    later = format_datetime(post.clock.now().replace(microsecond=0) + timedelta(hours=3))
    with receiving(answering("429 Slow", f"Retry-After: {later}")) as receiver:
        asked = post.send(receiver.url).retry_after_s

    assert asked is not None
    assert 10798 < asked <= 10800


# --------------------------------------------------------------------------- TLS


def test_certificate_of_the_offices_own_authority_is_trusted_when_named(
    post: PostOffice, authority: trustme.CA, ca_file: str
) -> None:
    inside = post.with_settings(webhook_ca_file=ca_file)
    with receiving(OK, certified(authority, "127.0.0.1")) as receiver:
        assert inside.send(receiver.url).is_delivered
        assert post.send(receiver.url).failure is DeliveryFailure.TLS

    assert len(receiver.calls) == 1


def test_certificate_of_another_name_is_refused(
    post: PostOffice, authority: trustme.CA, ca_file: str
) -> None:
    inside = post.with_settings(webhook_ca_file=ca_file)
    with receiving(OK, certified(authority, "gerbang.dinas.test")) as receiver:
        sent = inside.send(receiver.url)

    assert (sent.failure, receiver.calls) == (DeliveryFailure.TLS, [])


def test_name_is_checked_and_shown_though_the_connection_goes_to_its_address(
    post: PostOffice, authority: trustme.CA, ca_file: str
) -> None:
    inside = post.with_settings(webhook_ca_file=ca_file, webhook_allow=("localhost",))
    with receiving(OK, certified(authority, "localhost")) as receiver:
        sent = inside.send(f"https://localhost:{receiver.port}/kait")

    # Where localhost is ::1 first, nobody listens there.
    if sent.failure is None:
        assert receiver.calls[0].headers["host"] == f"localhost:{receiver.port}"
    else:
        assert sent.failure is DeliveryFailure.CONNECTION


def test_plain_server_behind_https_is_refused(post: PostOffice) -> None:
    with receiving(speak_plainly) as receiver:
        sent = post.send(f"https://127.0.0.1:{receiver.port}/")

    assert sent.failure is DeliveryFailure.TLS


def test_handshake_that_hangs_fails_in_time(post: PostOffice) -> None:
    with receiving(hang_before_tls) as receiver:
        subscription_id, _ = post.subscribe(f"https://127.0.0.1:{receiver.port}/")
        sender = type(post.http)(post.engine, post.settings, deadline_s=5, connect_s=0.3)
        began = time.monotonic()
        sent = sender.send(post.ping(subscription_id))
        took = time.monotonic() - began

    assert sent.failure is DeliveryFailure.TIMEOUT
    assert took < HANGS_S


# -------------------------------------------------------------------------- body


def test_body_has_ids_and_words_of_the_diagram_and_nothing_of_persons(post: PostOffice) -> None:
    post.add_people()
    with receiving(OK) as receiver:
        post.subscribe(receiver.url)
        definition = post.deploy_sop("balangan")
        instance_id = post.start_sop(definition, periode_tahun=2026)
        task = post.open_tasks(instance_id)[0]
        post.with_settings(base_url="https://alur.dinas.test").work()

    opened = next(call for call in receiver.calls if "task_opened" in call.body)
    body = json.loads(opened.body)
    assert body["timestamp"] == post.clock.now().isoformat(timespec="milliseconds").replace(
        "+00:00", "Z"
    )
    assert {name: body["data"][name] for name in body["data"] if name != "sequence"} == {
        "instanceId": instance_id,
        "definitionId": definition.definition_id,
        "definitionKey": "pdk_balangan",
        "taskId": task.task_id,
        "incidentId": None,
        "activityId": task.activity_id,
        "activityName": task.name,
        "lane": "Sekretaris",
        "dueAt": task.due_at,
        "escalatedTo": None,
        "link": f"/tugas/{task.task_id}",
        "url": f"https://alur.dinas.test/tugas/{task.task_id}",
    }
    said = " ".join(call.body for call in receiver.calls)
    assert "perencana" not in said.lower().replace('"lane":"perencana"', "")
    assert "2026," not in said


def test_secret_key_that_was_lost_is_told_and_nothing_is_sent_unsigned(post: PostOffice) -> None:
    with receiving(OK) as receiver:
        subscription_id, _ = post.subscribe(receiver.url)
        ping = post.ping(subscription_id)
        other = post.with_settings(secret_key=("x" * 40,))

        sent = other.http.send(ping)

    assert (sent.failure, receiver.connections) == (DeliveryFailure.SECRET, 0)
