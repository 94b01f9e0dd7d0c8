"""Comments and attachments as Camunda's clients ask for them."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest

from tests.webhooks.rest.hall import Hall, assert_problem

CONTENT = b"<script>alert(1)</script>"


def attach(hall: Hall, path: str, who: str = "siti", **fields: Any) -> Any:
    data = {"content": (io.BytesIO(CONTENT), "../surat.html", "text/html"), **fields}
    given = {name: each for name, each in data.items() if each is not None}
    return hall.call("POST", f"{path}/attachment/create", who, data=given)


@pytest.fixture
def task(hall: Hall, letter: str) -> str:
    """The path of the letter's open task."""
    return f"/task/{hall.open_task(letter)['id']}"


def test_comments_of_a_task_and_of_its_instance(hall: Hall, letter: str, task: str) -> None:
    made = hall.post(f"{task}/comment/create", {"message": "Mohon dicek."}, "siti").json
    hall.post(f"/process-instance/{letter}/comment/create", {"message": "Ya."}, "kepala")

    assert made == {
        "links": [],
        "id": made["id"],
        "userId": "siti",
        "taskId": task.removeprefix("/task/"),
        "processInstanceId": letter,
        "time": "2026-01-05T07:30:00.000+0700",
        "message": "Mohon dicek.",
        "removalTime": None,
        "rootProcessInstanceId": letter,
    }
    assert hall.get(f"{task}/comment").json == [made]
    assert hall.get(f"{task}/comment/{made['id']}").json == made
    assert_problem(hall.get(f"{task}/comment/lain"), 404)
    said = hall.get(f"/process-instance/{letter}/comment").json
    assert [each["message"] for each in said] == ["Mohon dicek.", "Ya."]
    operations = hall.get("/history/user-operation", entityType="Comment").json
    assert [each["taskId"] for each in operations] == [made["taskId"], None]


def test_an_attachment_comes_and_goes_without_being_deleted(
    hall: Hall, letter: str, task: str
) -> None:
    named = {"attachment-name": "Surat", "attachment-type": "html"}
    made = attach(hall, task, **named).json

    assert (made["name"], made["type"], made["filename"]) == ("Surat", "html", "surat.html")
    assert made["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    path = f"{task}/attachment/{made['id']}"
    assert hall.get(path).json == made
    answer = hall.get(f"{path}/data", "siti")
    assert (answer.data, answer.headers["Content-Type"]) == (CONTENT, "application/octet-stream")
    assert_problem(hall.delete(path, "kepala"), 403)
    assert hall.delete(path, "siti").status_code == 204

    assert hall.get(f"{task}/attachment").json == []
    [kept] = hall.get(f"/process-instance/{letter}/attachment").json
    assert (kept["id"], kept["withdrawnBy"]) == (made["id"], "siti")
    listed = hall.get(f"/process-instance/{letter}/documents").json
    assert [(each["name"], each["withdrawn"]) for each in listed] == [("surat.html", True)]
    assert_problem(hall.get(f"{path}/data", "siti"), 403)
    assert hall.get(f"{path}/data", "auditor").data == CONTENT
    frames = hall.get(f"/history/process-instance/{letter}/replay").json["frames"]
    assert [each["kind"] for each in frames[-2:]] == ["attachment_added", "attachment_withdrawn"]
    assert hall.get(f"/history/process-instance/{letter}/verify").json["sound"]


def test_an_address_is_an_attachment_without_bytes(hall: Hall, letter: str) -> None:
    path = f"/process-instance/{letter}"
    made = attach(hall, path, content=None, url="https://jdih.example/1").json

    assert (made["url"], made["sha256"]) == ("https://jdih.example/1", None)
    assert hall.get(f"{path}/attachment").json == [made]


@pytest.mark.parametrize(
    "fields",
    [
        {"content": None},
        {"url": "https://a.example"},
        {"content": None, "url": "javascript:alert(1)"},
        {"attachment-name": "a\0b"},
        {"attachment-name": "x" * 256},
        {"content": (io.BytesIO(b""), "kosong.txt")},
    ],
)
def test_what_is_no_attachment_is_refused(hall: Hall, task: str, fields: Any) -> None:
    assert assert_problem(attach(hall, task, **fields), 400)["fields"]
    assert hall.get(f"{task}/attachment").json == []


def test_auditors_and_strangers_add_nothing(hall: Hall, task: str) -> None:
    for who in ("auditor", "tamu", "kepala"):
        assert_problem(hall.post(f"{task}/comment/create", {"message": "x"}, who), 403)
        assert_problem(attach(hall, task, who=who), 403)
    assert_problem(hall.post(f"{task}/comment/create", {}, "siti"), 400)
    assert_problem(hall.post("/task/lain/comment/create", {"message": "x"}, "siti"), 404)
