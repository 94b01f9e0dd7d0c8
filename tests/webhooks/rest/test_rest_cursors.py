"""Cursors of the listings of history: pages that follow each other by their Link header."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from werkzeug.http import parse_options_header

from tests.webhooks.rest.hall import Hall, assert_problem

LISTINGS = (
    "/history/process-instance",
    "/history/activity-instance",
    "/history/task",
    "/history/user-operation",
    "/history/variable-instance",
    "/history/detail",
)


def next_of(response: Any) -> str | None:
    """Where the Link header leads, below /engine-rest."""
    link = response.headers.get("Link")
    if link is None:
        return None
    target, options = parse_options_header(link)
    assert options == {"rel": "next"}
    return target.strip("<>").removeprefix("/engine-rest")


def followed(hall: Hall, response: Any, **more: Any) -> list[Any]:
    """The rows of a page and of all that come after it."""
    found = list(response.json)
    while path := next_of(response):
        response = hall.call("POST" if more else "GET", path, "auditor", **more)
        assert response.status_code == 200, response.text
        found += response.json
    return found


@pytest.fixture
def letters(hall: Hall) -> list[str]:
    hall.deployed()
    return [hall.finished(), hall.started(), hall.started("budi", None)]


@pytest.mark.parametrize("path", LISTINGS)
def test_pages_lead_to_each_other(hall: Hall, letters: list[str], path: str) -> None:
    whole = hall.get(path).json

    assert len(whole) > 2
    assert followed(hall, hall.get(path, maxResults=2)) == whole
    assert next_of(hall.get(path, maxResults=len(whole))) is None
    assert next_of(hall.get(path, maxResults=0)) is None


def test_the_link_keeps_filters_and_order(hall: Hall, letters: list[str]) -> None:
    asked = {"processInstanceId": letters[0], "sortBy": "startTime", "sortOrder": "desc"}
    whole = hall.get("/history/activity-instance", **asked).json

    first = hall.get("/history/activity-instance", **asked, firstResult=1, maxResults=2)

    assert followed(hall, first) == whole[1:]


def test_a_body_is_sent_again_to_the_next_page(hall: Hall, letters: list[str]) -> None:
    body = {"unfinished": True, "sorting": [{"sortBy": "endTime", "sortOrder": "desc"}]}
    whole = hall.post("/history/task", body, "auditor").json

    first = hall.post("/history/task?maxResults=1", body, "auditor")

    assert len(whole) == 2
    assert followed(hall, first, json=body) == whole


def test_what_comes_in_meanwhile_moves_no_page(hall: Hall, letters: list[str]) -> None:
    newest_first = {"sortBy": "startTime", "sortOrder": "desc", "maxResults": 1}
    first = hall.get("/history/process-instance", **newest_first)
    seen = first.json[0]["id"]
    hall.office.clock.advance(hours=1)
    hall.started()

    rest = followed(hall, first)

    assert [each["id"] for each in rest].count(seen) == 1
    assert {each["id"] for each in rest} == set(letters)


def _made_up(order: Any, values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps([order, values]).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "%00",
        "é",
        "A" * 5000,
        _made_up([], None),
        _made_up([], [1, 2]),
        _made_up([], ["i", 2**70]),
        _made_up([], [True, 1]),
        _made_up([], [{"at": 10**30}, 1]),
        _made_up([], ["a\0b", 1]),
        _made_up([["at", "asc"]], [{"at": 0}, "i", 1]),
        _made_up([], "[" * 900),
    ],
)
def test_what_is_no_cursor_of_the_listing_is_refused(hall: Hall, cursor: str) -> None:
    body = assert_problem(hall.get("/history/user-operation", after=cursor), 400)

    assert set(body["fields"]) == {"after"}


def test_a_cursor_and_a_number_are_not_combined(hall: Hall, letters: list[str]) -> None:
    path = next_of(hall.get("/history/task", maxResults=1))

    body = assert_problem(hall.get(f"{path}&firstResult=1"), 400)

    assert set(body["fields"]) == {"after"}


def test_a_cursor_shows_nothing_that_its_bearer_may_not_see(hall: Hall, letters: list[str]) -> None:
    path = next_of(hall.get("/history/task", maxResults=1))

    assert hall.get(path or "", "tamu").json == []
