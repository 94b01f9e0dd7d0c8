"""Personal data over HTTP: given in clear to who may see it, erased by admins."""

from __future__ import annotations

from tests.diagrams import end, field, form, line, process, start, user
from tests.engine.test_personal_data import ADDRESS, personal
from tests.webhooks.rest.hall import Hall, assert_problem

FORM = form(field("pegawai"), personal("alamat", subject="pegawai"), personal("umur", "long"))
BASIS = {"basis": "400/12", "basisDate": "2026-01-05", "reason": "permintaan"}


def running(hall: Hall) -> str:
    hall.deployed(
        process(
            start("s", form(personal("telepon"))),
            user("isi", FORM),
            user("tinjau"),
            end(),
            line("s", "isi", "tinjau", "e"),
            key="data",
            lanes={"Petugas": ["s", "isi", "e"], "Kepala": ["tinjau"]},
        )
    )
    body = {"variables": {"telepon": {"value": "0812"}}, "withVariablesInReturn": True}
    started = hall.post("/process-definition/key/data/start", body, "siti").json
    assert started["variables"]["telepon"]["value"] == "0812"
    return str(started["id"])


def filled_in(hall: Hall) -> str:
    instance_id = running(hall)
    values = {"pegawai": "P-19", "alamat": ADDRESS, "umur": 47}
    body = {
        "variables": {name: {"value": value} for name, value in values.items()},
        "withVariablesInReturn": True,
    }
    task = hall.open_task(instance_id)["id"]
    fields = hall.get(f"/task/{task}/form-fields", "siti").json["fields"]
    assert [(each["id"], each["personal"], each["subject"]) for each in fields] == [
        ("pegawai", False, None),
        ("alamat", True, "pegawai"),
        ("umur", True, None),
    ]
    answer = hall.post(f"/task/{task}/complete", body, "siti")
    assert answer.json["alamat"] == {"value": ADDRESS, "type": "String", "valueInfo": {}}
    return instance_id


def test_answers_have_the_value_and_then_that_it_was_erased(hall: Hall) -> None:
    instance_id = filled_in(hall)
    path = f"/process-instance/{instance_id}/variables"
    task = hall.open_task(instance_id)["id"]

    before = [
        hall.get(f"{path}/umur", "kepala").json,
        hall.get(f"/task/{task}/form-variables", "kepala").json["umur"],
    ]
    details = hall.get("/history/detail", processInstanceId=instance_id).json
    persons = hall.get("/personal-data").json
    of_siti = next(each["id"] for each in persons if each["account"])
    done = hall.post(f"/personal-data/{of_siti}/erase", BASIS).json
    after = hall.get(f"{path}/umur", "kepala").json

    assert [each["value"] for each in before] == [47, 47]
    assert {ADDRESS, 47, "0812"} <= {each["value"] for each in details}
    assert after["value"] == "(dihapus pada 2026-01-05, dasar: 400/12 tanggal 2026-01-05)"
    assert after["type"] == "String"
    assert (done["valueCount"], done["account"], done["byRetention"]) == (2, "siti", False)
    assert hall.get("/erasure").json == [done]
    assert hall.get("/erasure/count").json == {"count": 1}
    report = hall.get(f"/erasure/{done['id']}").json
    assert [each["processInstanceId"] for each in report["holdings"]] == [instance_id]


def test_one_person_has_his_holdings(hall: Hall) -> None:
    instance_id = filled_in(hall)
    persons = hall.get("/personal-data").json
    person = next(each for each in persons if each["name"] == "P-19")

    found = hall.get(f"/personal-data/{person['id']}").json

    assert hall.get("/personal-data/count").json == {"count": 2}
    assert hall.post("/personal-data", {"name": "p-19"}, "auditor").json == [person]
    assert hall.get("/personal-data", name="P-1").json == []
    assert found["holdings"] == [
        {
            "processInstanceId": instance_id,
            "processDefinitionKey": "data",
            "businessKey": None,
            "valueCount": 1,
            "personCount": 1,
        }
    ]


def test_an_external_worker_and_a_stranger_get_no_value(hall: Hall) -> None:
    instance_id = filled_in(hall)

    assert_problem(hall.get("/personal-data", "siti"), 403)
    assert_problem(hall.get(f"/process-instance/{instance_id}/variables", "tamu"), 403)
    person = hall.get("/personal-data").json[0]["id"]
    assert_problem(hall.post(f"/personal-data/{person}/erase", BASIS, "auditor"), 403)
    assert_problem(hall.post("/personal-data/unknown/erase", BASIS), 404)
    assert_problem(hall.post(f"/personal-data/{person}/erase", {**BASIS, "basis": " "}), 400)


def test_only_what_outlived_its_retention_is_erased_in_one_go(hall: Hall) -> None:
    instance_id = filled_in(hall)

    body = {**BASIS, "processInstanceIds": [instance_id]}

    assert hall.get("/personal-data/outlived").json == []
    problem = assert_problem(hall.post("/personal-data/outlived/erase", body), 400)
    assert instance_id in problem["message"]
