from __future__ import annotations

import pytest

from tests.webhooks.rest.hall import Hall, assert_problem


def test_auditors_read_what_happened_to_accounts(hall: Hall) -> None:
    rows = hall.get("/account-event", kind="account_added", account="siti").json

    assert len(rows) == 1
    assert (rows[0]["actor"], rows[0]["payload"]["lanes"]) == ("admin", ["Petugas"])
    assert hall.get("/account-event/count", account="siti").json == {"count": 1}


def test_the_latest_come_first_when_asked_for_so(hall: Hall) -> None:
    rows = hall.get("/account-event", sortBy="sequence", sortOrder="desc", maxResults=2).json

    assert rows[0]["sequence"] == rows[1]["sequence"] + 1
    assert rows[0]["previousHash"] == rows[1]["hash"]


def test_the_log_is_proved(hall: Hall) -> None:
    proof = hall.get("/account-event/verify").json

    assert proof["sound"]
    assert proof["events"] >= 7


@pytest.mark.parametrize("path", ["", "/count", "/verify"])
def test_others_do_not_read_it(hall: Hall, path: str) -> None:
    for who in ("siti", "analis"):
        assert_problem(hall.get(f"/account-event{path}", who), 403, "AuthorizationException")
