"""Files over the API: in as base64, out as bytes that nobody's browser runs."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from tests.diagrams import end, field, form, line, process, start, user
from tests.engine.handing_in import file_field
from tests.webhooks.rest.hall import Hall, assert_problem

CONTENT = b"%PDF isi <script>alert(1)</script>"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
LETTER = process(
    start("mulai", form(file_field("dasar"))),
    user("isi", form(file_field("surat", required=True), file_field("lampiran", several=True))),
    user("setuju", form(field("catatan"))),
    end("selesai"),
    line("mulai", "isi", "setuju", "selesai"),
    key="surat",
    lanes={"Petugas": ["mulai", "isi"], "Kepala": ["setuju", "selesai"]},
)


def a_file(content: bytes = CONTENT, name: Any = "surat.pdf", **info: Any) -> dict[str, Any]:
    text = base64.b64encode(content).decode()
    said = {"filename": name, "mimeType": "text/html", **info}
    return {"value": text, "type": "File", "valueInfo": said}


@pytest.fixture
def letter(hall: Hall) -> str:
    """The id of an instance that was started with a file."""
    hall.deployed(LETTER)
    body = {"variables": {"dasar": a_file(b"SK", "sk.txt")}}
    started = hall.post("/process-definition/key/surat/start", body, "siti")
    return str(started.json["id"])


def complete(hall: Hall, letter: str, headers: Any = None, **variables: Any) -> Any:
    task_id = hall.open_task(letter)["id"]
    return hall.post(
        f"/task/{task_id}/complete",
        {"variables": variables, "withVariablesInReturn": True},
        "siti",
        headers=headers,
    )


def test_a_file_comes_in_and_is_answered_without_its_bytes(hall: Hall, letter: str) -> None:
    answer = complete(hall, letter, surat=a_file())

    surat = answer.json["surat"]
    assert (surat["type"], surat["value"]) == ("File", None)
    assert surat["valueInfo"].pop("document")
    assert surat["valueInfo"] == {
        "filename": "surat.pdf",
        "mimeType": "text/html",
        "size": len(CONTENT),
        "sha256": DIGEST,
    }
    path = f"/process-instance/{letter}/variables/surat"
    assert hall.get(path, deserializeValue="true").json["value"] is None
    detail = hall.get("/history/detail", processInstanceId=letter).json
    assert {each["variableType"] for each in detail} == {"File"}


@pytest.mark.parametrize("place", ["process-instance", "task", "execution"])
def test_bytes_are_a_download_that_no_browser_runs(hall: Hall, letter: str, place: str) -> None:
    complete(hall, letter, surat=a_file(name="Surat – “Ké”.html"))
    paths = {
        "process-instance": f"/process-instance/{letter}/variables/surat/data",
        "task": f"/task/{hall.open_task(letter)['id']}/variables/surat/data",
        "execution": f"/execution/{letter}/localVariables/surat/data",
    }

    answer = hall.get(paths[place], "kepala")

    assert answer.data == CONTENT
    headers = answer.headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith("attachment; filename")
    assert "filename*=UTF-8''Surat%20" in headers["Content-Disposition"]
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    digest = base64.b64encode(bytes.fromhex(DIGEST)).decode()
    assert headers["Repr-Digest"] == f"sha-256=:{digest}:"


def test_several_files_are_a_list(hall: Hall, letter: str) -> None:
    files = [a_file(b"a", "a.txt"), a_file(b"b", "b.txt")]
    complete(hall, letter, surat=a_file(), lampiran={"type": "File", "value": files})

    listed = hall.get(f"/process-instance/{letter}/documents").json
    assert [(e["name"], e["activityId"], e["userId"]) for e in listed] == [
        ("sk.txt", None, "siti"),
        ("a.txt", "isi", "siti"),
        ("b.txt", "isi", "siti"),
        ("surat.pdf", "isi", "siti"),
    ]
    path = f"/process-instance/{letter}/documents/{listed[2]['id']}/data"
    assert hall.get(path).data == b"b"
    assert_problem(hall.get(f"/process-instance/{letter}/variables/lampiran/data"), 400)


def test_an_answered_file_may_be_sent_back(hall: Hall, letter: str) -> None:
    dasar = hall.get(f"/process-instance/{letter}/variables/dasar").json

    answer = complete(hall, letter, surat=dasar)

    assert answer.json["surat"] == dasar


def test_a_file_of_another_instance_is_refused(hall: Hall, letter: str) -> None:
    body = {"variables": {"dasar": a_file(b"rahasia", "r.txt")}}
    other = hall.post("/process-definition/key/surat/start", body, "siti").json["id"]
    foreign = hall.get(f"/process-instance/{other}/variables/dasar").json

    refused = complete(hall, letter, surat=foreign)

    assert "surat" in assert_problem(refused, 400, "InvalidRequestException")["fields"]
    document = foreign["valueInfo"]["document"]
    assert_problem(hall.get(f"/process-instance/{letter}/documents/{document}/data"), 404)


def test_bytes_become_a_file(hall: Hall, letter: str) -> None:
    text = base64.b64encode(CONTENT).decode()
    answer = complete(hall, letter, surat=a_file(), mentah={"value": text, "type": "Bytes"})

    assert answer.json["mentah"]["valueInfo"]["filename"] == "data.bin"
    assert hall.get(f"/process-instance/{letter}/variables/mentah/data").data == CONTENT


@pytest.mark.parametrize(
    "variable",
    [
        {"value": "%%%", "type": "File", "valueInfo": {"filename": "a"}},
        {"value": 7, "type": "File", "valueInfo": {"filename": "a"}},
        {"value": ["a"], "type": "File", "valueInfo": {"filename": "a"}},
        {"value": "", "type": "File", "valueInfo": {"filename": "a"}},
        {"value": "YQ==", "type": "File", "valueInfo": {"filename": 7}},
        {"value": "YQ==", "type": "File", "valueInfo": {"filename": ""}},
        {"value": "YQ==", "type": "File", "valueInfo": "a"},
        {"value": "YQ==", "type": "File"},
        {"value": None, "type": "File", "valueInfo": {"document": "x"}},
        {"value": {"a": 1}, "type": "Bytes"},
    ],
)
def test_what_is_no_file_is_refused_by_name(hall: Hall, letter: str, variable: Any) -> None:
    refused = complete(hall, letter, surat=variable)

    fields = assert_problem(refused, 400)["fields"]
    assert [name.removeprefix("variables.") for name in fields] == ["surat"]


def test_a_missing_file_is_a_fault_of_the_form(hall: Hall, letter: str) -> None:
    refused = complete(hall, letter, surat={"value": None, "type": "File"})

    problem = assert_problem(refused, 400, "FormFieldValidationException")
    assert problem["fields"] == {"surat": ["Isian ini wajib diisi."]}


def test_the_same_request_with_files_is_done_once(hall: Hall, letter: str) -> None:
    task_id = hall.open_task(letter)["id"]

    def again(content: bytes) -> Any:
        body = {"variables": {"surat": a_file(content)}}
        key = {"Idempotency-Key": "k"}
        return hall.post(f"/task/{task_id}/complete", body, "siti", headers=key)

    assert again(CONTENT).status_code == 204
    assert again(CONTENT).headers["Idempotency-Replayed"] == "true"
    assert_problem(again(b"lain"), 422)


def test_strangers_get_no_bytes(hall: Hall, letter: str) -> None:
    document = hall.get(f"/process-instance/{letter}/documents").json[0]["id"]
    for path in (
        f"/process-instance/{letter}/documents",
        f"/process-instance/{letter}/documents/{document}/data",
        f"/process-instance/{letter}/variables/dasar/data",
        f"/execution/{letter}/localVariables/dasar/data",
        f"/task/{hall.open_task(letter)['id']}/variables/dasar",
        f"/task/{hall.open_task(letter)['id']}/variables/dasar/data",
    ):
        assert_problem(hall.get(path, "tamu"), 403)
        assert_problem(hall.get(path, None), 401)


def test_a_large_body_is_read_only_where_files_are_taken(hall: Hall, letter: str) -> None:
    large = b"x" * (7 * 1024 * 1024)
    task_id = hall.open_task(letter)["id"]
    body = {"variables": {"surat": a_file(large)}}

    for path in (f"/task/{task_id}/claim", "/task", "/external-task/fetchAndLock"):
        assert_problem(hall.post(path, body, "siti"), 413, "PayloadTooLargeException")
    assert_problem(hall.post(f"/task/{task_id}/complete", body, None), 401)
    assert complete(hall, letter, surat=a_file(large)).status_code == 200


def test_a_file_that_is_too_large_is_refused_by_name(hall: Hall, letter: str) -> None:
    refused = complete(hall, letter, surat=a_file(b"x" * (20 * 1024 * 1024 + 1)))

    [reason] = assert_problem(refused, 400)["fields"]["surat"]
    assert "batasnya 20 MB" in reason


def test_a_body_beyond_all_files_is_refused(hall: Hall, letter: str) -> None:
    refused = complete(hall, letter, surat=a_file(b"x" * (46 * 1024 * 1024)))

    assert_problem(refused, 413, "PayloadTooLargeException")
