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
