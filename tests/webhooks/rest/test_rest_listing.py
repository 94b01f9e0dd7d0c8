from __future__ import annotations

import pytest

from engine.settings import Settings
from engine.store import Store
from tests.webhooks.rest.hall import Hall, assert_problem
from webhooks.schemas.tasks import TaskFilter

LISTINGS = (
    "/deployment",
    "/process-definition",
    "/process-instance",
    "/task",
    "/incident",
    "/history/process-instance",
    "/history/activity-instance",
    "/history/task",
    "/history/user-operation",
    "/history/detail",
    "/history/incident",
    "/history/variable-instance",
)
WITH_POST = (
    "/process-instance",
    "/task",
    "/history/process-instance",
    "/history/activity-instance",
    "/history/task",
    "/history/variable-instance",
    "/history/detail",
)


@pytest.mark.parametrize("path", LISTINGS)
def test_unknown_filter_is_a_400_that_names_it(hall: Hall, path: str) -> None:
    for place in (path, f"{path}/count"):
        body = assert_problem(hall.get(place, assigne="siti"), 400, "InvalidRequestException")
        assert "assigne" in body["message"]
        assert set(body["fields"]) == {"assigne"}


@pytest.mark.parametrize("path", LISTINGS)
def test_filter_that_is_not_supported_is_a_400_that_says_so(hall: Hall, path: str) -> None:
    body = assert_problem(hall.get(path, tenantIdIn="a"), 400)

    assert "tenantIdIn" in body["message"]
    assert "not support" in body["message"]


@pytest.mark.parametrize("path", WITH_POST)
def test_filters_of_a_body_are_judged_as_those_of_a_query(hall: Hall, path: str) -> None:
    for place in (path, f"{path}/count"):
        assert "assigne" in assert_problem(hall.post(place, {"assigne": "siti"}), 400)["fields"]
        assert "orQueries" in assert_problem(hall.post(place, {"orQueries": [{}]}), 400)["fields"]
        assert hall.post(place, {"tenantIdIn": None, "orQueries": []}).status_code == 200


@pytest.mark.parametrize("query", [{"sortBy": "id"}, {"sortOrder": "asc"}])
def test_order_takes_both_words(hall: Hall, query: dict[str, str]) -> None:
    assert_problem(hall.get("/task", **query), 400)


@pytest.mark.parametrize(
    "query",
    [
        {"sortBy": "caseExecutionId", "sortOrder": "asc"},
        {"sortBy": "id", "sortOrder": "up"},
        {"maxResults": "-1"},
        {"firstResult": "x"},
        {"maxResults": "99999999999999999999"},
        {"priority": "high"},
        {"createdAfter": "yesterday"},
        {"createdAfter": "2026-01-05"},
        {"unassigned": "perhaps"},
        {"priority": "2147483648"},
        {"createdAfter": "0001-01-01T00:00:00.000+1400"},
        {"createdAfter": "2026-02-30T00:00:00.000+0000"},
        {"taskDefinitionKeyIn": "a," * 1001},
        {"candidateGroup": "a", "candidateUser": "b"},
        {"candidateGroup": "a", "candidateGroups": "b"},
        {"assigned": "true", "unassigned": "true"},
    ],
)
def test_filter_of_wrong_form_is_a_400(hall: Hall, query: dict[str, str]) -> None:
    assert assert_problem(hall.get("/task", **query), 400)["fields"]


def test_page_and_order(hall: Hall) -> None:
    hall.deployed()
    ids = [hall.started(business_key=f"B-{n}") for n in range(3)]

    order = {"sortBy": "businessKey", "sortOrder": "desc"}
    page = hall.get("/process-instance", firstResult=1, maxResults=1, **order).json
    assert [each["id"] for each in page] == [ids[1]]
    body = {"sorting": [order], "processInstanceIds": ids[:2]}
    page = hall.post("/process-instance?firstResult=0&maxResults=1", body).json
    assert [each["id"] for each in page] == [ids[1]]
    assert hall.post("/process-instance/count", body).json == {"count": 2}
    query = f"/process-instance/count?processInstanceIds={ids[0]},{ids[1]}"
    assert hall.get(query).json == {"count": 2}


@pytest.mark.parametrize(
    "moment",
    [
        "2026-01-05T07:29:59.999+0700",
        "2026-01-05T07:29:59.999+07:00",
        "2026-01-05T00:29:59.999Z",
        "2026-01-05T00:29:59.999+0000",
        "2026-01-05T00:29:59Z",
    ],
)
def test_both_forms_of_the_offset_are_read(hall: Hall, letter: str, moment: str) -> None:
    assert hall.get("/task/count", createdAfter=moment).json == {"count": 1}
    assert hall.get("/task/count", createdBefore=moment).json == {"count": 0}


@pytest.mark.parametrize("path", ["/task", "/process-instance", "/process-definition"])
def test_nothing_is_ever_suspended(hall: Hall, letter: str, path: str) -> None:
    assert hall.get(path, suspended="True").json == []
    assert hall.get(f"{path}/count", suspended="true").json == {"count": 0}
    for query in ({"suspended": "False"}, {"active": "true"}, {"withoutTenantId": "true"}):
        assert len(hall.get(path, **query).json) == 1


@pytest.mark.parametrize("path", ["/task", "/deployment", "/process-definition"])
def test_body_of_a_get_is_tolerated(hall: Hall, letter: str, path: str) -> None:
    assert len(hall.call("GET", path, "analis" if path != "/task" else "siti", json={}).json) == 1


def test_every_listing_answers_and_counts(hall: Hall) -> None:
    hall.deployed()
    hall.finished()
    hall.started()
    for path in LISTINGS:
        rows = hall.get(path).json
        assert hall.get(f"{path}/count").json == {"count": len(rows)}
    for path in WITH_POST:
        assert hall.post(path).json == hall.get(path).json


def test_text_that_no_database_keeps_is_a_400(hall: Hall) -> None:
    for place in ("/task?assignee=%00", "/task/%00", "/task?%00=a", "/deployment/a%00"):
        assert_problem(hall.get(place), 400)
    for text in ("a\0", "\ud800"):
        assert_problem(hall.post("/task", {"assignee": text}), 400)
        assert_problem(hall.post("/task", {"taskDefinitionKeyIn": [text]}), 400)
        assert_problem(hall.post("/task/x/assignee", {"userId": text}), 400)


def test_every_listing_answers_on_both_databases(store: Store) -> None:
    hall = Hall(store, Settings())
    hall.deployed()
    hall.finished()
    hall.started()

    for path in LISTINGS:
        rows = hall.get(path).json
        assert hall.get(f"{path}/count").json == {"count": len(rows)}
        assert path.endswith("/incident") or rows
    for name in sorted(TaskFilter.sortable):
        assert hall.get("/task", "siti", sortBy=name, sortOrder="desc").status_code == 200
    for pattern in ("%", "a\\", "_%", "\\%"):
        assert hall.get("/task", "siti", nameLike=pattern).status_code == 200
