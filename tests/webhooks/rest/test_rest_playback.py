"""Replay, states and comparisons over the API: pages of steps, only what is proved."""

from __future__ import annotations

import io
import re

import pytest
from pypdf import PdfReader

from engine.history_codes import code_of
from tests.engine.test_verify import tamper
from tests.webhooks.rest.hall import Hall, assert_problem


@pytest.fixture
def done(hall: Hall) -> str:
    """The id of a letter that is done: three steps."""
    hall.deployed()
    return hall.finished()


def of(instance_id: str, what: str) -> str:
    return f"/history/process-instance/{instance_id}/{what}"


def test_steps_come_in_pages(hall: Hall, done: str) -> None:
    whole = hall.get(of(done, "replay")).json
    pages, after = [], 0
    while after is not None:
        page = hall.get(of(done, "replay"), after=after, maxResults=2).json
        pages.append(page["frames"])
        after = page["next"]

    assert [len(frames) for frames in pages] == [2, 1]
    assert [*pages[0], *pages[1]] == whole["frames"]
    assert (whole["total"], whole["recorded"], whole["next"], whole["faults"]) == (3, 3, None, [])
    orders = [taken["order"] for frame in whole["frames"] for taken in frame["taken"]]
    assert orders == list(range(1, len(orders) + 1))


def test_page_beyond_the_last_step_is_empty(hall: Hall, done: str) -> None:
    page = hall.get(of(done, "replay"), after=99).json

    assert (page["frames"], page["next"]) == ([], None)


def test_nothing_is_told_from_a_fault_on(hall: Hall, done: str) -> None:
    tamper(hall.office.store, "UPDATE history_event SET actor = 'budi' WHERE revision = 2")

    page = hall.get(of(done, "replay")).json

    assert [frame["number"] for frame in page["frames"]] == [1]
    assert (page["total"], page["recorded"]) == (1, 3)
    assert page["faults"][0]["check"] == "chain"


def test_state_is_that_after_a_step_or_at_a_moment(hall: Hall, done: str) -> None:
    first, last = (hall.get(of(done, "state"), **query).json for query in ({"step": 1}, {}))

    assert [each["activityId"] for each in first["activities"]] == ["isi"]
    assert set(first["activities"][0]) == {
        "activityInstanceId",
        "activityId",
        "activityName",
        "activityType",
        "lane",
        "localVariables",
        "ordinal",
        "startTime",
        "assignee",
        "due",
    }
    assert (first["ended"], last["ended"], last["activities"]) == (False, True, [])
    assert (last["step"], last["total"]) == (3, 3)
    # All of it happened at one moment: the last step counts.
    assert hall.get(of(done, "state"), at=first["at"]).json["step"] == 3
    before = hall.get(of(done, "state"), at="2020-01-01T00:00:00.000+0700").json
    assert (before["step"], before["at"], before["variables"]) == (0, None, {})


@pytest.mark.parametrize(
    ("what", "query"),
    [
        ("state", {"step": 4}),
        ("state", {"step": -1}),
        ("state", {"step": 1, "at": "2026-01-05T00:00:00.000+0700"}),
        ("state", {"at": "kemarin"}),
        ("state", {"langkah": 1}),
        ("replay", {"maxResults": 0}),
        ("replay", {"after": "x"}),
    ],
)
def test_what_is_asked_wrongly_is_a_400(
    hall: Hall, done: str, what: str, query: dict[str, object]
) -> None:
    assert_problem(hall.get(of(done, what), **query), 400)


def test_instance_is_compared_with_another_and_with_the_straight_path(
    hall: Hall, done: str
) -> None:
    other = hall.finished()

    found = hall.get(of(done, "compare"), **{"with": other}).json
    straight = hall.get(of(done, "compare")).json

    assert (found["instanceId"], found["with"]) == (done, other)
    assert all(each["left"] and each["right"] for each in found["rounds"])
    assert set(found["rounds"][0]) == {
        "activityId",
        "activityName",
        "ordinal",
        "left",
        "right",
        "isRepeat",
        "isMoved",
        "isByOthers",
    }
    assert straight["with"] is None
    assert all(each["right"]["startTime"] is None for each in straight["rounds"])


def test_only_who_may_see_the_instance_is_answered(hall: Hall, done: str) -> None:
    for what in ("replay", "state", "compare"):
        assert_problem(hall.get(of("nix", what)), 404)
        assert hall.get(of(done, what), "admin").status_code == 200


def test_an_instance_comes_as_pdf_and_its_code_is_known(hall: Hall, done: str) -> None:
    answer = hall.get(of(done, "pdf"))
    assert answer.mimetype == "application/pdf"
    text = PdfReader(io.BytesIO(answer.data)).pages[0].extract_text()
    [code] = set(re.findall(r"(?:[0-9A-Z]{5}-){4}[0-9A-Z]{5}", text))

    found = hall.get(f"/history/code/{code}").json

    verified = hall.get(of(done, "verify")).json
    assert found["sequence"] == verified["events"]
    assert (found["later"], found["sound"]) == (0, True)
    assert code_of(done, found["hash"]) == code
    assert_problem(hall.get(f"/history/code/{code[:-1]}"), 400, "InvalidRequestException")
    assert_problem(hall.get(f"/history/code/{code_of(done, 'f' * 64)}"), 404)
