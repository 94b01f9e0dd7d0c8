"""Several workers on one database, killed ones among them: every timer fires, and fires once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest

from engine.due_timers import DueTimers
from engine.moments import due_moment
from engine.process_engine import build_engine
from engine.settings import Settings
from engine.sources import RandomIds
from engine.store import Store
from tests.diagrams import boundary, end, line, process, start, timer, user
from tests.office import AUDITOR, Office
from tests.statements import plans_of, statements_of

ROOT = Path(__file__).parent.parent.parent


def reminded(office: Office, number: int) -> list[str]:
    """Instances that wait for `a`; an hour later their timer opens `c` as well."""
    definition = office.deploy(
        process(
            start(),
            user("a"),
            boundary("b", "a", timer(), interrupts=False),
            user("c"),
            end(),
            end("e2"),
            line("s", "a", "e"),
            line("b", "c", "e2"),
        )
    )
    return [office.start(definition) for _ in range(number)]


def firings(office: Office, instances: list[str]) -> list[int]:
    return [len(office.kinds(each, "timers_due")) for each in instances]


def worker_process(url: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env={**os.environ, "ALUR_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def signalled(url: str, number: signal.Signals, step: int, *words: str) -> tuple[int, str]:
    """The return code and output of a worker that gets the signal before that step is written."""
    module = "tests.scenarios.signalled_worker"
    with worker_process(url, module, str(int(number)), str(step), *words) as program:
        out, _ = program.communicate(timeout=60)
        return program.returncode, out


# ------------------------------------------------------------------------ races


def test_workers_that_race_fire_each_timer_once(office_on_both: Office, database_url: str) -> None:
    office = office_on_both
    instances = reminded(office, 30)
    office.clock.advance(hours=2)
    stores = [Store.open(database_url) for _ in range(3)]
    duties = [
        DueTimers(
            build_engine(store, office.clock, RandomIds(), Settings()).instances, office.clock
        )
        for store in stores
    ]
    ready, moved = Barrier(len(duties)), []

    def work(duty: DueTimers) -> None:
        ready.wait()
        while done := duty.turn(lambda: False):
            moved.append(done)

    threads = [Thread(target=work, args=(duty,)) for duty in duties]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()

    assert sum(moved) == 30
    assert firings(office, instances) == [1] * 30
    for instance in instances:
        office.assert_sound(instance)


@pytest.mark.parametrize(
    "dialect", [pytest.param("postgresql", marks=pytest.mark.postgresql)]
)  # SQLite has one writer at a time: nothing is held beside another transaction
def test_instance_that_another_transaction_holds_is_passed_over(office_on_both: Office) -> None:
    office = office_on_both
    held, other = reminded(office, 2)
    office.clock.advance(hours=2)

    with office.store.writing() as tx:
        tx.stored_instance(held, for_step=True)
        moved = DueTimers(office.engine.instances, office.clock).turn(lambda: False)

    assert (moved, firings(office, [held, other])) == (1, [0, 1])


def test_worker_processes_share_the_work(office_on_both: Office, database_url: str) -> None:
    office = office_on_both
    instances = reminded(office, 30)

    programs = [worker_process(database_url, "engine", "worker", "--once", "--json") for _ in "ab"]
    answers = [json.loads(program.communicate(timeout=60)[0]) for program in programs]

    assert sum(answer["done"]["timers"] for answer in answers) == 30
    assert firings(office, instances) == [1] * 30


# ---------------------------------------------------------------------- signals


def test_worker_that_is_killed_in_a_step_leaves_it_to_the_next(
    office_on_both: Office, database_url: str
) -> None:
    office = office_on_both
    instances = reminded(office, 6)

    code, _ = signalled(database_url, signal.SIGKILL, 3, "--once")
    after_kill = firings(office, instances)
    signalled(database_url, signal.SIGKILL, 100, "--once")

    assert code == -signal.SIGKILL
    assert sum(after_kill) == 2
    assert firings(office, instances) == [1] * 6
    for instance in instances:
        office.assert_sound(instance)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_worker_that_is_told_to_stop_finishes_the_step_under_way(
    office_on_both: Office, database_url: str, number: signal.Signals
) -> None:
    office = office_on_both
    instances = reminded(office, 6)

    code, out = signalled(database_url, number, 3)

    assert (code, out.splitlines()[-1]) == (0, "stopped")
    # The handler runs in the main thread: the third step ends, and perhaps the next had begun.
    assert sum(firings(office, instances)) in {3, 4}
    for instance in instances:
        office.assert_sound(instance)


# ------------------------------------------------------------------------ clock


def test_clock_that_jumps_neither_loses_nor_doubles_a_timer(office: Office) -> None:
    [instance] = reminded(office, 1)
    duty = DueTimers(office.engine.instances, office.clock)
    moved = []
    for hours in (-24, 0.5, 24.0, -0.6, 48, -72, 96):
        office.clock.advance(hours=hours)
        moved.append(duty.turn(lambda: False))

    # Hours since the start: -24, -23.5, 0.5, -0.1, 47.9, -24.1, 71.9; the timer is due after 1.
    assert moved == [0, 0, 0, 0, 1, 0, 0]
    assert office.waiting_at(instance) == ["a", "c"]


def test_history_that_a_set_back_clock_wrote_is_sound(office: Office) -> None:
    [instance] = reminded(office, 1)
    duty = DueTimers(office.engine.instances, office.clock)

    office.clock.advance(hours=30)
    duty.turn(lambda: False)
    office.clock.advance(hours=-29.9)
    office.complete(instance, "c")
    office.complete(instance, "a")

    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)
    assert office.engine.history.events(instance, actor=AUDITOR)


def test_night_in_which_clocks_are_turned_back_has_each_hour_once(store: Store) -> None:
    """In Berlin, on 25 October 2026: from 01:00 UTC on it is 02:00 for the second time."""
    office = Office(store, Settings(time_zone=ZoneInfo("Europe/Berlin")))
    office.clock.advance(days=292, hours=23)
    each_hour = timer("PT1H").replace("timeDuration", "timeCycle").replace("PT1H", "R4/PT1H")
    definition = office.deploy(
        process(
            start(),
            user("a"),
            boundary("b", "a", each_hour, interrupts=False),
            user("c"),
            end(),
            end("e2"),
            line("s", "a", "e"),
            line("b", "c", "e2"),
        )
    )
    instance = office.start(definition)
    duty = DueTimers(office.engine.instances, office.clock)

    moved = []
    for _ in range(18):
        office.clock.advance(minutes=20)
        moved.append(duty.turn(lambda: False))

    # A timer fires at the first look after its hour.
    assert moved == [0, *[0, 0, 1] * 4, *[0] * 5]
    assert office.waiting_at(instance) == ["a", "c", "c", "c", "c"]
    office.assert_sound(instance)


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00+00:00"),  # twice: the first time
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00+00:00"),  # never: as if it had not changed
    ],
)
def test_due_date_in_a_night_in_which_clocks_change_is_one_moment(local: str, utc: str) -> None:
    moment = due_moment(
        local, since=datetime(2026, 1, 1, tzinfo=UTC), zone=ZoneInfo("Europe/Berlin")
    )

    assert moment.astimezone(UTC).isoformat() == utc


def test_instance_that_waits_for_a_person_costs_one_question_for_all(office: Office) -> None:
    definition = office.deploy(process(start(), user("a"), end(), line("s", "a", "e")))
    for _ in range(20):
        office.start(definition)
    office.clock.advance(days=400)
    duty = DueTimers(office.engine.instances, office.clock)

    with statements_of(office.store) as asked:
        moved = duty.turn(lambda: False)

    assert (moved, len(asked)) == (0, 1), asked
    assert "ix_process_instance_next_due_at" in plans_of(office.store, asked)[0]
