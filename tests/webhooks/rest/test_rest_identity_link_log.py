"""Who was given a task, was offered it, or lost it."""

from __future__ import annotations

import pytest

from tests.diagrams import end, line, process, start
from tests.webhooks.rest.hall import Hall

#: The first step is budi's, the second is offered to siti and to a group.
NAMED = process(
    start("mulai"),
    '<bpmn:userTask id="isi" camunda:assignee="budi"/>',
    '<bpmn:userTask id="periksa" camunda:candidateUsers="siti" camunda:candidateGroups="Kepala"/>',
    end("selesai"),
    line("mulai", "isi", "periksa", "selesai"),
    key="bernama",
    lanes={"Petugas": ["mulai", "isi", "periksa", "selesai"]},
)


@pytest.fixture
def moved(hall: Hall) -> str:
    """A letter that siti claimed, handed to budi, and that an admin took from him."""
    hall.deployed()
    started = hall.started()
    task = hall.open_task(started)["id"]
    for path, body, who in (
        ("claim", {"userId": "siti"}, "siti"),
        ("assignee", {"userId": "budi"}, "siti"),
        ("unclaim", {}, "admin"),
    ):
        hall.office.clock.advance(minutes=1)
        assert hall.post(f"/task/{task}/{path}", body, who).status_code == 204
    return started


def links(hall: Hall, **query: str) -> list[str]:
    order = {"sortBy": "time", "sortOrder": "asc"}
    return [
        f"{row['operationType']} {row['type']} {row['userId'] or row['groupId']}"
        for row in hall.get("/history/identity-link-log", **order, **query).json
    ]


def test_a_task_goes_from_hand_to_hand(hall: Hall, moved: str) -> None:
    assert links(hall, processInstanceId=moved) == [
        "add candidate Petugas",
        "add assignee siti",
        "delete assignee siti",
        "add assignee budi",
        "delete assignee budi",
    ]


def test_without_an_order_all_instances_are_told_by_time(hall: Hall, moved: str) -> None:
    hall.office.clock.advance(minutes=1)
    others = [hall.started() for _ in range(5)]
    hall.office.clock.advance(minutes=1)
    hall.post(f"/task/{hall.open_task(moved)['id']}/claim", {"userId": "siti"}, "siti")

    found = hall.get("/history/identity-link-log", maxResults="50").json
    times = [row["time"] for row in found]
    assert times == sorted(times)
    assert found[0]["processInstanceId"] == found[-1]["processInstanceId"] == moved
    assert {row["processInstanceId"] for row in found[5:10]} == set(others)


def test_a_link_says_whose_doing_it_was(hall: Hall, moved: str) -> None:
    [row] = hall.get("/history/identity-link-log", operationType="add", userId="budi").json

    task = hall.open_task(moved)
    assert row == {
        "id": row["id"],
        "time": "2026-01-05T07:32:00.000+0700",
        "type": "assignee",
        "userId": "budi",
        "groupId": None,
        "taskId": task["id"],
        "processInstanceId": moved,
        "processDefinitionId": task["processDefinitionId"],
        "processDefinitionKey": "surat",
        "operationType": "add",
        "assignerId": "siti",
        "tenantId": None,
        "removalTime": None,
        "rootProcessInstanceId": moved,
    }


def test_what_the_diagram_says_is_there_from_the_beginning(hall: Hall) -> None:
    hall.deployed(NAMED)
    started = hall.post("/process-definition/key/bernama/start", {}, "siti").json["id"]
    first = hall.open_task(started)["id"]
    assert links(hall, taskId=first, type="assignee") == ["add assignee budi"]
    hall.post(f"/task/{first}/unclaim", {}, "budi")
    assert links(hall, taskId=first, type="assignee") == [
        "add assignee budi",
        "delete assignee budi",
    ]

    hall.complete(first, "siti")
    second = hall.open_task(started)["id"]
    assert sorted(links(hall, taskId=second)) == ["add candidate Kepala", "add candidate siti"]
    assert links(hall, groupId="Kepala") == ["add candidate Kepala"]
    assert links(hall, userId="siti") == ["add candidate siti"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 5),
        ({"type": "assignee"}, 4),
        ({"type": "candidate"}, 1),
        ({"type": "owner"}, 0),
        ({"operationType": "delete"}, 2),
        ({"userId": "siti"}, 2),
        ({"groupId": "Petugas"}, 1),
        ({"groupId": "Petugas", "userId": "siti"}, 0),
        ({"assignerId": "siti"}, 3),
        ({"assignerId": "admin"}, 1),
        ({"dateAfter": "2026-01-05T07:31:30.000+0700"}, 3),
        ({"dateBefore": "2026-01-05T07:31:30.000+0700"}, 2),
        ({"processDefinitionKey": "surat"}, 5),
        ({"processDefinitionKey": "lain"}, 0),
        ({"taskId": "?"}, 0),
        ({"processInstanceId": "?"}, 0),
    ],
)
def test_filter_of_identity_links(
    hall: Hall, moved: str, query: dict[str, str], count: int
) -> None:
    assert hall.get("/history/identity-link-log/count", **query).json == {"count": count}
    assert len(hall.get("/history/identity-link-log", **query).json) == count
    assert hall.post("/history/identity-link-log/count", query).json == {"count": count}


@pytest.mark.parametrize("field", ["time", "userId", "groupId", "operationType", "assignerId"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_of_identity_links_are_the_whole(
    hall: Hall, moved: str, field: str, order: str
) -> None:
    wish = {"sortBy": field, "sortOrder": order}
    whole = hall.get("/history/identity-link-log", **wish).json
    page = hall.get("/history/identity-link-log", **wish, maxResults="2")
    found = page.json
    while "Link" in page.headers:
        link = page.headers["Link"].split(">")[0].removeprefix("</engine-rest")
        page = hall.get(link)
        found += page.json

    assert found == whole
    assert (
        hall.get("/history/identity-link-log", **wish, firstResult=1, maxResults=2).json
        == (whole[1:3])
    )


def test_staff_see_the_identity_links_of_their_instances(hall: Hall, moved: str) -> None:
    assert hall.get("/history/identity-link-log/count", "siti").json == {"count": 5}
    assert hall.get("/history/identity-link-log", "tamu").json == []
