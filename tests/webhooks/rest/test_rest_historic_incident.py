"""Incidents as history tells them: open, resolved, or gone with their instance."""

from __future__ import annotations

import pytest

from tests.webhooks.rest.hall import STUCK, Hall


@pytest.fixture
def stuck(hall: Hall) -> tuple[str, str, str]:
    """Three instances that got stuck: one is still, one was helped, one was cancelled."""
    hall.deployed(STUCK)
    waiting, helped, cancelled = (_stuck(hall) for _ in range(3))
    values = {"modifications": {"nilai": {"value": 5}}}
    hall.post(f"/process-instance/{helped}/variables", values)
    [incident] = hall.get("/incident", processInstanceId=helped).json
    hall.post(f"/incident/{incident['id']}/retry", {}, "analis")
    hall.delete(f"/process-instance/{cancelled}?reason=keliru")
    return waiting, helped, cancelled


def _stuck(hall: Hall) -> str:
    hall.office.clock.advance(minutes=1)
    started: str = hall.post("/process-definition/key/macet/start", {}, "siti").json["id"]
    hall.complete(hall.open_task(started)["id"], "siti")
    return started


def test_an_incident_says_what_became_of_it(hall: Hall, stuck: tuple[str, str, str]) -> None:
    rows = {row["processInstanceId"]: row for row in hall.get("/history/incident").json}

    standing = {key: (row["open"], row["resolved"], row["deleted"]) for key, row in rows.items()}
    waiting, helped, cancelled = stuck
    assert standing == {
        waiting: (True, False, False),
        helped: (False, True, False),
        cancelled: (False, False, True),
    }
    assert rows[waiting]["endTime"] is None
    assert rows[helped]["endTime"] is not None
    row = rows[waiting]
    assert (row["incidentType"], row["processDefinitionKey"]) == ("failedJob", "macet")
    assert row["activityId"] == row["failedActivityId"] == "pilih"
    assert set(row) == {
        "id",
        "processDefinitionKey",
        "processDefinitionId",
        "processInstanceId",
        "executionId",
        "rootProcessInstanceId",
        "createTime",
        "endTime",
        "removalTime",
        "incidentType",
        "activityId",
        "failedActivityId",
        "causeIncidentId",
        "rootCauseIncidentId",
        "configuration",
        "historyConfiguration",
        "incidentMessage",
        "tenantId",
        "jobDefinitionId",
        "open",
        "deleted",
        "resolved",
        "annotation",
    }


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 3),
        ({"open": "true"}, 1),
        ({"resolved": "true"}, 1),
        ({"deleted": "true"}, 1),
        ({"open": "true", "deleted": "true"}, 0),
        ({"incidentType": "failedJob"}, 3),
        ({"incidentType": "failedExternalTask"}, 0),
        ({"activityId": "pilih", "failedActivityId": "pilih"}, 3),
        ({"activityId": "pilih", "failedActivityId": "isi"}, 0),
        ({"processDefinitionKey": "macet"}, 3),
        ({"processDefinitionKeyIn": "macet,surat"}, 3),
        ({"processDefinitionKeyIn": "surat"}, 0),
        ({"incidentMessageLike": "%nilai%"}, 3),
        ({"createTimeAfter": "2026-01-05T07:32:30.000+0700"}, 1),
        ({"createTimeBefore": "2026-01-05T07:32:30.000+0700"}, 2),
        ({"endTimeAfter": "2026-01-05T07:00:00.000+0700"}, 2),
    ],
)
def test_filter_of_historic_incidents(
    hall: Hall, stuck: tuple[str, str, str], query: dict[str, str], count: int
) -> None:
    assert hall.get("/history/incident/count", **query).json == {"count": count}
    assert len(hall.get("/history/incident", **query).json) == count


def test_each_fact_of_an_incident_finds_it(hall: Hall, stuck: tuple[str, str, str]) -> None:
    row = hall.get("/history/incident", open="true").json[0]
    for name in (
        "processInstanceId",
        "executionId",
        "rootProcessInstanceId",
        "causeIncidentId",
        "rootCauseIncidentId",
        "configuration",
        "historyConfiguration",
    ):
        assert hall.get("/history/incident", **{name: row[name]}).json == [row]
    assert hall.get("/history/incident", incidentId=row["id"]).json == [row]


def test_incidents_are_sorted_and_shown_in_pages(hall: Hall, stuck: tuple[str, str, str]) -> None:
    order = {"sortBy": "endTime", "sortOrder": "desc"}
    whole = hall.get("/history/incident", **order).json
    first = hall.get("/history/incident", **order, maxResults=1)

    link = first.headers["Link"].split(">")[0].removeprefix("</engine-rest")
    assert whole[-1]["endTime"] is None
    assert first.json + hall.get(link).json == whole[:2]


def test_staff_see_the_incidents_of_their_instances(
    hall: Hall, stuck: tuple[str, str, str]
) -> None:
    assert hall.get("/history/incident/count", "siti").json == {"count": 3}
    assert hall.get("/history/incident", "tamu").json == []
