"""Variables as history tells them: what they are or were at the end, and each of their changes."""

from __future__ import annotations

import base64

import pytest

from engine.model import AccountEventKind
from engine.queries import AccountEventQuery
from tests.office import AUDITOR
from tests.webhooks.rest.hall import Hall, assert_problem


@pytest.fixture
def done(hall: Hall) -> str:
    """A letter that is done; its number was set right on the way."""
    hall.deployed()
    instance_id = hall.started()
    hall.office.clock.advance(minutes=1)
    changed = {"modifications": {"nomor": {"value": 8}, "perihal": {"value": "Data"}}}
    hall.post(f"/process-instance/{instance_id}/variables", changed)
    hall.complete(hall.open_task(instance_id)["id"], "siti", isi_surat="halo", jumlah=2)
    hall.complete(hall.open_task(instance_id)["id"], "kepala")
    return instance_id


def test_variables_of_an_ended_instance_are_as_they_were_at_its_end(hall: Hall, done: str) -> None:
    rows = hall.get("/history/variable-instance", processInstanceId=done).json

    values = {row["name"]: (row["value"], row["type"]) for row in rows}
    assert values == {
        "nomor": (8, "Integer"),
        "perihal": ("Data", "String"),
        "isi_surat": ("halo", "String"),
        "jumlah": (2, "Integer"),
    }
    assert len(rows) == 4
    [row] = [row for row in rows if row["name"] == "nomor"]
    assert set(row) == {
        "id",
        "name",
        "type",
        "value",
        "valueInfo",
        "processDefinitionKey",
        "processDefinitionId",
        "processInstanceId",
        "executionId",
        "activityInstanceId",
        "caseDefinitionKey",
        "caseDefinitionId",
        "caseInstanceId",
        "caseExecutionId",
        "taskId",
        "tenantId",
        "errorMessage",
        "state",
        "createTime",
        "removalTime",
        "rootProcessInstanceId",
    }
    assert row["createTime"] == "2026-01-05T07:30:00.000+0700"
    assert row["activityInstanceId"] == row["executionId"] == done
    assert hall.get(f"/history/variable-instance/{row['id']}").json == row


def test_a_variable_has_its_changes(hall: Hall, done: str) -> None:
    [row] = hall.get("/history/variable-instance", variableName="nomor").json

    changes = hall.get("/history/detail", variableInstanceId=row["id"]).json

    assert [(each["value"], each["initial"], each["revision"]) for each in changes] == [
        (7, True, 1),
        (8, False, 2),
    ]
    assert changes[0]["id"] == row["id"]
    assert {each["variableInstanceId"] for each in changes} == {row["id"]}
    assert hall.get(f"/history/detail/{changes[1]['id']}").json == changes[1]
    of_operation = {"userOperationId": changes[1]["userOperationId"]}
    assert {each["variableName"] for each in hall.get("/history/detail", **of_operation).json} == {
        "nomor",
        "perihal",
    }


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 4),
        ({"variableName": "nomor"}, 1),
        ({"variableNameLike": "%a%"}, 3),
        ({"variableNameIn": "nomor,jumlah"}, 2),
        ({"variableName": "isi_surat", "variableValue": "halo"}, 1),
        ({"variableName": "isi_surat", "variableValue": "hal"}, 0),
        ({"processDefinitionKey": "surat"}, 4),
        ({"processInstanceIdIn": "nix"}, 0),
        ({"activityInstanceIdIn": "nix"}, 0),
        ({"createdAfter": "2026-01-05T07:30:30.000+0700"}, 3),
        ({"includeDeleted": "true", "deserializeValues": "false"}, 4),
    ],
)
def test_filter_of_variables(hall: Hall, done: str, query: dict[str, str], count: int) -> None:
    assert hall.get("/history/variable-instance/count", **query).json == {"count": count}
    assert len(hall.get("/history/variable-instance", **query).json) == count


def test_a_value_of_another_type_is_asked_for_in_a_body(hall: Hall, done: str) -> None:
    path = "/history/variable-instance"
    for value, count in ((8, 1), ("8", 0), (7, 0)):
        body = {"variableName": "nomor", "variableValue": value}
        assert len(hall.post(path, body, "auditor").json) == count
    assert "variableName" in assert_problem(hall.get(path, variableValue="8"), 400)["message"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 5),
        ({"initial": "true"}, 1),
        ({"formFields": "true"}, 0),
        ({"formFields": "true", "variableUpdates": "true"}, 5),
        ({"variableName": "nomor"}, 2),
        ({"variableInstanceId": "nix"}, 0),
        ({"userOperationId": "nix:1"}, 0),
        ({"userOperationId": "nix"}, 0),
        ({"activityInstanceId": "a", "taskId": "b"}, 0),
        ({"occurredAfter": "2026-01-05T07:30:30.000+0700"}, 4),
    ],
)
def test_filter_of_changes(hall: Hall, done: str, query: dict[str, str], count: int) -> None:
    assert hall.get("/history/detail/count", **query).json == {"count": count}
    assert len(hall.get("/history/detail", **query).json) == count


def test_changes_are_sorted_and_shown_in_pages(hall: Hall, done: str) -> None:
    hall.started()
    for path, names in (
        ("/history/detail", ("time", "variableName", "variableRevision", "processInstanceId")),
        ("/history/variable-instance", ("createTime", "variableName", "instanceId")),
    ):
        for name in names:
            order = {"sortBy": name, "sortOrder": "desc"}
            whole = hall.get(path, **order).json
            first = hall.get(path, **order, maxResults=2)
            link = first.headers["Link"].split(">")[0].removeprefix("</engine-rest")
            assert first.json + hall.get(link).json == whole[:4]


def test_the_bytes_of_a_file_are_given(hall: Hall, done: str) -> None:
    file = {
        "value": base64.b64encode(b"isi berkas").decode(),
        "type": "File",
        "valueInfo": {"filename": "surat.txt", "mimeType": "text/plain"},
    }
    running = hall.started()
    changed = {"modifications": {"lampiran": file}}
    assert hall.post(f"/process-instance/{running}/variables", changed).status_code == 204

    [row] = hall.get("/history/variable-instance", variableName="lampiran").json

    assert (row["type"], row["value"]) == ("File", None)
    assert row["valueInfo"]["filename"] == "surat.txt"
    assert hall.get(f"/history/variable-instance/{row['id']}/data").data == b"isi berkas"
    [other] = hall.get("/history/variable-instance", variableName="jumlah").json
    assert_problem(hall.get(f"/history/variable-instance/{other['id']}/data"), 400)


@pytest.mark.parametrize(
    "wrong", ["nix", "nix:1:nomor", "a:b:c", "a:99999999999999999999:c", "a:0:c"]
)
def test_what_is_no_variable_is_a_404(hall: Hall, done: str, wrong: str) -> None:
    assert_problem(hall.get(f"/history/variable-instance/{wrong}"), 404)
    assert_problem(hall.get(f"/history/detail/{wrong}"), 404)


def test_others_see_neither_variables_nor_changes(hall: Hall, done: str) -> None:
    [row] = hall.get("/history/variable-instance", variableName="nomor").json

    assert hall.get("/history/variable-instance", "siti", variableName="nomor").json == [row]
    for path in ("/history/variable-instance", "/history/detail"):
        assert hall.get(path, "tamu").json == []
        assert hall.get(f"{path}/count", "tamu").json == {"count": 0}
        assert_problem(hall.get(f"{path}/{row['id']}", "tamu"), 404)


def test_what_auditors_read_of_variables_is_recorded(hall: Hall, done: str) -> None:
    hall.get("/history/variable-instance", processInstanceId=done)

    read = AccountEventQuery(kinds=(AccountEventKind.HISTORY_READ,))
    [event] = hall.engine.account_log.events(read, actor=AUDITOR)
    assert (event.actor, event.payload["instance"]) == ("auditor", done)
