from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from engine import errors
from engine.model import TaskState
from tests.webhooks.rest.hall import Hall, assert_problem
from webhooks.problems import PROBLEMS, answer, problem_of

CLASSES = [
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, errors.EngineError)
]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_has_a_status(kind: type[errors.EngineError]) -> None:
    error = kind.__new__(kind)

    assert 400 <= problem_of(error).status <= 599
    if kind not in {errors.EngineError, errors.StorageError}:
        parents = [each for each in kind.__mro__[1:] if each in PROBLEMS]
        assert kind in PROBLEMS or parents[0] is not errors.EngineError


@contextmanager
def asked(hall: Hall) -> Iterator[None]:
    """A request that has kept nothing yet."""
    with hall.app.test_request_context("/engine-rest/x"):
        hall.engine.note_anew()
        yield


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (errors.RevisionConflict("i", 2), 409, "OptimisticLockingException"),
        (errors.IdempotencyKeyReused("k"), 422, "IdempotencyKeyReusedException"),
        (errors.StorageFull(), 503, "StorageFullException"),
        (errors.StorageOutdated(), 503, "StorageOutdatedException"),
        (errors.StorageUnusable(), 503, "StorageUnusableException"),
        (errors.ReplayMismatch("i", 1, "a", "b"), 500, "ReplayMismatchException"),
        (errors.UnboundStep(), 500, "MachineFaultException"),
    ],
)
def test_error_is_answered_by_the_table(
    hall: Hall, error: errors.EngineError, status: int, kind: str
) -> None:
    with asked(hall):
        response = answer(error)

    assert (response.status_code, response.json["type"]) == (status, kind)


def test_lost_race_has_camundas_code(hall: Hall) -> None:
    with hall.app.test_request_context("/engine-rest/x"):
        assert answer(errors.RevisionConflict("i", 2)).json["code"] == 1


def test_busy_database_says_when_to_come_back(hall: Hall) -> None:
    with asked(hall):
        busy = answer(errors.StorageBusy())

    assert (busy.json["type"], busy.headers["Retry-After"]) == ("StorageBusyException", "1")


def test_second_completion_says_who_and_when(hall: Hall) -> None:
    ended_at = datetime(2026, 1, 5, 0, 30, tzinfo=UTC)
    error = errors.TaskNotOpen("t", TaskState.COMPLETED, "siti", ended_at)
    with hall.app.test_request_context("/engine-rest/x"):
        body = answer(error).json

    assert body["endedBy"] == "siti"
    assert body["endedAt"] == "2026-01-05T07:30:00.000+0700"
    assert (body["taskId"], body["state"]) == ("t", "completed")


@pytest.mark.parametrize("path", ["/engine-rest/version", "/masuk"])
def test_full_disk_is_one_line_of_the_log(
    hall: Hall, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def fail() -> None:
        raise errors.StorageFull

    endpoint, _ = hall.app.url_map.bind("").match(path)
    monkeypatch.setitem(hall.app.view_functions, endpoint, fail)

    assert hall.app.test_client().get(path).status_code == 503
    assert f"GET {path} failed: The database has no room left" in caplog.text
    # A full disk is not to be filled by its own log.
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("error", [errors.StorageFull, ZeroDivisionError])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_log_of_failures_has_no_token_of_a_link(
    hall: Hall,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    error: type[Exception],
) -> None:
    """Whoever reads the log could do the task by it: after a failure it is not used up."""

    def fail(**_: str) -> None:
        raise error

    endpoint, _ = hall.app.url_map.bind("").match("/hook/a.secret", method)
    monkeypatch.setitem(hall.app.view_functions, endpoint, fail)

    assert hall.app.test_client().open("/hook/a.secret", method=method).status_code >= 500
    assert f"{method} /hook/<token> failed" in caplog.text
    assert "secret" not in caplog.text


def test_unexpected_error_tells_nothing_of_the_inside(
    hall: Hall, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("the secret inside")

    monkeypatch.setitem(hall.app.view_functions, "version.get_version", fail)
    body = assert_problem(hall.get("/version"), 500, "ProcessEngineException")

    assert "secret" not in str(body)
    assert "the secret inside" in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"7",
        b'{"variables": {"a": {"value": NaN}}}',
        b'{"variables": {"a": {"value": Infinity}}}',
        b'{"businessKey": "a", "businessKey": "b"}',
        b"\xff\xfe{}",
        b'{"a":' * 100_000,
    ],
)
def test_body_that_is_not_strict_json_is_a_400(hall: Hall, body: bytes) -> None:
    hall.deployed()
    response = hall.call(
        "POST",
        "/process-definition/key/surat/start",
        "siti",
        data=body,
        content_type="application/json",
    )

    assert_problem(response, 400)


def test_body_of_another_kind_is_a_415(hall: Hall) -> None:
    response = hall.call("POST", "/task", "siti", data=b"a=b", content_type="text/plain")

    assert_problem(response, 415)


def test_body_beyond_the_limit_is_a_413(hall: Hall) -> None:
    response = hall.call(
        "POST", "/task", "siti", data=b" " * 7_000_000, content_type="application/json"
    )

    assert_problem(response, 413)


def test_fields_of_wrong_type_are_named(hall: Hall, letter: str) -> None:
    task = hall.open_task(letter)
    body = assert_problem(hall.post(f"/task/{task['id']}/complete", {"variables": []}, "siti"), 400)

    assert set(body["fields"]) == {"variables"}
