"""Messages over HTTP: sent by a program, listed while they are awaited, kept until then."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from engine.model import Role
from engine.waiting_messages import WaitingMessages
from tests.diagrams import catch, end, line, message, named, process, signal, start, user
from tests.office import ADMIN
from tests.webhooks.rest.hall import PASSWORD, Hall, assert_problem

#: A reply is waited for; a letter also starts it.
REPLY = process(
    start("mulai"),
    start("mulai_surat", message("masuk")),
    catch("balasan", message("balas")),
    user("periksa"),
    end("selesai"),
    line("mulai", "balasan", "periksa", "selesai"),
    line("mulai_surat", "balasan"),
    key="balasan_surat",
    before=named("message", balas="surat balasan", masuk="surat masuk"),
)


class Desk:
    """A hall with a program that brings messages."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        hall.engine.accounts.add(
            "robot", display_name="Robot", password=PASSWORD, roles={Role.WORKER}, actor=ADMIN
        )
        hall.deployed(REPLY)

    def begun(self, key: str | None = "B-1", **variables: Any) -> str:
        body = {"businessKey": key, "variables": {n: {"value": v} for n, v in variables.items()}}
        started = self.hall.post("/process-definition/key/balasan_surat/start", body)
        return str(started.json["id"])

    def send(self, name: str = "surat balasan", who: str = "robot", **more: Any) -> Any:
        headers = more.pop("headers", None)
        return self.hall.post("/message", {"messageName": name, **more}, who, headers=headers)

    def waits_for(self, instance_id: str) -> list[str]:
        found = self.hall.get("/task", processInstanceId=instance_id).json
        return [each["taskDefinitionKey"] for each in found]


@pytest.fixture
def desk(hall: Hall) -> Desk:
    return Desk(hall)


def test_a_message_lets_an_instance_go_on(desk: Desk) -> None:
    instance, other = desk.begun("B-1"), desk.begun("B-2")
    answer = desk.send(businessKey="B-1", processVariables={"nomor": {"value": 7}})

    assert (answer.status_code, answer.data) == (204, b"")
    assert desk.waits_for(instance) == ["periksa"]
    assert desk.waits_for(other) == []
    found = desk.hall.get(f"/process-instance/{instance}/variables").json
    assert found["nomor"]["value"] == 7
    assert desk.hall.get(f"/history/process-instance/{instance}/verify").json["sound"]
    details = desk.hall.get("/history/detail", processInstanceId=instance).json
    assert [each["variableName"] for each in details] == ["nomor"]


def test_the_result_says_who_got_it(desk: Desk) -> None:
    instance = desk.begun()
    keys = {"correlationKeys": {"nomor": {"value": 7, "type": "Integer"}}}
    wished = {"resultEnabled": True, "variablesInResultEnabled": True}
    assert_problem(desk.send(**keys), 400, "MismatchingMessageCorrelationException")
    desk.hall.post(
        f"/process-instance/{instance}/variables", {"modifications": {"nomor": {"value": 7}}}
    )

    [got] = desk.send(**keys, **wished).json

    assert got == {
        "resultType": "Execution",
        "execution": {
            "id": instance,
            "processInstanceId": instance,
            "ended": False,
            "tenantId": None,
        },
        "processInstance": None,
        "variables": {"nomor": {"type": "Integer", "value": 7, "valueInfo": {}}},
    }


def test_a_message_starts_an_instance(desk: Desk) -> None:
    [got] = desk.send("surat masuk", businessKey="B-9", resultEnabled=True).json

    assert got["resultType"] == "ProcessDefinition"
    assert got["execution"] is None
    assert "variables" not in got
    assert got["processInstance"]["businessKey"] == "B-9"
    found = desk.hall.get(f"/history/process-instance/{got['processInstance']['id']}").json
    assert (found["startActivityId"], found["startUserId"]) == ("mulai_surat", "robot")


def test_a_message_brings_a_file(desk: Desk) -> None:
    instance = desk.begun()
    file = {
        "value": base64.b64encode(b"isi").decode(),
        "type": "File",
        "valueInfo": {"filename": "surat.pdf"},
    }

    assert desk.send(processVariables={"surat": file}).status_code == 204

    data = desk.hall.get(f"/process-instance/{instance}/variables/surat/data")
    assert data.data == b"isi"
    assert desk.hall.get(f"/history/process-instance/{instance}/verify").json["sound"]


def test_what_waits_is_listed(desk: Desk) -> None:
    instance, other = desk.begun("B-1"), desk.begun("B-2")

    [found] = desk.hall.get("/event-subscription", "robot", processInstanceId=instance).json

    assert found["id"]
    assert found["createdDate"]
    assert {key: found[key] for key in found if key not in {"id", "createdDate"}} == {
        "eventType": "message",
        "eventName": "surat balasan",
        "executionId": instance,
        "processInstanceId": instance,
        "activityId": "balasan",
        "tenantId": None,
    }
    assert desk.hall.get("/event-subscription/count", eventType="message").json == {"count": 2}
    assert desk.hall.get("/event-subscription/count", eventType="signal").json == {"count": 0}
    by_id = desk.hall.get("/event-subscription", eventSubscriptionId=found["id"]).json
    assert [each["processInstanceId"] for each in by_id] == [instance]
    newest = desk.hall.get(
        "/event-subscription", sortBy="created", sortOrder="desc", maxResults=1, executionId=other
    ).json
    assert [each["processInstanceId"] for each in newest] == [other]
    assert_problem(desk.hall.get("/event-subscription", eventType="lain"), 400)
    assert_problem(desk.hall.get("/event-subscription", "siti"), 403)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "messageName"),
        ({"messageName": " "}, "messageName"),
        (
            {"messageName": "x", "processVariablesLocal": {"a": {"value": 1}}},
            "processVariablesLocal",
        ),
        ({"messageName": "x", "tenantId": "t"}, "tenantId"),
        ({"messageName": "x", "variablesInResultEnabled": True}, "variablesInResultEnabled"),
        ({"messageName": "x", "correlationKeys": [1]}, "correlationKeys"),
    ],
)
def test_what_is_wrong_is_named(desk: Desk, body: dict[str, Any], field: str) -> None:
    problem = assert_problem(desk.hall.post("/message", body, "robot"), 400)

    assert field in problem["fields"]


def test_nobody_and_several_are_told_apart(desk: Desk) -> None:
    nobody = assert_problem(desk.send(), 400, "MismatchingMessageCorrelationException")
    desk.begun("B-1")
    desk.begun("B-2")
    several = assert_problem(desk.send(), 400, "MismatchingMessageCorrelationException")

    assert (nobody["matches"], several["matches"]) == (0, 2)
    assert len(desk.send(all=True, resultEnabled=True).json) == 2
    assert desk.send(all=True).status_code == 204


def test_who_may_send(desk: Desk) -> None:
    desk.begun()

    assert_problem(desk.send(who="siti"), 403, "AuthorizationException")
    assert desk.send(who="admin").status_code == 204


def test_the_same_request_again_is_answered_again(desk: Desk) -> None:
    desk.begun("B-1")
    key = {"headers": {"Idempotency-Key": "surat-1"}}
    first = desk.send(businessKey="B-1", resultEnabled=True, **key)
    again = desk.send(businessKey="B-1", resultEnabled=True, **key)

    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert_problem(desk.send(businessKey="B-2", **key), 422)


def test_the_same_request_again_is_answered_as_it_was_though_all_went_on(desk: Desk) -> None:
    instance = desk.begun("B-1")
    found = {"businessKey": "B-1", "resultEnabled": True, "headers": {"Idempotency-Key": "surat-1"}}
    kept = {"businessKey": "B-2", "keepUnmatched": True, "headers": {"Idempotency-Key": "surat-2"}}
    first = [desk.send(**found), desk.send(**kept)]
    desk.hall.delete(f"/process-instance/{instance}?reason=salah", "admin")
    desk.begun("B-2")
    desk.hall.post(f"/kept-message/{first[1].json['id']}/deliver")

    assert [desk.send(**found).json, desk.send(**kept).json] == [each.json for each in first]


def test_an_unmatched_message_is_kept_shown_and_delivered(desk: Desk) -> None:
    kept = desk.send(keepUnmatched=True, businessKey="B-5", processVariables={"n": {"value": 1}})
    assert kept.status_code == 202
    kept_id = kept.json["id"]

    [shown] = desk.hall.get("/kept-message", state="waiting").json
    assert shown == desk.hall.get(f"/kept-message/{kept_id}").json
    assert (shown["messageName"], shown["businessKey"]) == ("surat balasan", "B-5")
    assert (shown["receivedFrom"], shown["matches"]) == ("robot", 0)
    assert shown["processVariables"] == {"n": {"type": "Integer", "value": 1, "valueInfo": {}}}
    assert_problem(desk.hall.post(f"/kept-message/{kept_id}/deliver"), 400)
    instance = desk.begun("B-5")
    duty = WaitingMessages(desk.hall.engine.kept_messages, desk.hall.office.clock)
    assert duty.turn(lambda: False) == 1
    assert desk.waits_for(instance) == ["periksa"]
    settled = desk.hall.get(f"/kept-message/{kept_id}").json
    assert (settled["state"], settled["deliveredTo"]) == ("delivered", instance)
    again = assert_problem(desk.hall.post(f"/kept-message/{kept_id}/deliver"), 409)
    assert (again["keptMessageId"], again["state"]) == (kept_id, "delivered")


def test_an_admin_delivers_and_discards(desk: Desk) -> None:
    one = desk.send(keepUnmatched=True).json["id"]
    two = desk.send(keepUnmatched=True).json["id"]
    instance = desk.begun()

    got = desk.hall.post(f"/kept-message/{one}/deliver").json
    assert got["execution"]["id"] == instance
    assert_problem(desk.hall.post(f"/kept-message/{two}/discard", {}), 400)
    assert_problem(desk.hall.post(f"/kept-message/{two}/discard", {"reason": "x"}, "siti"), 403)
    discarded = desk.hall.post(f"/kept-message/{two}/discard", {"reason": "ganda"}).json
    assert (discarded["state"], discarded["settledBy"]) == ("discarded", "admin")
    assert desk.hall.get("/kept-message/count", state="waiting").json == {"count": 0}
    assert_problem(desk.hall.get("/kept-message", "siti"), 403)
    assert_problem(desk.hall.get("/kept-message/tidak-ada"), 404)


# ----------------------------------------------------------------------------- signals

HOLIDAY = process(
    start("mulai"),
    catch("tunggu", signal("sinyal")),
    user("lanjut"),
    end("selesai"),
    line("mulai", "tunggu", "lanjut", "selesai"),
    key="libur",
    before=named("signal", sinyal="hari libur"),
)


def test_a_signal_reaches_all_that_wait(desk: Desk) -> None:
    desk.hall.deployed(HOLIDAY)
    begun = [desk.hall.post("/process-definition/key/libur/start").json["id"] for _ in range(3)]
    body = {"name": "hari libur", "variables": {"sampai": {"value": "2026-03-20"}}}

    one = desk.hall.post("/signal", {**body, "executionId": begun[0]}, "robot")
    assert (one.status_code, one.data) == (204, b"")
    assert [desk.waits_for(each) for each in begun] == [["lanjut"], [], []]
    assert desk.hall.post("/signal", body, "robot").status_code == 204

    assert [desk.waits_for(each) for each in begun] == [["lanjut"]] * 3
    found = desk.hall.get(f"/process-instance/{begun[2]}/variables").json
    assert found["sampai"]["value"] == "2026-03-20"
    assert desk.hall.post("/signal", body, "robot").status_code == 204
    gone = desk.hall.post("/signal", {**body, "executionId": begun[0]}, "robot")
    assert "executionId" in assert_problem(gone, 400)["fields"]


def test_what_is_wrong_with_a_signal_is_named(desk: Desk) -> None:
    assert "name" in assert_problem(desk.hall.post("/signal", {}, "robot"), 400)["fields"]
    tenant = desk.hall.post("/signal", {"name": "x", "tenantId": "t"}, "robot")
    assert "tenantId" in assert_problem(tenant, 400)["fields"]
    assert_problem(desk.hall.post("/signal", {"name": "x"}, "siti"), 403)
