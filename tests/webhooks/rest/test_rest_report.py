"""Reports over HTTP; their figures: tests/engine/test_reports.py."""

from __future__ import annotations

from typing import Any

import pytest

from engine.model import Role
from tests.engine.test_reports import run_january
from tests.office import ADMIN
from tests.webhooks.rest.hall import PASSWORD, Hall, assert_problem

SLA = "/report/sla?processDefinitionKey=layanan"
PERIOD = "&after=2026-01-01T00:00:00.000%2B0700&before=2026-02-01T00:00:00.000%2B0700"
HOUR = 3_600_000


@pytest.fixture
def january(hall: Hall) -> Hall:
    run_january(hall.office)
    hall.engine.accounts.add(
        "bos", display_name="Bos", password=PASSWORD, roles={Role.STAFF}, lanes={"Kadis"},
        actor=ADMIN,
    )  # fmt: skip
    return hall


def test_sla_has_the_figures_of_the_report(january: Hall) -> None:
    found: dict[str, Any] = january.get(SLA + PERIOD, "auditor").json

    assert found["instances"] == {
        "started": 3,
        "completed": 2,
        "cancelled": 1,
        "running": 0,
        "elapsed": {
            "medianMillis": 8.5 * HOUR,
            "ninetiethPercentileMillis": 12.1 * HOUR,
            "totalMillis": 17 * HOUR,
        },
    }
    susun, periksa = found["steps"]
    assert (susun["number"], susun["term"], susun["onTimeShare"]) == ("2", "PT2H", 1)
    assert periksa["waiting"]["ninetiethPercentileMillis"] == 7.8 * HOUR
    assert (periksa["completed"], periksa["late"], periksa["sentBack"]) == (3, 1, 1)
    assert found["returns"] == [{"sender": "periksa", "receiver": "susun", "times": 1}]
    assert found["conformance"]["repeated"] == {"susun": 1, "periksa": 1}
    assert found["workingDayMillis"] == 7.5 * HOUR
    assert (found["unmeasured"], found["lanes"][0]["lane"]) == (0, "Kadis")


def test_sla_is_for_who_may_see_the_sop(january: Hall) -> None:
    assert january.get(SLA + PERIOD, "bos").status_code == 200
    assert_problem(january.get(SLA + PERIOD, "tamu"), 403)
    assert_problem(january.get(SLA.replace("layanan", "lain") + PERIOD, "auditor"), 404)


@pytest.mark.parametrize(
    ("path", "named"),
    [
        (SLA, "after"),
        (f"{SLA}{PERIOD}&kantor=a", "kantor"),
        (f"/report/sla?{PERIOD[1:]}", "processDefinitionKey"),
        (f"{SLA}&after=kemarin&before=2026-02-01T00:00:00.000%2B0700", "after"),
        (f"{SLA}{PERIOD.replace('2026-01', '2027-01')}", "period"),
    ],
)
def test_a_wrong_wish_is_told(january: Hall, path: str, named: str) -> None:
    problem = assert_problem(january.get(path, "auditor"), 400)

    assert named in str(problem)
