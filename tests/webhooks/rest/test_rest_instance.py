from __future__ import annotations

from tests.webhooks.rest.hall import STUCK, Hall, assert_problem


def test_running_instance_has_every_key(hall: Hall, letter: str) -> None:
    found = hall.get(f"/process-instance/{letter}", "siti").json

    assert set(found) == {
        "links",
        "id",
        "definitionId",
        "definitionKey",
        "businessKey",
        "caseInstanceId",
        "ended",
        "suspended",
        "tenantId",
    }
    assert (found["ended"], found["businessKey"]) == (False, "B-1")
    assert hall.get("/process-instance", "siti").json == [found]


def test_ended_instance_is_history(hall: Hall) -> None:
    hall.deployed()
    instance_id = hall.finished()

    body = assert_problem(hall.get(f"/process-instance/{instance_id}"), 404)
    assert "/history/process-instance" in body["message"]
    assert hall.get("/process-instance").json == []
    assert hall.get(f"/process-instance/{instance_id}/variables").json["nomor"]["value"] == 7


def test_instance_of_others_is_out_of_sight(hall: Hall, letter: str) -> None:
    for path in (
        f"/process-instance/{letter}",
        f"/process-instance/{letter}/variables",
        f"/history/process-instance/{letter}",
        f"/history/process-instance/{letter}/replay",
        f"/history/process-instance/{letter}/verify",
    ):
        assert_problem(hall.get(path, "tamu"), 403)
    for path in ("/process-instance", "/history/process-instance", "/history/activity-instance"):
        assert hall.get(path, "tamu").json == []


def test_cancelling_takes_a_reason(hall: Hall, letter: str) -> None:
    body = assert_problem(hall.call("DELETE", f"/process-instance/{letter}", "siti", json={}), 400)

    assert "reason" in body["fields"]
    assert "deleteReason" in body["message"]


def test_cancelled_instance_keeps_its_reason(hall: Hall, letter: str) -> None:
    other = hall.started()
    query = f"/process-instance/{letter}?reason=salah%20alamat&skipCustomListeners=true"

    assert hall.delete(query, "siti").status_code == 204
    by_body = hall.delete(f"/process-instance/{other}", json={"deleteReason": "ganda"})

    assert by_body.status_code == 204
    past = hall.get(f"/history/process-instance/{letter}").json
    assert (past["state"], past["deleteReason"]) == ("EXTERNALLY_TERMINATED", "salah alamat")
    assert hall.get(f"/history/process-instance/{other}").json["deleteReason"] == "ganda"
    assert_problem(hall.delete(query, "siti"), 409, "ProcessInstanceEndedException")


def test_only_starter_and_admins_cancel(hall: Hall, letter: str) -> None:
    assert_problem(hall.delete(f"/process-instance/{letter}?reason=x", "budi"), 403)


def test_incident_is_listed_and_retried(hall: Hall) -> None:
    hall.deployed(STUCK)
    instance_id = hall.post("/process-definition/key/macet/start", {}, "siti").json["id"]
    assert hall.complete(hall.open_task(instance_id)["id"], "siti").status_code == 204

    (incident,) = hall.get("/incident", "siti", processInstanceId=instance_id).json
    assert (incident["incidentType"], incident["activityId"]) == ("failedJob", "pilih")
    assert set(incident) == {
        "id",
        "processDefinitionId",
        "processInstanceId",
        "executionId",
        "incidentTimestamp",
        "incidentType",
        "activityId",
        "failedActivityId",
        "causeIncidentId",
        "rootCauseIncidentId",
        "configuration",
        "tenantId",
        "incidentMessage",
        "jobDefinitionId",
        "annotation",
    }
    assert hall.get("/incident/count").json == {"count": 1}
    assert hall.get("/incident/count", "siti").json == {"count": 1}
    assert hall.get("/incident", "tamu").json == []
    assert hall.get("/process-instance/count", withIncident="true").json == {"count": 1}
    assert_problem(hall.post(f"/incident/{incident['id']}/retry", {}, "siti"), 403)

    values = {"modifications": {"nilai": {"value": 5}}}
    assert hall.post(f"/process-instance/{instance_id}/variables", values).status_code == 204
    assert hall.post(f"/incident/{incident['id']}/retry", {}, "analis").status_code == 204
    assert hall.get(f"/history/process-instance/{instance_id}").json["state"] == "COMPLETED"
    assert hall.get("/incident").json == []
