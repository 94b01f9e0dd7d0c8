"""One line for each request: whose, what, how long; and nothing that was sent."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from engine.logs import JsonLines, TextLines
from tests.webhooks.pages.browser import Browser
from tests.webhooks.rest.hall import PASSWORD, Hall


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO, "alur.requests"):
        yield caplog


def logged(lines: pytest.LogCaptureFixture) -> dict[str, object]:
    record = [each for each in lines.records if each.name == "alur.requests"][-1]
    parsed: dict[str, object] = json.loads(JsonLines().format(record))
    return parsed


def test_request_of_the_api_is_logged_with_its_caller(
    hall: Hall, lines: pytest.LogCaptureFixture
) -> None:
    answer = hall.get("/task/abc", who="siti")

    line = logged(lines)
    assert line["message"] == "request"
    assert (line["method"], line["route"]) == ("GET", "/engine-rest/task/<task_id>")
    assert (line["status"], line["account"]) == (404, "siti")
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert float(str(line["duration_ms"])) >= 0


def test_request_of_a_page_is_logged_with_its_visitor(
    hall: Hall, lines: pytest.LogCaptureFixture
) -> None:
    page = Browser(hall.app).log_in("siti", PASSWORD)

    assert page.status == 200
    line = logged(lines)
    assert (line["status"], line["account"]) == (200, "siti")


def test_stranger_is_logged_without_a_name(hall: Hall, lines: pytest.LogCaptureFixture) -> None:
    hall.call("GET", "/task", None)

    line = logged(lines)
    assert (line["status"], line["account"]) == (401, None)


@pytest.mark.parametrize("given", ["abc-123_x.Y", "a" * 64])
def test_sane_request_id_is_kept(hall: Hall, given: str) -> None:
    answer = hall.call("GET", "/version", None, headers={"X-Request-Id": given})

    assert answer.headers["X-Request-Id"] == given


HOSTILE = (
    "a" * 65,
    "a b",
    "a\x1b[31m",
    "a\u2028b",
    '"} {"level": "ERROR"',
    "../../etc",
    "$(reboot)",
    "%0d%0aSet-Cookie: x=1",
    "",
)


@pytest.mark.parametrize("given", HOSTILE)
def test_hostile_request_id_is_replaced(
    hall: Hall, lines: pytest.LogCaptureFixture, given: str
) -> None:
    headers = {"X-Request-Id": given.encode("utf-8").decode("latin-1")}
    answer = hall.app.test_client().get("/engine-rest/version", headers=headers)

    assert len(answer.headers["X-Request-Id"]) == 36
    assert logged(lines)["request_id"] == answer.headers["X-Request-Id"]


def test_nothing_that_was_sent_is_logged(hall: Hall, lines: pytest.LogCaptureFixture) -> None:
    secret = "sangat-rahasia"
    hall.deployed()
    hall.post(
        f"/process-definition/key/surat/start?x={secret}",
        {"variables": {"nomor": {"value": 1}, "perihal": {"value": secret}}},
        who="siti",
        headers={"Cookie": f"alur={secret}", "User-Agent": secret, "Referer": secret},
    )
    hall.app.test_client().get(f"/{secret}", auth=("siti", secret))

    text = "\n".join(f.format(r) for r in lines.records for f in (TextLines(), JsonLines()))
    assert lines.records
    assert secret not in text
    assert PASSWORD not in text
