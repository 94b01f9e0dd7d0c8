"""/health: what anybody sees, what an admin sees, and when it says that something fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine.backup_folder import BackupFolder
from engine.health import Health
from engine.settings import Settings
from engine.store import Store
from tests.webhooks.rest.hall import PASSWORD, Hall
from webhooks import create_app

Works = Callable[[str], None]


def test_anybody_sees_whether_it_is_well_and_nothing_else(hall: Hall, works: Works) -> None:
    works("timers")

    for path in ("/health", "/health/ready", "/health/live"):
        answer = hall.app.test_client().get(path)
        assert (answer.status_code, answer.json) == (200, {"status": "ok"})
        assert answer.headers["Cache-Control"] == "no-store"


def test_admin_sees_each_check(hall: Hall, works: Works) -> None:
    works("timers")
    hall.office.clock.advance(seconds=12)

    answer = hall.app.test_client().get("/health", auth=("admin", PASSWORD))

    checks = {check["name"]: check for check in answer.json["checks"]}
    assert checks.keys() == {"database", "disk", "duty timers", "rows"}
    assert checks["duty timers"] == {
        "name": "duty timers",
        "ok": True,
        "message": "last done 12 seconds ago",
    }


@pytest.mark.parametrize(
    ("who", "status"), [(("siti", PASSWORD), 403), (("admin", "salah-sekali"), 401)]
)
def test_details_are_refused_to_others(hall: Hall, who: tuple[str, str], status: int) -> None:
    answer = hall.app.test_client().get("/health", auth=who)

    assert answer.status_code == status
    assert "checks" not in answer.json


def test_without_a_worker_it_is_failing_but_may_be_asked(hall: Hall) -> None:
    client = hall.app.test_client()

    assert (client.get("/health").status_code, client.get("/health").json) == (
        503,
        {"status": "failing"},
    )
    assert client.get("/health/ready").status_code == 200


def test_duty_that_nobody_does_any_more_is_named(hall: Hall, works: Works) -> None:
    works("letters")
    hall.office.clock.advance(minutes=4)
    works("timers")

    answer = hall.app.test_client().get("/health", auth=("admin", PASSWORD))

    failing = [check["name"] for check in answer.json["checks"] if not check["ok"]]
    assert (answer.status_code, failing) == (503, ["duty letters"])


def test_backups_that_are_missing_or_old_are_a_failure(
    hall: Hall, works: Works, tmp_path: Path
) -> None:
    works("timers")
    folder, clock = BackupFolder(tmp_path), hall.office.clock
    kept = replace(hall.engine, health=Health(hall.engine.store, clock, backups=folder))
    client = create_app(kept, Settings()).test_client()

    def failing() -> list[str]:
        answer = client.get("/health", auth=("admin", PASSWORD)).json
        return [check["message"] for check in answer["checks"] if not check["ok"]]

    assert failing() == [f"{tmp_path}: there is no backup"]
    folder.new_file(clock.now()).touch()
    assert failing() == []
    clock.advance(hours=27)
    works("timers")
    [message] = failing()
    assert message.endswith("was made 97200 seconds ago")


def test_duty_of_a_former_version_is_forgotten(hall: Hall, works: Works) -> None:
    works("letters")
    hall.office.clock.advance(days=8)
    works("timers")

    assert hall.app.test_client().get("/health").status_code == 200


def test_clock_that_was_set_back_is_no_failure(hall: Hall, works: Works) -> None:
    works("timers")
    hall.office.clock.advance(days=-2)
    works("timers")
    hall.office.clock.advance(minutes=1)

    assert hall.app.test_client().get("/health").status_code == 200


def test_pulse_of_a_clock_that_ran_ahead_is_no_sign_of_life(hall: Hall, works: Works) -> None:
    hall.office.clock.advance(days=900)
    works("timers")
    hall.office.clock.advance(days=-900)

    answer = hall.app.test_client().get("/health", auth=("admin", PASSWORD))

    [message] = [each["message"] for each in answer.json["checks"] if not each["ok"]]
    assert (answer.status_code, "from now: the clock" in message) == (503, True)
    works("timers")
    assert hall.app.test_client().get("/health").status_code == 200


def test_database_without_its_schema_is_not_ready() -> None:
    migrated, empty = Store.open("sqlite://"), Store.open("sqlite://")
    migrated.migrate()
    hall = Hall(migrated, Settings())
    ill = replace(hall.engine, health=Health(empty, hall.office.clock))
    client = create_app(ill, Settings()).test_client()

    ready = client.get("/health/ready", auth=("admin", PASSWORD))
    live = client.get("/health/live")
    for store in (migrated, empty):
        store.close()

    assert (ready.status_code, live.status_code) == (503, 200)
    assert "alur migrate" in ready.json["checks"][0]["message"]
