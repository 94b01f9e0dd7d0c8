from __future__ import annotations

import base64

import pytest

from tests.office import ADMIN
from tests.webhooks.rest.hall import PASSWORD, Hall, assert_problem


def basic(text: bytes) -> str:
    return "Basic " + base64.b64encode(text).decode()


@pytest.mark.parametrize(
    "path",
    [
        "/deployment?maxResults=0",
        "/process-definition",
        "/task",
        "/history/process-instance/x/verify",
        "/no-such-thing",
        "//deployment",
    ],
)
def test_nobody_gets_in_without_a_proof(hall: Hall, path: str) -> None:
    response = hall.get(path, who=None)

    assert_problem(response, 401, "AuthenticationException")
    assert response.headers["WWW-Authenticate"] == 'Basic realm="Alur", Bearer'


@pytest.mark.parametrize(
    "header",
    [
        basic(b"siti:wrong-password"),
        basic(b"nobody:" + PASSWORD.encode()),
        basic(b"no-colon"),
        "Basic not*base64",
        "Basic",
        "Bearer alur_unknown",
        "Bearer ",
        "Digest x",
        "",
    ],
)
def test_wrong_proof_is_a_401(hall: Hall, header: str) -> None:
    response = hall.call("GET", "/task", None, headers={"Authorization": header})

    assert_problem(response, 401, "AuthenticationException")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_password_may_come_in_utf8_or_latin1(hall: Hall, encoding: str) -> None:
    hall.engine.accounts.add(
        "wayan", display_name="Wayan", password="sandi-bagús-sekali", actor=ADMIN
    )

    header = basic("wayan:sandi-bagús-sekali".encode(encoding))
    response = hall.call("GET", "/task", None, headers={"Authorization": header})

    assert response.status_code == 200


def test_access_token_is_a_proof(hall: Hall) -> None:
    _, secret = hall.engine.access_tokens.create("analis", "modeler", actor=ADMIN)

    header = {"Authorization": f"Bearer {secret}"}
    response = hall.call("GET", "/deployment?maxResults=0", None, headers=header)

    assert (response.status_code, response.json) == (200, [])


def test_account_that_was_deactivated_is_out(hall: Hall) -> None:
    hall.engine.accounts.deactivate("siti", actor=ADMIN)

    assert_problem(hall.get("/task", "siti"), 401)


@pytest.mark.parametrize("path", ["/version", "/engine", "/openapi.json"])
def test_what_this_server_is_may_be_read_by_all(hall: Hall, path: str) -> None:
    assert hall.get(path, who=None).status_code == 200


def test_version_is_the_level_of_the_dialect(hall: Hall) -> None:
    assert hall.get("/version").json == {"version": "7.24.0"}


def test_unknown_path_is_a_404_for_those_who_are_in(hall: Hall) -> None:
    assert_problem(hall.get("/no-such-thing"), 404, "NotFoundException")


@pytest.mark.parametrize("path", ["/deployment//count", "/deployment/", "/task//x"])
def test_no_path_of_the_api_redirects(hall: Hall, path: str) -> None:
    assert_problem(hall.get(path), 404)


def test_wrong_method_is_a_405_that_names_the_right_ones(hall: Hall) -> None:
    response = hall.call("PUT", "/version", "auditor")

    assert_problem(response, 405)
    assert "GET" in response.headers["Allow"]


def test_answers_are_not_stored_and_not_guessed(hall: Hall) -> None:
    for response in (hall.get("/version"), hall.get("/task", who=None), hall.get("/nix")):
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_modeler_finds_the_pages(hall: Hall) -> None:
    client = hall.app.test_client()

    found = client.get("/.well-known/camunda-automation-platform/webapps").json

    assert found == dict.fromkeys(("adminUrl", "cockpitUrl", "tasklistUrl"), "http://localhost/")
