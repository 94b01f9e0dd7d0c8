from __future__ import annotations

import io
from typing import Any

import pytest

from tests.diagrams import end, line, process, script, start, user
from tests.webhooks.rest.hall import LETTER, STUCK, Hall, assert_problem

DEFINITION_KEYS = {
    "id",
    "key",
    "category",
    "description",
    "name",
    "version",
    "resource",
    "deploymentId",
    "diagram",
    "suspended",
    "tenantId",
    "versionTag",
    "historyTimeToLive",
    "startableInTasklist",
}


def send(hall: Hall, data: Any, who: str = "analis") -> Any:
    return hall.call("POST", "/deployment/create", who, data=data)


def test_deployment_has_every_key_of_the_dialect(hall: Hall) -> None:
    body = hall.deploy(LETTER).json

    assert set(body) >= {
        "links",
        "id",
        "name",
        "source",
        "deploymentTime",
        "tenantId",
        "deployedProcessDefinitions",
        "deployedDecisionDefinitions",
        "deployedDecisionRequirementsDefinitions",
        "deployedCaseDefinitions",
    }
    assert (body["links"], body["source"], body["tenantId"]) == ([], "tes", None)
    assert body["deploymentTime"] == "2026-01-05T07:30:00.000+0700"
    assert set(hall.deployed()) == DEFINITION_KEYS


def test_same_files_again_give_their_current_definitions(hall: Hall) -> None:
    first = hall.deploy(LETTER).json
    again = hall.deploy(LETTER).json

    assert again["id"] == first["id"]
    assert again["deployedProcessDefinitions"] == first["deployedProcessDefinitions"]


def test_definition_of_the_first_file_comes_first(hall: Hall) -> None:
    for _ in range(2):
        body = hall.deploy(LETTER, STUCK).json
        keys = [each["key"] for each in body["deployedProcessDefinitions"].values()]
        assert keys == ["surat", "macet"]


def test_file_is_named_by_its_file_name_as_the_modeler_and_pycamunda_send_it(hall: Hall) -> None:
    data = {
        "deployment-name": "surat",
        "enable-duplicate-filtering": "True",
        "deploy-changed-only": "False",
        "surat.bpmn": (io.BytesIO(LETTER.encode()), "surat.bpmn"),
        "resource-1": (io.BytesIO(b"catatan"), "catatan.txt"),
    }

    deployment = send(hall, data).json
    files = hall.get(f"/deployment/{deployment['id']}/resources", "analis").json

    assert sorted(each["name"] for each in files) == ["catatan.txt", "surat.bpmn"]
    note = next(each for each in files if each["name"] == "catatan.txt")
    path = f"/deployment/{deployment['id']}/resources/{note['id']}"
    assert hall.get(path, "analis").json == note
    content = hall.get(f"{path}/data", "analis")
    assert content.data == b"catatan"
    assert content.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"deployment-name": "kosong"}, "file"),
        ({"data": LETTER}, "data"),
        ({"data": (io.BytesIO(b"x"), "catatan.txt")}, "file"),
        ({"tenant-id": "t", "data": (io.BytesIO(b"x"), "a.bpmn")}, "tenant-id"),
        ({"deploy-changed-only": "TRUE", "data": (io.BytesIO(b"x"), "a.bpmn")}, "deploy-changed-"),
    ],
)
def test_upload_without_a_diagram_or_with_an_unknown_part_is_a_400(
    hall: Hall, data: Any, named: str
) -> None:
    body = assert_problem(send(hall, data), 400)

    assert any(name.startswith(named) for name in body["fields"])


def test_two_files_of_one_name_are_a_400(hall: Hall) -> None:
    data = {
        "a": (io.BytesIO(LETTER.encode()), "surat.bpmn"),
        "b": (io.BytesIO(STUCK.encode()), "surat.bpmn"),
    }

    assert "surat.bpmn" in assert_problem(send(hall, data), 400)["message"]


def test_refused_diagram_is_a_parse_exception_with_its_places(hall: Hall) -> None:
    bad = process(start(), user("isi"), script("hitung", "import os"), end(), line("s", "isi", "e"))

    body = assert_problem(hall.deploy(bad), 400, "ParseException")

    assert body["message"].startswith("ENGINE-09005 Could not parse BPMN process.")
    details = body["details"]["berkas-0.bpmn"]
    assert set(details) == {"errors", "warnings"}
    assert "hitung" in {fault["mainElementId"] for fault in details["errors"]}
    for fault in details["errors"]:
        assert set(fault) >= {"message", "line", "column", "mainElementId", "elementIds"}
        assert " / " in fault["message"]
        assert fault["message"] in body["message"]


def test_file_that_is_not_xml_is_a_parse_exception(hall: Hall) -> None:
    assert_problem(hall.deploy("<a"), 400, "ParseException")


@pytest.mark.parametrize("who", ["siti", "auditor"])
def test_only_analysts_and_admins_deploy(hall: Hall, who: str) -> None:
    body = assert_problem(hall.deploy(LETTER, who=who), 403, "AuthorizationException")

    assert body["userId"] == who
    assert set(body["missingAuthorizations"][0]) == {
        "permissionName",
        "resourceName",
        "resourceId",
    }


def test_deployments_are_listed_counted_and_found(hall: Hall) -> None:
    deployment = hall.deploy(LETTER).json

    assert hall.get("/deployment", maxResults=0).json == []
    (listed,) = hall.get("/deployment", nameLike="sur%", after="2026-01-05T00:00:00.000Z").json
    assert listed == hall.get(f"/deployment/{deployment['id']}").json
    assert set(listed) == {"links", "id", "name", "source", "deploymentTime", "tenantId"}
    assert hall.get("/deployment/count", name="lain").json == {"count": 0}
    assert_problem(hall.get("/deployment/nix"), 404)


def test_unused_deployment_is_taken_back(hall: Hall) -> None:
    deployment = hall.deploy(LETTER).json

    gone = hall.delete(f"/deployment/{deployment['id']}?cascade=true", "analis")

    assert (gone.status_code, gone.data) == (204, b"")
    assert_problem(hall.get(f"/deployment/{deployment['id']}"), 404)


def test_deployment_with_instances_stays_even_with_cascade(hall: Hall, letter: str) -> None:
    deployment = hall.get("/deployment").json[0]

    body = assert_problem(hall.delete(f"/deployment/{deployment['id']}?cascade=True"), 409)

    assert body["type"] == "DeploymentInUseException"
    assert hall.get(f"/history/process-instance/{letter}").status_code == 200


def test_files_are_for_those_who_answer_for_diagrams(hall: Hall) -> None:
    deployment = hall.deploy(LETTER).json

    assert_problem(hall.get(f"/deployment/{deployment['id']}/resources", "siti"), 403)
    assert hall.get(f"/deployment/{deployment['id']}/resources", "auditor").status_code == 200


def test_file_name_that_no_header_can_say_is_a_400(hall: Hall) -> None:
    boundary = "x"
    part = 'Content-Disposition: form-data; name="a"; filename="a\x07.bpmn"'
    body = f"--{boundary}\r\n{part}\r\n\r\n{LETTER}\r\n--{boundary}--\r\n"
    kind = f"multipart/form-data; boundary={boundary}"

    response = hall.call("POST", "/deployment/create", "analis", data=body, content_type=kind)

    assert "a" in assert_problem(response, 400)["fields"]


@pytest.mark.parametrize("name", ["keputusan.dmn", "isian.form"])
def test_decision_or_form_alone_is_refused_with_what_runs(hall: Hall, name: str) -> None:
    body = assert_problem(send(hall, {name: (io.BytesIO(b"{}"), name)}), 400)

    assert name in body["message"]
    assert "Alur runs BPMN files (.bpmn)" in body["message"]
