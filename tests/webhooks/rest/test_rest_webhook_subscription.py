"""Subscriptions of web hooks, the log of deliveries and contacts over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.webhooks.rest.hall import LETTER, Hall, assert_problem

URL = "https://gerbang.dinas.test/kait"
PATH = "/webhook-subscription"


def subscribed(hall: Hall, **wishes: Any) -> dict[str, Any]:
    response = hall.post(PATH, {"name": "gerbang", "url": URL, **wishes}, "analis")
    assert response.status_code == 200, response.text
    return dict(response.json)


def test_subscription_is_made_read_changed_and_removed(hall: Hall) -> None:
    hall.deployed()
    made = subscribed(hall, kinds=["task_opened"], definitionKeys=["surat"], lanes=["Kepala"])
    subscription = made["subscription"]
    path = f"{PATH}/{subscription['id']}"

    assert made["secret"].startswith("whsec_")
    assert hall.get(path).json == subscription
    assert hall.get(PATH).json == [subscription]
    assert {name: subscription[name] for name in ("kinds", "lanes", "createdBy", "active")} == {
        "kinds": ["task_opened"],
        "lanes": ["Kepala"],
        "createdBy": "analis",
        "active": True,
    }
    assert not [name for name in subscription if name.lower() in ("secret", "formersecret")]
    changed = hall.call("PUT", path, "admin", json={"name": "lain", "url": f"{URL}/2"}).json
    assert (changed["name"], changed["url"], changed["kinds"]) == ("lain", f"{URL}/2", [])
    assert hall.post(f"{path}/disable").json["disabledBecause"] == "switched_off"
    assert hall.post(f"{path}/enable").json["active"] is True
    rotated = hall.post(f"{path}/rotate-secret").json
    assert rotated["secret"] != made["secret"]
    assert rotated["subscription"]["formerSecretUntil"]
    assert hall.delete(path).status_code == 204
    assert_problem(hall.get(path), 404, "NotFoundException")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": URL}, "name"),
        ({"name": "a"}, "url"),
        ({"name": "a", "url": "http://gerbang.dinas.test/"}, "url"),
        ({"name": "a", "url": "https://10.0.0.1/"}, "url"),
        ({"name": "a", "url": URL, "kinds": ["lain"]}, "kinds"),
        ({"name": "a", "url": URL, "definitionKeys": ["lain"]}, "definition_keys"),
    ],
)
def test_wish_that_cannot_be_is_a_400_at_its_field(
    hall: Hall, body: dict[str, Any], field: str
) -> None:
    problem = assert_problem(hall.post(PATH, body), 400, "InvalidRequestException")

    assert list(problem["fields"]) == [field]


@pytest.mark.parametrize("who", ["siti", "auditor"])
def test_others_may_not_subscribe(hall: Hall, who: str) -> None:
    path = f"{PATH}/{subscribed(hall)['subscription']['id']}"
    wish = {"name": "a", "url": URL}

    for response in (
        hall.post(PATH, wish, who),
        hall.call("PUT", path, who, json=wish),
        hall.delete(path, who),
        *(hall.post(f"{path}/{deed}", {}, who) for deed in ("test", "disable", "rotate-secret")),
    ):
        assert_problem(response, 403, "AuthorizationException")
    assert hall.get(PATH, who).status_code == (200 if who == "auditor" else 403)


def test_log_tells_what_is_on_its_way(hall: Hall) -> None:
    subscription = subscribed(hall)["subscription"]["id"]
    hall.deployed(LETTER)
    instance = hall.started()
    hall.engine.deliveries.expand()
    ping = hall.post(f"{PATH}/{subscription}/test", {}, "analis").json

    found = hall.get("/delivery", subscriptionId=subscription).json
    of_instance = hall.get("/delivery", processInstanceId=instance, maxResults=1).json

    assert sorted(each["kind"] for each in found) == ["instance_started", "ping", "task_opened"]
    assert {each["state"] for each in found} == {"pending"}
    assert hall.get("/delivery/count", state="pending").json == {"count": 3}
    assert hall.get("/delivery/count", state="failed").json == {"count": 0}
    assert len(of_instance) == 1
    one = hall.get(f"/delivery/{ping['id']}").json
    assert one == {"delivery": ping, "attempts": []}
    assert_problem(hall.post(f"/delivery/{ping['id']}/redeliver"), 409, "ConflictException")
    assert_problem(hall.get("/delivery/msg_lain"), 404, "NotFoundException")
    assert_problem(hall.get("/delivery", who="siti"), 403)
    assert_problem(hall.get("/delivery", lain="x"), 400)


def test_redelivery_puts_it_on_its_way_again(hall: Hall) -> None:
    subscription = subscribed(hall)["subscription"]["id"]
    ping = hall.post(f"{PATH}/{subscription}/test").json
    hall.post(f"{PATH}/{subscription}/disable")
    hall.post(f"{PATH}/{subscription}/enable")
    dropped = hall.get(f"/delivery/{ping['id']}").json["delivery"]

    again = hall.post(f"/delivery/{ping['id']}/redeliver", {}, "analis").json

    assert (dropped["state"], again["state"], again["id"]) == ("dropped", "pending", ping["id"])


def test_contacts_are_ones_own_or_an_admins(hall: Hall) -> None:
    put = hall.call("PUT", "/contact/siti", "siti", json={"email": "siti@dinas.test"})

    assert put.json["on"] is True
    assert hall.get("/contact/siti", "siti").json["email"] == "siti@dinas.test"
    assert [each["account"] for each in hall.get("/contact", "admin").json] == ["siti"]
    assert_problem(hall.get("/contact/siti", "budi"), 403)
    assert_problem(hall.get("/contact", "siti"), 403)
    wrong = hall.call("PUT", "/contact/siti", "siti", json={"email": "bukan"})
    assert list(assert_problem(wrong, 400)["fields"]) == ["email"]
    assert hall.delete("/contact/siti", "siti").status_code == 204
    assert_problem(hall.get("/contact/siti", "siti"), 404)


def test_handles_at_the_gateway_stand_beside_addresses(hall: Hall) -> None:
    hall.call("PUT", "/contact/siti", "siti", json={"email": "siti@dinas.test"})
    path = "/contact/siti/gateway"
    put = hall.call("PUT", path, "admin", json={"handle": "628123", "on": False})

    assert (put.json["handle"], put.json["email"], put.json["on"]) == ("628123", None, False)
    assert hall.get(path, "siti").json["handle"] == "628123"
    listed = [(each["channel"], each["handle"]) for each in hall.get("/contact", "admin").json]
    assert listed == [("email", None), ("gateway", "628123")]
    assert_problem(hall.get(path, "budi"), 403)
    for handle in ("", "62 81", "x" * 129, "a\u200b"):
        wrong = hall.call("PUT", path, "siti", json={"handle": handle})
        assert list(assert_problem(wrong, 400)["fields"]) == ["handle"]
    assert hall.delete(path, "siti").status_code == 204
    assert_problem(hall.get(path, "siti"), 404)
    assert hall.get("/contact/siti", "siti").json["email"] == "siti@dinas.test"
