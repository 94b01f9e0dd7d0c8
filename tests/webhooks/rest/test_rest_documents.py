"""What the documents say of the API is what the API is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from engine import errors
from tests.webhooks.rest.hall import Hall
from webhooks.problems import PROBLEMS

README = Path(__file__).parents[3] / "webhooks" / "README.md"
Route = tuple[str, str]


def anonymous(path: str) -> str:
    """The path whatever its parameters are called."""
    return re.sub(r"<[^>]*>|\{[^}]*\}", "{}", path)


def routes(hall: Hall) -> set[Route]:
    """(method, path) of every route below /engine-rest."""
    return {
        (method, anonymous(rule.rule.removeprefix("/engine-rest")))
        for rule in hall.app.url_map.iter_rules()
        if rule.rule.startswith("/engine-rest")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def operations(hall: Hall) -> dict[Route, dict[str, Any]]:
    """What openapi.json says of each route."""
    paths = hall.get("/openapi.json", who=None).json["paths"]
    return {
        (method.upper(), anonymous(path.removeprefix("/engine-rest"))): operation
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method in {"get", "post", "put", "delete"}
    }


def test_readme_has_every_route_and_no_other(hall: Hall) -> None:
    rows = re.findall(r"^\| `(GET|POST|PUT|DELETE) (/[^`?]*)`", README.read_text("utf-8"), re.M)

    assert {(method, anonymous(path)) for method, path in rows} == routes(hall)
    assert len(rows) == len(routes(hall))


def test_openapi_has_every_route_with_a_summary(hall: Hall) -> None:
    described = operations(hall)

    assert set(described) == routes(hall) - {("GET", "/openapi.json")}
    assert [route for route, operation in described.items() if not operation.get("summary")] == []


def test_our_own_routes_are_tagged(hall: Hall) -> None:
    section = README.read_text("utf-8").split("### Tambahan")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(GET|POST|PUT|DELETE) (/[^`]*)`", section, re.M)

    ours = {route for route, said in operations(hall).items() if said["tags"] == ["Tambahan"]}

    assert ours == {(method, anonymous(path)) for method, path in rows}


def test_openapi_says_how_to_prove_who_is_calling(hall: Hall) -> None:
    document = hall.get("/openapi.json", who=None).json

    schemes = document["components"]["securitySchemes"]
    assert {name: scheme["scheme"] for name, scheme in schemes.items()} == {
        "basic": "basic",
        "bearer": "bearer",
    }
    assert document["security"] == [{"basic": []}, {"bearer": []}]
    assert (document["info"]["title"], document["openapi"]) == ("Alur", "3.0.3")
    assert "Tambahan" in {tag["name"] for tag in document["tags"]}


def test_openapi_says_what_is_sent(hall: Hall) -> None:
    said = operations(hall)

    upload = said["POST", "/deployment/create"]["requestBody"]["content"]
    assert "multipart/form-data" in upload
    for route in (("POST", "/task/{}/complete"), ("POST", "/process-definition/key/{}/start")):
        names = {each["name"] for each in said[route]["parameters"]}
        assert "Idempotency-Key" in names
        assert "application/json" in said[route]["requestBody"]["content"]
    filters = {each["name"] for each in said["GET", "/task"]["parameters"]}
    assert {"assignee", "firstResult", "sortBy", "candidateGroups"} <= filters


def test_every_write_takes_a_key_or_says_why_it_needs_none(hall: Hall) -> None:
    readme = README.read_text("utf-8")
    rows = re.findall(r"^\| `(POST|PUT|DELETE) (/[^`?]*)` \| (.*)", readme, re.M)
    writes = [row for row in rows if "filters in the body" not in row[2]]
    section = readme.split("### What is sent again")[1].split("\n### ")[0]
    excused = re.findall(r"`(POST|PUT|DELETE) (/[^`]*)`", section)

    said = {
        (method, anonymous(path)) for method, path, what in writes if "`Idempotency-Key`" in what
    }
    taking = {
        route
        for route, operation in operations(hall).items()
        if "Idempotency-Key" in {each.get("name") for each in operation.get("parameters", [])}
    }
    without = {(method, anonymous(path)) for method, path, _ in writes} - taking
    assert said == taking
    assert sorted((method, anonymous(path)) for method, path in excused) == sorted(without)


def test_openapi_has_no_dangling_reference(hall: Hall) -> None:
    response = hall.get("/openapi.json", who=None)
    document = response.json

    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', response.text)):
        place = document
        for name in reference.split("/"):
            place = place[name]


@pytest.mark.parametrize("kind", sorted(PROBLEMS, key=lambda each: each.__name__))
def test_readme_has_every_error(kind: type[errors.EngineError]) -> None:
    problem = PROBLEMS[kind]

    rows = [row for row in README.read_text("utf-8").splitlines() if f"`{problem.type}`" in row]

    assert any(row.startswith(f"| {problem.status} ") for row in rows)
