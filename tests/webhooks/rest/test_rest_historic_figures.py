"""Figures over many histories."""

from __future__ import annotations

import pytest

from tests.webhooks.rest.hall import STUCK, Hall

ALL = {"finished": "true", "canceled": "true", "completeScope": "true", "incidents": "true"}


@pytest.fixture
def letters(hall: Hall) -> str:
    """Three letters, a minute apart: one goes on, one is done, one was cancelled."""
    definition: str = hall.deployed()["id"]
    for _ in range(3):
        hall.office.clock.advance(minutes=1)
        started = hall.started()
    hall.delete(f"/process-instance/{started}?reason=keliru")
    done = hall.get("/history/process-instance", sortBy="startTime", sortOrder="asc").json[1]["id"]
    assert hall.complete(hall.open_task(done)["id"], "siti", isi_surat="x").status_code == 204
    assert hall.complete(hall.open_task(done)["id"], "kepala").status_code == 204
    return definition


def figures(
    hall: Hall, definition: str, who: str = "auditor", **query: str
) -> dict[str, tuple[int, int, int, int]]:
    rows = hall.get(f"/history/process-definition/{definition}/statistics", who, **query).json
    names = ("instances", "finished", "canceled", "completeScope")
    return {row["id"]: tuple(row[name] for name in names) for row in rows}


def test_only_what_goes_on_is_counted_unless_more_is_asked_for(hall: Hall, letters: str) -> None:
    [row] = hall.get(f"/history/process-definition/{letters}/statistics").json

    assert row == {
        "id": "isi",
        "instances": 1,
        "canceled": 0,
        "finished": 0,
        "completeScope": 0,
        "openIncidents": 0,
        "resolvedIncidents": 0,
        "deletedIncidents": 0,
    }


def test_visits_that_are_over_are_counted_by_how_they_ended(hall: Hall, letters: str) -> None:
    assert figures(hall, letters, **ALL) == {
        "mulai": (0, 3, 0, 0),
        "isi": (1, 2, 1, 0),
        "setuju": (0, 1, 0, 0),
        "selesai": (0, 1, 0, 1),
    }
    assert figures(hall, letters, canceled="true") == {"isi": (1, 0, 1, 0)}
    assert figures(hall, letters, completeScope="true") == {
        "isi": (1, 0, 0, 0),
        "selesai": (0, 0, 0, 1),
    }


@pytest.mark.parametrize(
    ("query", "finished"),
    [
        ({"startedAfter": "2026-01-05T07:32:30.000+0700"}, 1),
        ({"startedBefore": "2026-01-05T07:32:30.000+0700"}, 2),
        ({"finishedAfter": "2026-01-05T07:00:00.000+0700"}, 2),
        ({"finishedBefore": "2026-01-05T07:00:00.000+0700"}, 0),
        ({"processInstanceIdIn": "?"}, 0),
    ],
)
def test_instances_of_statistics_are_filtered(
    hall: Hall, letters: str, query: dict[str, str], finished: int
) -> None:
    found = figures(hall, letters, finished="true", **query)

    assert found.get("mulai", (0, 0, 0, 0))[1] == finished


def test_statistics_stand_by_the_ids_of_elements(hall: Hall, letters: str) -> None:
    names = ["isi", "mulai", "selesai", "setuju"]
    assert list(figures(hall, letters, finished="true")) == names
    order = {"sortBy": "activityId", "sortOrder": "desc"}
    assert list(figures(hall, letters, finished="true", **order)) == names[::-1]
    path = f"/history/process-definition/{letters}/statistics"
    assert hall.get(path, sortBy="activityId").status_code == 400
    assert hall.get(path, sortBy="id", sortOrder="asc").status_code == 400
    assert hall.get(path, finish="true").status_code == 400


def test_incidents_are_counted_by_what_became_of_them(hall: Hall) -> None:
    definition = hall.deployed(STUCK)["id"]
    for _ in range(2):
        started = hall.post("/process-definition/key/macet/start", {}, "siti").json["id"]
        hall.complete(hall.open_task(started)["id"], "siti")
    hall.office.clock.advance(minutes=1)
    hall.delete(f"/process-instance/{started}?reason=keliru")

    path = f"/history/process-definition/{definition}/statistics"
    rows = {row["id"]: row for row in hall.get(path, incidents="true").json}
    standing = [rows["pilih"][f"{name}Incidents"] for name in ("open", "resolved", "deleted")]
    assert standing == [1, 0, 1]


def test_staff_have_statistics_of_what_they_see(hall: Hall, letters: str) -> None:
    assert figures(hall, letters, "siti") == {"isi": (1, 0, 0, 0)}
    path = f"/history/process-definition/{letters}/statistics"
    assert hall.get(path, "tamu").status_code == 403
    assert hall.get("/history/process-definition/?/statistics").status_code == 404


def test_instances_took_so_long_by_the_month_they_were_started_in(hall: Hall, letters: str) -> None:
    hall.office.clock.advance(days=31)
    later = hall.started()
    hall.office.clock.advance(minutes=10)
    hall.delete(f"/process-instance/{later}?reason=keliru")
    path = "/history/process-instance/report"
    minute = 60_000

    rows = hall.get(path, reportType="duration", periodUnit="month").json
    assert rows == [
        {
            "period": 1,
            "periodUnit": "MONTH",
            "minimum": 0,
            "maximum": minute,
            "average": minute // 2,
        },
        {
            "period": 2,
            "periodUnit": "MONTH",
            "minimum": 10 * minute,
            "maximum": 10 * minute,
            "average": 10 * minute,
        },
    ]
    [row] = hall.get(path, reportType="duration", periodUnit="quarter").json
    assert (row["period"], row["periodUnit"]) == (1, "QUARTER")
    assert (row["minimum"], row["maximum"], row["average"]) == (0, 10 * minute, 11 * minute // 3)


@pytest.mark.parametrize(
    ("query", "periods"),
    [
        ({}, 1),
        ({"processDefinitionKeyIn": "surat"}, 1),
        ({"processDefinitionKeyIn": "lain"}, 0),
        ({"processDefinitionIdIn": "?"}, 0),
        ({"startedAfter": "2026-02-01T00:00:00.000+0700"}, 0),
        ({"startedBefore": "2026-02-01T00:00:00.000+0700"}, 1),
    ],
)
def test_instances_of_a_report_are_filtered(
    hall: Hall, letters: str, query: dict[str, str], periods: int
) -> None:
    wish = {"reportType": "duration", "periodUnit": "month", **query}

    assert len(hall.get("/history/process-instance/report", **wish).json) == periods


def test_completed_tasks_are_counted_by_name_or_definition(hall: Hall, letters: str) -> None:
    path = "/history/task/report"
    by_name = hall.get(path, reportType="count", groupBy="taskName").json
    by_definition = hall.get(path, reportType="count", groupBy="processDefinition").json

    row = {
        "taskName": "Mengisi surat",
        "processDefinitionId": letters,
        "processDefinitionKey": "surat",
        "processDefinitionName": by_name[0]["processDefinitionName"],
        "count": 1,
        "tenantId": None,
    }
    assert by_name == [row, {**row, "taskName": "Menyetujui surat"}]
    assert by_definition == [{**row, "taskName": None, "count": 2}]
    after = {"completedAfter": "2026-02-01T00:00:00.000+0700"}
    assert hall.get(path, reportType="count", groupBy="taskName", **after).json == []


def test_completed_tasks_took_so_long(hall: Hall, letters: str) -> None:
    wish = {"reportType": "duration", "periodUnit": "quarter"}
    [row] = hall.get("/history/task/report", **wish).json

    assert row == {
        "period": 1,
        "periodUnit": "QUARTER",
        "minimum": 0,
        "maximum": 60_000,
        "average": 30_000,
    }


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("process-instance", {}),
        ("process-instance", {"reportType": "duration"}),
        ("process-instance", {"reportType": "count", "periodUnit": "month"}),
        ("process-instance", {"reportType": "duration", "periodUnit": "year"}),
        ("task", {"reportType": "duration"}),
        ("task", {"reportType": "count"}),
        ("task", {"reportType": "count", "groupBy": "taskName", "periodUnit": "month"}),
    ],
)
def test_a_report_that_does_not_say_what_it_wants_is_refused(
    hall: Hall, path: str, query: dict[str, str]
) -> None:
    assert hall.get(f"/history/{path}/report", **query).status_code == 400


def test_staff_have_reports_of_what_they_see(hall: Hall, letters: str) -> None:
    duration = {"reportType": "duration", "periodUnit": "month"}
    count = {"reportType": "count", "groupBy": "processDefinition"}
    for path in ("/history/process-instance/report", "/history/task/report"):
        assert len(hall.get(path, "siti", **duration).json) == 1
        assert hall.get(path, "tamu", **duration).json == []
    assert [row["count"] for row in hall.get("/history/task/report", "siti", **count).json] == [1]
