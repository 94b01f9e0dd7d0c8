from __future__ import annotations

import base64
import io

import pytest

from engine.settings import Settings
from tests.office import ADMIN
from tests.webhooks.rest.hall import LETTER, PASSWORD, Hall, assert_problem
from webhooks import create_app
from webhooks.rest.api import SCOPES


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


def bearing(hall: Hall, who: str, *scopes: str) -> dict[str, str]:
    name = " ".join(scopes)
    _, secret = hall.engine.access_tokens.create(who, name, scopes=scopes, actor=ADMIN)
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("read", "GET", "/task"),
        ("read", "POST", "/task"),
        ("read", "POST", "/task/count"),
        ("tasks", "POST", "/process-definition/key/surat/start"),
        ("tasks", "POST", "/task/x/complete"),
        ("tasks", "DELETE", "/process-instance/x"),
        ("tasks", "POST", "/incident/x/retry"),
        ("deploy", "POST", "/deployment/create"),
        ("deploy", "DELETE", "/deployment/x"),
        ("deploy", "POST", "/simulation"),
        ("worker", "POST", "/external-task/fetchAndLock"),
        ("worker", "PUT", "/external-task/x/retries"),
    ],
)
def test_a_token_does_what_its_scope_says_and_nothing_else(
    hall: Hall, scope: str, method: str, path: str
) -> None:
    others = {"read", "tasks", "deploy", "worker"} - {scope}

    allowed = hall.call(method, path, None, headers=bearing(hall, "admin", scope))
    refused = hall.call(method, path, None, headers=bearing(hall, "admin", *sorted(others)))

    assert allowed.status_code not in {401, 403}, allowed.text
    body = assert_problem(refused, 403, "AuthorizationException")
    assert f"lacks the scope {scope}" in body["message"]


def test_every_route_has_a_scope(hall: Hall) -> None:
    routes = {
        (method, rule.rule)
        for rule in hall.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/engine-rest") and rule.endpoint != "api-docs.openapi_json"
    }

    assert set(SCOPES) == routes


def test_a_scope_gives_no_more_than_the_account_may(hall: Hall) -> None:
    header = bearing(hall, "siti", "deploy")
    data = {"deployment-name": "x", "berkas": (io.BytesIO(LETTER.encode()), "surat.bpmn")}

    response = hall.call("POST", "/deployment/create", None, data=data, headers=header)

    assert "analyst" in assert_problem(response, 403)["message"]


def test_a_token_that_is_revoked_in_use_is_refused_at_its_next_request(hall: Hall) -> None:
    token, secret = hall.engine.access_tokens.create("siti", "ci", actor=ADMIN)
    header = {"Authorization": f"Bearer {secret}"}
    assert hall.call("GET", "/task", None, headers=header).status_code == 200

    hall.engine.access_tokens.revoke("siti", token.token_id, actor=ADMIN)

    assert_problem(hall.call("GET", "/task", None, headers=header), 401)


def test_wrong_tokens_are_counted_and_right_ones_pass(hall: Hall) -> None:
    wrong = {"Authorization": "Bearer alur_unknown"}
    for _ in range(60):
        assert hall.call("GET", "/task", None, headers=wrong).status_code == 401

    refused = hall.call("GET", "/task", None, headers=wrong)
    assert_problem(refused, 429, "TooManyRequestsException")
    assert refused.headers["Retry-After"] == "61"
    right = hall.call("GET", "/task", None, headers=bearing(hall, "siti", "read"))
    assert right.status_code == 200
    hall.office.clock.advance(minutes=1)
    assert hall.call("GET", "/task", None, headers=wrong).status_code == 401


def test_an_account_writes_so_often_in_a_minute(hall: Hall) -> None:
    small = create_app(hall.engine, Settings(writes_per_minute=2)).test_client()
    statuses = [
        small.post("/engine-rest/task/x/claim", auth=("siti", PASSWORD)).status_code
        for _ in range(3)
    ]

    assert statuses == [404, 404, 429]
    assert small.get("/engine-rest/task", auth=("siti", PASSWORD)).status_code == 200
    assert small.post("/engine-rest/task/x/claim", auth=("budi", PASSWORD)).status_code == 404
