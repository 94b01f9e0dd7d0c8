from __future__ import annotations

from typing import Any

import pytest

from engine.errors import InvalidVariables
from tests.webhooks.rest.hall import Hall, assert_problem
from webhooks.variables import read_variables, write_variable

JSON_INFO = {"serializationDataFormat": "application/json"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ({"value": "a", "type": "String"}, "a"),
        ({"value": "a", "type": "string", "valueInfo": None}, "a"),
        ({"value": "a"}, "a"),
        ({"value": [1, {"b": None}]}, [1, {"b": None}]),
        ({}, None),
        ({"value": True, "type": "boolean"}, True),
        ({"value": -(2**15), "type": "Short"}, -(2**15)),
        ({"value": 2**31 - 1, "type": "Integer"}, 2**31 - 1),
        ({"value": 2**40, "type": "LONG"}, 2**40),
        ({"value": 1, "type": "Double"}, 1),
        ({"value": 1.5, "type": "Double"}, 1.5),
        ({"value": None, "type": "Integer"}, None),
        ({"value": None, "type": "Null"}, None),
        ({"value": "2026-01-23T13:42:42.453+0700", "type": "Date"}, "2026-01-23T13:42:42.453+0700"),
        ({"value": '{"a":[1]}', "type": "Json"}, {"a": [1]}),
        ({"value": {"a": 1}, "type": "Json"}, {"a": 1}),
        ({"value": "[1]", "type": "Object", "valueInfo": JSON_INFO}, [1]),
    ],
)
def test_value_is_read_as_its_type(variable: dict[str, Any], value: Any) -> None:
    assert read_variables({"x": variable}) == {"x": value}


@pytest.mark.parametrize(
    "variable",
    [
        {"value": "abc", "type": "Integer"},
        {"value": True, "type": "Integer"},
        {"value": 1.0, "type": "Long"},
        {"value": 2**15, "type": "Short"},
        {"value": 2**31, "type": "Integer"},
        {"value": 7, "type": "String"},
        {"value": "true", "type": "Boolean"},
        {"value": "1.5", "type": "Double"},
        {"value": "2026-01-23", "type": "Date"},
        {"value": "2026-13-23T13:42:42.453+0700", "type": "Date"},
        {"value": 0, "type": "Null"},
        {"value": "{", "type": "Json"},
        {"value": '{"a": NaN}', "type": "Json"},
        {"value": "x", "type": "Object"},
        {"value": "rO0AB", "type": "Object", "valueInfo": {"serializationDataFormat": "java"}},
        {"value": "x", "type": "Object", "valueInfo": "application/json"},
        {"value": "x", "type": "Bytes"},
        {"value": "x", "type": "File"},
        {"value": "x", "type": "Xml"},
        {"value": "x", "type": "Gadget"},
        {"value": "x", "type": 7},
        "x",
        None,
    ],
)
def test_value_that_is_not_of_its_type_is_refused_by_name(variable: Any) -> None:
    with pytest.raises(InvalidVariables) as refusal:
        read_variables({"jumlah": variable})

    assert set(refusal.value.fields) == {"jumlah"}


@pytest.mark.parametrize(
    ("value", "kind", "written"),
    [
        ("a", "String", "a"),
        (True, "Boolean", True),
        (7, "Integer", 7),
        (2**31, "Long", 2**31),
        (1.5, "Double", 1.5),
        (None, "Null", None),
        (["é", 1], "Json", '["é",1]'),
        ({"a": {}}, "Json", '{"a":{}}'),
    ],
)
def test_value_is_written_with_its_type(value: Any, kind: str, written: Any) -> None:
    assert write_variable(value) == {"value": written, "type": kind, "valueInfo": {}}


def test_wrong_type_in_a_request_is_a_400_that_names_the_variable(hall: Hall) -> None:
    hall.deployed()
    variables = {"nomor": {"value": "abc", "type": "Integer"}}

    response = hall.post("/process-definition/key/surat/start", {"variables": variables}, "siti")

    body = assert_problem(response, 400)
    assert "variables.nomor" in body["message"]
    assert set(body["fields"]) == {"variables.nomor"}


def test_variables_of_an_instance_come_as_camunda_writes_them(hall: Hall) -> None:
    hall.deployed()
    variables = {"nomor": {"value": 1}, "daftar": {"value": '["a"]', "type": "Json"}}
    body = {"variables": variables}
    instance_id = hall.post("/process-definition/key/surat/start", body, "siti").json["id"]

    found = hall.get(f"/process-instance/{instance_id}/variables?deserializeValues=false").json

    assert found["daftar"] == {"value": '["a"]', "type": "Json", "valueInfo": {}}
    one = hall.get(f"/process-instance/{instance_id}/variables/daftar").json
    assert one == found["daftar"]
    assert_problem(hall.get(f"/process-instance/{instance_id}/variables/nix"), 404)


def test_admin_sets_variables(hall: Hall, letter: str) -> None:
    path = f"/process-instance/{letter}/variables"
    body = {"modifications": {"perihal": {"value": "baru", "type": "String"}}}

    assert hall.post(path, body, "admin").status_code == 204

    assert hall.get(f"{path}/perihal").json["value"] == "baru"
    for who in ("siti", "auditor", "analis"):
        assert_problem(hall.post(path, body, who), 403)
    refused = {"modifications": {}, "deletions": ["perihal"]}
    assert "deletions" in assert_problem(hall.post(path, refused), 400)["fields"]
    assert "modifications" in assert_problem(hall.post(path, {}), 400)["fields"]
