"""Substitutions over HTTP, and what a substitute may do over it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.diagrams import end, line, process, properties, start, user
from tests.webhooks.rest.hall import Hall, assert_problem

WISH = {
    "account": "siti",
    "lane": "Kepala Seksi",
    "kind": "Plh.",
    "basisNumber": "800/17/2026",
    "basisDate": "2026-01-02",
    "firstDay": "2026-01-05",
    "lastDay": "2026-01-07",
}


def recorded(hall: Hall, **changes: Any) -> dict[str, Any]:
    answer = hall.post("/substitution", {**WISH, **changes}, "admin")
    assert answer.status_code == 200, answer.json
    return answer.json


def waiting(hall: Hall, inner: str = "") -> str:
    """A task that waits for the Kepala Seksi."""
    content = process(
        start(), user("sahkan", inner), end(), line("s", "sahkan", "e"),
        lanes={"Kepala Seksi": ["s", "sahkan", "e"]},
    )  # fmt: skip
    instance = hall.office.start(hall.office.deploy(content))
    return hall.office.task(instance, "sahkan").task_id


def test_an_admin_records_changes_and_ends_one(hall: Hall) -> None:
    made = recorded(hall)["substitution"]
    assert (made["title"], made["beginsAt"]) == (
        "Plh. Kepala Seksi", "2026-01-05T00:00:00.000+0700",
    )  # fmt: skip
    path = f"/substitution/{made['id']}"
    assert hall.get(path, "siti").json == made
    assert hall.get("/substitution", "auditor", state="current").json == [made]
    assert hall.get("/substitution/count", "auditor", kind="Plt.").json == {"count": 0}

    change = {"lastDay": "2026-01-09", "basisNumber": "800/20/2026", "basisDate": "2026-01-06"}
    changed = hall.call("PUT", path, "admin", json=change).json
    assert changed["substitution"]["lastDay"] == "2026-01-09"
    ended = hall.post(f"{path}/end", {"reason": "kembali"}, "admin").json

    assert (ended["endedBy"], ended["endReason"]) == ("admin", "kembali")
    assert_problem(
        hall.post(f"{path}/end", {"reason": "lagi"}, "admin"), 409, "SubstitutionEndedException"
    )


def test_an_overlap_is_told(hall: Hall) -> None:
    first = recorded(hall)["substitution"]

    again = recorded(hall, basisNumber="800/18/2026")

    assert again["warnings"] == [{"kind": "overlap", "days": None, "others": [first["id"]]}]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"lastDay": "2026-01-01"}, "last_day"),
        ({"lastDay": "besok"}, "lastDay"),
        ({"kind": "Pj."}, "kind"),
        ({"account": "nobody"}, "account"),
        ({"lane": None}, "lane"),
    ],
)
def test_a_wrong_field_is_named(hall: Hall, changes: dict[str, Any], field: str) -> None:
    problem = hall.post("/substitution", {**WISH, **changes}, "admin")

    assert problem.status_code == 400
    assert list(problem.json["fields"]) == [field]


def test_others_record_nothing_and_see_their_own(hall: Hall) -> None:
    made = recorded(hall)["substitution"]

    assert_problem(hall.post("/substitution", WISH, "siti"), 403, "AuthorizationException")
    assert hall.get("/substitution", "siti").json == [made]
    assert hall.get("/substitution", "analis").json == []
    path = f"/substitution/{made['id']}"
    assert_problem(hall.get(path, "analis"), 403, "AuthorizationException")
    assert_problem(hall.get("/substitution/x", "admin"), 404, "NotFoundException")


def test_a_substitute_finds_takes_and_completes_the_task(hall: Hall) -> None:
    task = waiting(hall)
    assert hall.get("/task/count", "siti").json == {"count": 0}
    recorded(hall)

    assert [each["id"] for each in hall.get("/task", "siti").json] == [task]
    found = hall.get("/task", "siti", candidateUser="siti").json
    assert [each["id"] for each in found] == [task]
    assert hall.post(f"/task/{task}/claim", {"userId": "siti"}, "siti").status_code == 204
    assert hall.post(f"/task/{task}/complete", {}, "siti").status_code == 204

    instance = found[0]["processInstanceId"]
    frames = hall.get(f"/history/process-instance/{instance}/replay", "auditor").json
    assert frames["frames"][-1]["capacity"] == "Plh. Kepala Seksi"
    assert frames["frames"][-1]["payload"]["substitution"]["basis"] == "800/17/2026"


def test_a_strategic_step_is_a_403_with_its_reason(hall: Hall) -> None:
    recorded(hall)
    task = waiting(hall, properties(strategis="ya"))

    for path in ("claim", "complete"):
        problem = hall.post(f"/task/{task}/{path}", {}, "siti")
        assert_problem(problem, 403, "StrategicStepException")
        assert "which Plh. Kepala Seksi may not decide" in problem.json["message"]
    assert hall.get(f"/task/{task}", "siti").status_code == 200


def test_who_stood_in_until_just_now_is_told_so(hall: Hall) -> None:
    made = recorded(hall)["substitution"]
    task = waiting(hall)
    hall.post(f"/substitution/{made['id']}/end", {"reason": "kembali"}, "admin")

    problem = hall.post(f"/task/{task}/complete", {}, "siti")

    assert_problem(problem, 403, "SubstitutionOverException")
    assert problem.json["title"] == "Plh. Kepala Seksi"
    assert problem.json["endedAt"].startswith("2026-01-05T07:30:00")
