from __future__ import annotations

import io

import pytest

from tests.webhooks.rest.hall import LETTER, STUCK, Hall, assert_problem


def test_definition_is_found_by_id_and_by_key(hall: Hall) -> None:
    definition = hall.deployed()

    by_id = hall.get(f"/process-definition/{definition['id']}").json
    assert by_id == definition == hall.get("/process-definition/key/surat").json
    assert_problem(hall.get("/process-definition/nix"), 404)
    assert_problem(hall.get("/process-definition/key/nix"), 404)


def test_definitions_are_listed_as_their_people_see_them(hall: Hall) -> None:
    hall.deploy(LETTER, STUCK)

    def keys(who: str, **filters: str) -> list[str]:
        return [each["key"] for each in hall.get("/process-definition", who, **filters).json]

    assert keys("siti", sortBy="key", sortOrder="asc") == ["macet", "surat"]
    assert keys("kepala") == ["surat"]
    assert keys("tamu") == []
    assert keys("analis", keysIn="surat,macet", sortBy="key", sortOrder="desc") == [
        "surat",
        "macet",
    ]
    assert hall.get("/process-definition/count", "kepala", latestVersion="True").json["count"] == 1
    assert_problem(hall.get("/process-definition/key/surat", "tamu"), 403)


def test_xml_is_the_file_that_was_uploaded(hall: Hall) -> None:
    definition = hall.deployed()

    found = hall.get(f"/process-definition/{definition['id']}/xml").json

    assert found == {"id": definition["id"], "bpmn20Xml": LETTER}
    assert hall.get("/process-definition/key/surat/xml").json == found


def test_xml_in_utf16_is_answered_as_text(hall: Hall) -> None:
    content = LETTER.replace("UTF-8", "UTF-16").replace("Mengisi surat", "Mengisi é")
    data = {"a": (io.BytesIO(content.encode("utf-16")), "surat.bpmn")}
    assert hall.call("POST", "/deployment/create", "analis", data=data).status_code == 200

    assert hall.get("/process-definition/key/surat/xml").json["bpmn20Xml"] == content


def test_start_answers_with_every_key(hall: Hall) -> None:
    definition = hall.deployed()
    body = {
        "businessKey": "B-9",
        "variables": {"nomor": {"value": 3, "type": "long", "valueInfo": None}},
        "withVariablesInReturn": True,
        "somethingElse": 1,
    }

    answer = hall.post(f"/process-definition/{definition['id']}/start", body, "siti").json

    assert answer["variables"]["nomor"] == {"value": 3, "type": "Integer", "valueInfo": {}}
    assert {name: answer[name] for name in answer if name not in {"id", "variables"}} == {
        "links": [],
        "definitionId": definition["id"],
        "definitionKey": "surat",
        "businessKey": "B-9",
        "caseInstanceId": None,
        "ended": False,
        "suspended": False,
        "tenantId": None,
    }


def test_start_without_variables_in_return_has_none(hall: Hall) -> None:
    hall.deployed()
    body = {"businessKey": None, "variables": {"nomor": {"value": 1}}}

    assert "variables" not in hall.post("/process-definition/key/surat/start", body, "siti").json


def test_start_form_is_checked(hall: Hall) -> None:
    hall.deployed()

    body = {"businessKey": None, "variables": None}
    response = hall.post("/process-definition/key/surat/start", body, "siti")

    assert "nomor" in assert_problem(response, 400, "FormFieldValidationException")["fields"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"startInstructions": [{"type": "startBeforeActivity"}]}, "startInstructions"),
        ({"caseInstanceId": "c"}, "caseInstanceId"),
        ({"businessKey": 7}, "businessKey"),
    ],
)
def test_start_elsewhere_than_at_the_start_is_refused(
    hall: Hall, body: dict[str, object], named: str
) -> None:
    hall.deployed()

    response = hall.post("/process-definition/key/surat/start", body, "siti")

    assert named in assert_problem(response, 400)["fields"]


@pytest.mark.parametrize("who", ["tamu", "auditor"])
def test_who_takes_no_part_cannot_start(hall: Hall, who: str) -> None:
    hall.deployed()

    body = {"variables": {"nomor": {"value": 1}}}
    assert_problem(hall.post("/process-definition/key/surat/start", body, who), 403)


def test_same_start_again_gives_the_first_answer(hall: Hall) -> None:
    hall.deployed()
    headers = {"Idempotency-Key": "kunci-1"}
    path, body = "/process-definition/key/surat/start", {"variables": {"nomor": {"value": 1}}}

    first = hall.post(path, body, "siti", headers=headers)
    again = hall.post(path, body, "siti", headers=headers)

    assert again.json == first.json
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert hall.get("/process-instance/count").json == {"count": 1}


def test_same_start_again_gives_it_though_there_is_a_later_version_and_an_end(hall: Hall) -> None:
    hall.deployed()
    headers = {"Idempotency-Key": "kunci-1"}
    path, body = "/process-definition/key/surat/start", {"variables": {"nomor": {"value": 1}}}

    first = hall.post(path, body, "siti", headers=headers)
    hall.deployed(LETTER.replace('name="', 'name="Baru: ', 1))
    hall.delete(f"/process-instance/{first.json['id']}?reason=salah", "admin")
    again = hall.post(path, body, "siti", headers=headers)

    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert hall.get("/process-definition/key/surat").json["version"] == 2


def test_key_of_another_start_is_a_422(hall: Hall) -> None:
    hall.deployed()
    headers = {"Idempotency-Key": "kunci-1"}
    path = "/process-definition/key/surat/start"
    hall.post(path, {"variables": {"nomor": {"value": 1}}}, "siti", headers=headers)

    response = hall.post(path, {"variables": {"nomor": {"value": 2}}}, "siti", headers=headers)

    assert_problem(response, 422, "IdempotencyKeyReusedException")


def test_start_form_is_told_in_camundas_ways_and_ours(hall: Hall) -> None:
    definition = hall.deployed()
    for path in (f"/process-definition/{definition['id']}", "/process-definition/key/surat"):
        form = hall.get(f"{path}/startForm", "siti").json
        assert form == {"key": None, "camundaFormRef": None, "contextPath": None}
        variables = hall.get(f"{path}/form-variables", "siti").json
        assert variables["nomor"] == {"value": None, "type": "Long", "valueInfo": {}}
        assert set(hall.get(f"{path}/form-variables", variableNames="perihal").json) == {"perihal"}
        ours = hall.get(f"{path}/start-form-fields", "siti").json
        assert ours["processDefinitionKey"] == "surat"
        number = ours["fields"][0]
        assert (number["id"], number["type"], number["required"]) == ("nomor", "long", True)
        assert set(number) == {
            "id",
            "label",
            "type",
            "default",
            "required",
            "readonly",
            "requiredIf",
            "minimum",
            "maximum",
            "minLength",
            "maxLength",
            "pattern",
            "options",
            "list",
            "group",
            "rows",
            "personal",
            "subject",
        }
