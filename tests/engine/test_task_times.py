"""Waiting and working time, computed by hand, shown and measured alike."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from engine.errors import Forbidden
from engine.measuring import Measuring
from engine.model import InstanceState, Role, UserTask
from engine.queries import TaskQuery
from engine.store import Store
from engine.store.tables import course, instance_time, task_time
from engine.tallying import Tallying
from engine.task_times import Elapsed
from engine.worktime import Span
from tests.diagrams import end, exclusive, field, flow, form, line, process, start, user
from tests.engine.test_task_deadlines import sop
from tests.office import ADMIN, AUDITOR, Office, staff
from tests.statements import plans_of, statements_of

KADIS = staff("Kadis")
HOUR = timedelta(hours=1)

#: a, b, and back to a until b says ya.
LOOP = process(
    start(),
    user("a"),
    user("b", form(field("boleh", "boolean"))),
    exclusive("g"),
    end(),
    line("s", "a", "b", "g"),
    flow("g", "e", "${boleh}"),
    flow("g", "a", "${not boleh}"),
    key="putar",
    lanes={"Kadis": ["s", "a", "b", "g", "e"]},
)


def measure(office: Office) -> int:
    return office.engine.measuring.turn(lambda: False)


def rows(office: Office, table: Any) -> list[dict[str, Any]]:
    with office.store.reading() as tx:
        return [dict(row._mapping) for row in tx._connection.execute(select(table))]


def task_of(office: Office, instance: str, activity: str) -> UserTask:
    query = TaskQuery(instance_id=instance, activity_id=activity, states=None)
    return office.engine.tasks.tasks(query, actor=AUDITOR)[0]


def elapsed(office: Office, instance: str, activity: str) -> Elapsed:
    task = task_of(office, instance, activity)
    return office.engine.task_times.of([task], actor=KADIS)[task.task_id]


def test_claims_are_worked_and_the_time_around_them_waited(office_on_both: Office) -> None:
    office = office_on_both  # Monday 5 January 2026, 07:30 WIB
    instance = office.start(office.deploy(sop("P2D")))
    task_id = office.task(instance, "t0").task_id
    tasks = office.engine.tasks

    office.clock.advance(hours=2)  # 09:30: two hours waited
    assert elapsed(office, instance, "t0") == Elapsed(
        2 * HOUR, 0 * HOUR, 0, Span(0, 2 * HOUR), Span()
    )
    tasks.claim(task_id, actor=KADIS)
    office.clock.advance(hours=2)  # 11:30: two worked
    tasks.unclaim(task_id, actor=KADIS)
    office.clock.advance(hours=2)  # 13:30: one more waited, lunch is from 12:00 to 13:00
    tasks.claim(task_id, actor=KADIS)
    office.clock.advance(hours=19)  # Tuesday 08:30: 13:30 to 16:00 and an hour worked
    expected = Elapsed(3 * HOUR, 5.5 * HOUR, 2, Span(0, 3 * HOUR), Span(0, 5.5 * HOUR))
    assert elapsed(office, instance, "t0") == expected
    tasks.complete(task_id, {}, actor=KADIS)
    office.clock.advance(days=30)

    assert elapsed(office, instance, "t0") == expected
    assert measure(office) == 2  # the task and the instance
    [kept] = rows(office, task_time)
    assert (kept["waiting"], kept["working"], kept["round"]) == (3 * HOUR, 5.5 * HOUR, 1)
    [ended] = rows(office, instance_time)
    assert (ended["elapsed"], ended["state"]) == (8.5 * HOUR, "COMPLETED")


def test_days_are_as_long_as_the_office_works(office: Office) -> None:
    instance = office.start(office.deploy(sop("P2D")))
    office.clock.advance(days=2, hours=2)  # Wednesday 09:30

    assert elapsed(office, instance, "t0").waited == Span(2, 2 * HOUR)


def test_what_was_never_taken_only_waited(office: Office) -> None:
    instance = office.start(office.deploy(sop("P2D")))
    office.clock.advance(hours=1)
    office.complete(instance, "t0", KADIS)

    assert elapsed(office, instance, "t0") == Elapsed(HOUR, 0 * HOUR, 0, Span(0, HOUR), Span())


def test_hands_that_the_diagram_names_work_from_the_beginning(office: Office) -> None:
    named = sop("P2D").replace('id="t0"', 'id="t0" camunda:assignee="kadis"')
    instance = office.start(office.deploy(named))
    office.clock.advance(hours=1)
    assert elapsed(office, instance, "t0").working == HOUR

    task_id = office.task(instance, "t0").task_id
    office.engine.tasks.unclaim(task_id, actor=KADIS)
    office.clock.advance(hours=2)

    found = elapsed(office, instance, "t0")
    assert (found.working, found.waiting, found.times) == (HOUR, 2 * HOUR, 1)


def test_a_hand_over_goes_on_working(office: Office) -> None:
    instance = office.start(office.deploy(sop("P2D")))
    task_id = office.task(instance, "t0").task_id
    office.engine.tasks.claim(task_id, actor=KADIS)
    office.clock.advance(hours=1)
    office.engine.accounts.add(
        "wakil", display_name="Wakil", roles=[Role.STAFF], lanes=["Kadis"], actor=ADMIN
    )
    office.engine.tasks.assign(task_id, "wakil", actor=ADMIN)
    office.clock.advance(hours=1)

    found = elapsed(office, instance, "t0")
    assert (found.waiting, found.working, found.times) == (0 * HOUR, 2 * HOUR, 2)


def test_times_are_for_those_who_see_the_task(office: Office) -> None:
    instance = office.start(office.deploy(sop("P1D")))
    with pytest.raises(Forbidden):
        office.engine.task_times.of([office.task(instance, "t0")], actor=staff("Bidang"))


def test_rounds_and_who_sent_back_are_measured(office_on_both: Office) -> None:
    office = office_on_both
    instance = office.start(office.deploy(LOOP))
    for boleh in (False, False, True):
        office.clock.advance(hours=1)
        office.complete(instance, "a", KADIS)
        office.clock.advance(hours=1)
        office.complete(instance, "b", KADIS, boleh=boleh)
    measure(office)

    visits = sorted((r["activity_id"], r["round"], r["sent_by"]) for r in rows(office, task_time))
    assert visits == [
        ("a", 1, None),
        ("a", 2, "b"),
        ("a", 3, "b"),
        ("b", 1, None),
        ("b", 2, None),
        ("b", 3, None),
    ]
    [went] = rows(office, course)
    assert went["steps"] == ["a", "b", "a", "b", "a", "b"]
    assert went["flows"] == {"s_a": 1, "a_b": 3, "b_g": 3, "g_a": 2, "g_e": 1}
    assert went["visits"] == {"s": 1, "a": 3, "b": 3, "g": 3, "e": 1}


def test_one_course_is_kept_for_many_instances(office: Office) -> None:
    definition = office.deploy(sop("P1D"))
    for _ in range(3):
        office.complete(office.start(definition), "t0", KADIS)
    cancelled = office.start(definition)
    office.engine.instances.cancel(cancelled, reason="salah", actor=ADMIN)
    measure(office)

    states = sorted((r["state"], r["course_digest"]) for r in rows(office, instance_time))
    assert [state for state, _ in states] == [*["COMPLETED"] * 3, InstanceState.CANCELLED]
    assert len({digest for _, digest in states}) == len(rows(office, course)) == 2
    assert sorted(r["is_cancelled"] for r in rows(office, task_time)) == [False, False, False, True]


def test_it_is_measured_once_however_often_and_changes_no_history(office: Office) -> None:
    instance = office.start(office.deploy(sop("P1D", "P1D")))
    office.complete(instance, "t0", KADIS)

    assert [measure(office), measure(office)] == [1, 0]
    office.complete(instance, "t1", KADIS)
    assert [measure(office), measure(office)] == [2, 0]
    office.assert_sound(instance)


def test_workers_that_race_measure_each_once(office_on_both: Office, database_url: str) -> None:
    office = office_on_both
    definition = office.deploy(sop("P1D"))
    for _ in range(30):
        office.complete(office.start(definition), "t0", KADIS)
    stores = [Store.open(database_url) for _ in range(2)]
    ready, counts = Barrier(len(stores)), []
    engine = office.engine

    def work(store: Store) -> None:
        ready.wait()
        tallying = Tallying(store, engine.clock, ZoneInfo("Asia/Jakarta"))
        duty = Measuring(store, engine.definitions, engine.calendars, tallying, engine.clock)
        counts.append(duty.turn(lambda: False))

    threads = [Thread(target=work, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()

    counts.append(measure(office))
    assert sum(counts) == 60
    assert len(rows(office, task_time)) == len(rows(office, instance_time)) == 30


def test_with_nothing_to_measure_it_is_two_searches_of_indexes(office: Office) -> None:
    office.start(office.deploy(sop("P1D")))

    measure(office)  # looks once whether something is to be tallied

    with statements_of(office.store) as asked:
        measure(office)

    tasks, instances = plans_of(office.store, asked)
    assert "ix_user_task_ended_at (is_measured=? AND ended_at>?)" in tasks
    assert "ix_process_instance_unmeasured" in instances
