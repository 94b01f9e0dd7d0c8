"""`alur webhook` and `alur contact`: who is told of what happens."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Terminal
from tests.webhooks.outgoing.receivers import answering, receiving

URL = "https://gerbang.dinas.test/kait"


@pytest.fixture
def office(alur: Terminal, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """It may call this machine."""
    monkeypatch.setenv("ALUR_WEBHOOK_ALLOW", "127.0.0.0/8")
    return alur


def added(office: Terminal, url: str = URL, *words: str) -> dict[str, Any]:
    return dict(office.ok("webhook", "add", "gerbang", url, *words, "--json").json)


def test_secret_is_shown_once_and_nothing_else_tells_it(office: Terminal) -> None:
    made = added(office, URL, "--kind", "task_opened", "--sop", "surat", "--lane", "Kadis")

    listed = office.ok("webhook", "list", "--json")
    shown = listed.json[0]
    assert made["secret"].startswith("whsec_")
    assert made["secret"] not in listed.out
    assert "secret" not in shown
    assert (shown["kinds"], shown["definitionKeys"], shown["lanes"]) == (
        ["task_opened"],
        ["surat"],
        ["Kadis"],
    )
    assert office.ok("webhook", "add", "b", URL).out.startswith("whsec_")


def test_trial_is_sent_at_once_and_its_outcome_is_told(office: Terminal) -> None:
    with receiving(answering("204 No Content")) as receiver:
        good = added(office, receiver.url)["subscription"]["subscriptionId"]
        arrived = office.ok("webhook", "test", good, "--json").json
    with receiving(answering("500 Broken", body="mati")) as receiver:
        bad = added(office, receiver.url)["subscription"]["subscriptionId"]
        failed = office("webhook", "test", bad)

    assert arrived["delivery"]["state"] == "delivered"
    assert arrived["attempts"][0]["status"] == 204
    assert (failed.code, "mati" in failed.out) == (1, True)


def test_worker_delivers_what_happened(office: Terminal) -> None:
    with receiving(answering("200 OK")) as receiver:
        added(office, receiver.url, "--kind", "instance_started")
        office.ok("start", "surat", "--as", "sekretaris", "--set", "nomor=7")
        office.ok("worker", "--once")
        # The outbox is emptied before it is sent, so that one turn does both.
        (sent,) = office.ok("webhook", "deliveries", "--json").json

    assert (sent["kind"], sent["state"], len(receiver.calls)) == (
        "instance_started",
        "delivered",
        1,
    )
    shown = office.ok("webhook", "deliveries", sent["deliveryId"])
    assert "delivered" in shown.out
    again = office.ok("webhook", "redeliver", sent["deliveryId"], "--json").json
    assert (again["deliveryId"], again["state"]) == (sent["deliveryId"], "pending")
    assert office("webhook", "redeliver", sent["deliveryId"]).code == 1


def test_rotating_disabling_enabling_removing(office: Terminal) -> None:
    made = added(office)
    subscription = made["subscription"]["subscriptionId"]

    rotated = office.ok("webhook", "rotate", subscription, "--json").json
    office.ok("webhook", "disable", subscription)
    off = office.ok("webhook", "list").out
    office.ok("webhook", "enable", subscription)
    on = office.ok("webhook", "list", "--json").json
    office.ok("webhook", "remove", subscription)

    assert rotated["secret"] != made["secret"]
    assert "no (switched_off)" in off
    assert on[0]["isActive"] is True
    assert office.ok("webhook", "list", "--json").json == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add", "a", "http://gerbang.dinas.test/"), 2),
        (("add", "a", URL, "--kind", "lain"), 2),
        (("add", "a", URL, "--sop", "lain"), 2),
        (("add", "a", URL, "--as", "kadis"), 4),
        (("list", "--as", "kadis"), 4),
        (("test", "tidak-ada"), 3),
        (("deliveries", "tidak-ada"), 3),
    ],
)
def test_refusals_have_their_code(office: Terminal, words: tuple[str, ...], code: int) -> None:
    assert office("webhook", *words).code == code


def test_contacts_are_set_listed_and_removed(office: Terminal) -> None:
    office.ok("contact", "set", "kadis", "kadis@dinas.test")
    office.ok("contact", "set", "kadis", "kadis@dinas.test", "--off", "--as", "kadis")

    listed = office.ok("contact", "list", "--json").json
    office.ok("contact", "remove", "kadis")

    assert [(each["account"], each["value"], each["isOn"]) for each in listed] == [
        ("kadis", "kadis@dinas.test", False)
    ]
    assert office("contact", "set", "kadis", "bukan-alamat").code == 2
    assert office("contact", "set", "kadis", "a@b.test", "--as", "sekretaris").code == 4
    assert office("contact", "remove", "kadis").code == 3


def test_handle_at_the_gateway_is_another_contact(office: Terminal) -> None:
    office.ok("contact", "set", "kadis", "kadis@dinas.test")
    set_ = office.ok("contact", "set", "kadis", "628123", "--gateway")

    listed = office.ok("contact", "list", "--json").json
    office.ok("contact", "remove", "kadis", "--gateway")

    assert "ALUR_GATEWAY_URL is not set" in set_.err
    assert [(each["channel"], each["value"]) for each in listed] == [
        ("email", "kadis@dinas.test"),
        ("gateway", "628123"),
    ]
    assert [each["channel"] for each in office.ok("contact", "list", "--json").json] == ["email"]
    assert office("contact", "set", "kadis", "62 81", "--gateway").code == 2
    assert office("contact", "remove", "kadis", "--gateway").code == 3
