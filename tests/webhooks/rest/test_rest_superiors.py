"""Overdue tasks that went up to superiors, and the order of superiors, over the API."""

from __future__ import annotations

from typing import Any

import pytest

from engine.overdue_tasks import OverdueTasks
from tests.diagrams import end, line, process, start, user
from tests.webhooks.rest.hall import Hall, assert_problem

ORDER = [{"lane": "Petugas", "superior": "Kepala", "after": "PT2H"}]


@pytest.fixture
def task_id(hall: Hall) -> str:
    """A task of Petugas that went up to Kepala; below Petugas there is one that did not."""
    put(hall, 0, ORDER)
    step = user("isi").replace("<bpmn:userTask ", '<bpmn:userTask camunda:dueDate="PT1H" ')
    drawn = process(start(), step, end(), line("s", "isi", "e"), lanes={"Petugas": ["s", "isi"]})
    definition = hall.office.deploy(drawn)
    risen = hall.office.start(definition)
    hall.office.clock.advance(hours=5)
    OverdueTasks(hall.engine.escalations, hall.office.clock).turn(lambda: False)
    hall.office.start(definition)
    return hall.office.task(risen, "isi").task_id


def put(hall: Hall, revision: int, order: list[dict[str, str]], who: str = "admin") -> Any:
    body = {"revision": revision, "superiors": order}
    return hall.call("PUT", "/superiors", who, json=body)


def test_a_superior_finds_it_assigns_it_and_does_not_complete_it(hall: Hall, task_id: str) -> None:
    found = hall.get("/task?escalatedTo=Kepala", "kepala").json
    assert [each["id"] for each in found] == [task_id]
    assert hall.get("/task/count?escalated=true", "siti").json == {"count": 1}
    assert hall.get("/task/count?escalated=false", "siti").json == {"count": 2}
    assert hall.get("/task?escalatedTo=Kepala", "tamu").json == []

    assert hall.get(f"/task/{task_id}/escalations", "kepala").json == [
        {
            "level": 1,
            "lane": "Kepala",
            "at": "2026-01-05T12:30:00.000+0700",
            "due": "2026-01-05T08:30:00.000+0700",
        }
    ]
    assert_problem(hall.get(f"/task/{task_id}/escalations", "tamu"), 403)
    assert hall.post(f"/task/{task_id}/assignee", {"userId": "budi"}, "kepala").status_code == 204
    assert hall.get(f"/task/{task_id}", "kepala").json["assignee"] == "budi"
    assert hall.post(f"/task/{task_id}/unclaim", {}, "kepala").status_code == 204
    assert_problem(hall.post(f"/task/{task_id}/claim", {}, "kepala"), 403)
    assert_problem(hall.post(f"/task/{task_id}/complete", {}, "kepala"), 403)


def test_the_order_is_read_by_all_and_changed_by_admins(hall: Hall) -> None:
    brought = hall.get("/superiors", "tamu").json
    assert brought["revision"] == 0
    assert {"lane": "Bidang", "superior": "Sekretaris", "after": "P1D"} in brought["superiors"]

    changed = put(hall, 0, ORDER)

    assert (changed.status_code, changed.json["changedBy"]) == (200, "admin")
    assert hall.get("/superiors", "siti").json["superiors"] == ORDER
    assert_problem(put(hall, 0, []), 409)
    assert_problem(put(hall, 1, [], "siti"), 403)
    assert_problem(put(hall, 1, [*ORDER, *ORDER]), 400)
    assert_problem(put(hall, 1, [{"lane": "A", "superior": "A"}]), 400)
    assert_problem(put(hall, 1, [{"lane": "A", "superior": "B", "after": "besok"}]), 400)
