"""Reminders: once before a task is due, once when it is, daily after; never twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest

from engine.bpmn.overdue_terms import SinceDue
from engine.model import AnnouncementKind
from engine.reminders import Reminders, Schedule
from engine.settings import Settings
from engine.store import Store
from engine.webhook_subscriptions import Wishes
from tests.diagrams import end, line, process, properties, start, user
from tests.office import ANALYST, Office, staff
from tests.statements import plans_of, statements_of

SOON, OVERDUE = AnnouncementKind.TASK_DUE_SOON, AnnouncementKind.TASK_OVERDUE
NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)


def duty_of(office: Office, store: Store | None = None) -> Reminders:
    """The duty over the office's store, or another one over its database."""
    day = timedelta(days=1)
    return Reminders(store or office.store, office.engine.definitions, office.clock, usual=day)


def due(term: str, node: str = "a", **said: str) -> str:
    """A process whose first task is due that long after it opens; said: its properties."""
    task = user(node, properties(**said) if said else "").replace(
        "<bpmn:userTask ", f'<bpmn:userTask camunda:dueDate="{term}" '
    )
    return process(start(), task, user("b"), end(), line("s", node, "b", "e"))


def listen(office: Office) -> None:
    """Somebody is told of reminders."""
    key = Settings(secret_key=("k" * 40,))
    rooms = office.engine_with(key)
    wishes = Wishes("gerbang", "https://gerbang.dinas.test/", frozenset({SOON, OVERDUE}))
    rooms.webhook_subscriptions.add(wishes, actor=ANALYST)


def reminded(office: Office) -> list[tuple[AnnouncementKind, str | None]]:
    """One turn of the duty, and what it put into the outbox."""
    duty_of(office).turn(lambda: False)
    with office.store.writing() as tx:
        told = tx.take_announcements(1000)
    return [(each.kind, each.activity_id) for each in told if each.kind in {SOON, OVERDUE}]


@pytest.fixture
def told(office_on_both: Office) -> Office:
    listen(office_on_both)
    return office_on_both


def test_task_is_reminded_of_before_it_is_due_when_it_is_and_daily_after(told: Office) -> None:
    told.start(told.deploy(due("P3D")))

    found = []
    for _ in range(24 * 6):
        found.append(reminded(told))
        told.clock.advance(hours=1)

    hours = {hour: what for hour, what in enumerate(found) if what}
    assert hours == {
        48: [(SOON, "a")],
        72: [(OVERDUE, "a")],
        96: [(OVERDUE, "a")],
        120: [(OVERDUE, "a")],
    }


def test_task_with_less_time_than_the_warning_is_reminded_of_when_it_is_due(told: Office) -> None:
    told.start(told.deploy(due("PT2H")))

    assert reminded(told) == []
    told.clock.advance(hours=2)
    assert reminded(told) == [(OVERDUE, "a")]


def test_task_that_is_over_is_not_reminded_of(told: Office) -> None:
    instance = told.start(told.deploy(due("P3D")))
    told.complete(instance, "a")
    told.clock.advance(days=10)

    assert reminded(told) == []
    told.assert_sound(instance)


def test_claim_does_not_begin_the_reminders_anew(told: Office) -> None:
    instance = told.start(told.deploy(due("P3D")))
    told.clock.advance(days=2)
    assert reminded(told) == [(SOON, "a")]

    told.engine.tasks.claim(told.task(instance, "a").task_id, actor=staff("Kadis", "admin"))

    assert reminded(told) == []


def test_worker_that_was_away_for_days_reminds_once(told: Office) -> None:
    told.start(told.deploy(due("P3D")))
    told.clock.advance(days=9, hours=1)

    assert reminded(told) == [(OVERDUE, "a")]
    assert reminded(told) == []
    told.clock.advance(hours=23)
    assert reminded(told) == [(OVERDUE, "a")]


def test_clock_that_jumps_neither_repeats_nor_loses_a_reminder(told: Office) -> None:
    told.start(told.deploy(due("P3D")))
    found = []
    for days in (2, -1, 1, 1, -2, 2, 1):
        told.clock.advance(days=days)
        found.append(reminded(told))

    # Days since the start: 2, 1, 2, 3, 1, 3, 4.
    assert found == [[(SOON, "a")], [], [], [(OVERDUE, "a")], [], [], [(OVERDUE, "a")]]


def test_reminder_that_still_lies_in_the_outbox_is_no_fault(told: Office) -> None:
    told.start(told.deploy(due("P3D")))
    duty = duty_of(told)
    told.clock.advance(days=3)
    duty.turn(lambda: False)
    told.clock.advance(days=1)

    assert duty.turn(lambda: False) == 1


def test_whoever_begins_to_listen_is_not_flooded(office_on_both: Office) -> None:
    office = office_on_both
    office.start(office.deploy(due("P3D")))
    office.clock.advance(days=4)
    assert reminded(office) == []

    listen(office)

    assert reminded(office) == []


def test_workers_that_race_remind_once(told: Office, database_url: str) -> None:
    definition = told.deploy(due("P3D"))
    for _ in range(70):
        told.start(definition)
    told.clock.advance(days=4)
    stores = [Store.open(database_url) for _ in range(3)]
    ready, counts = Barrier(len(stores)), []

    def work(store: Store) -> None:
        ready.wait()
        counts.append(duty_of(told, store).turn(lambda: False))

    threads = [Thread(target=work, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()

    # Who passed over what the others held leaves the rest to its next turn.
    counts.append(duty_of(told).turn(lambda: False))
    with told.store.writing() as tx:
        found = [each for each in tx.take_announcements(1000) if each.kind is OVERDUE]
    assert sum(counts) == 70
    assert len({each.task_id for each in found}) == len(found) == 70


def test_with_nothing_to_remind_of_it_is_one_search_of_an_index(office: Office) -> None:
    office.start(office.deploy(due("P30D")))

    with statements_of(office.store) as asked:
        duty_of(office).turn(lambda: False)

    [plan] = plans_of(office.store, asked)
    assert "ix_user_task_remind_at" in plan


@pytest.mark.parametrize(
    ("due_in", "before", "first"),
    [
        (72, [24], 48),
        (24, [24], 24),
        (2, [24], 2),
        (72, [0], 72),
        (-5, [24], -5),
        (72, [48, 3], 24),
        (24, [48, 3], 21),
        (2, [48, 3], 2),
        (72, [], 72),
    ],
)
def test_first_reminder_is_before_the_due_date_when_there_is_time(
    due_in: int, before: list[int], first: int
) -> None:
    schedule = Schedule(tuple(timedelta(hours=each) for each in before))

    found = schedule.first(NOON + timedelta(hours=due_in), NOON)

    assert found == NOON + timedelta(hours=first)


@pytest.mark.parametrize(
    ("now", "then"), [(-30, -24), (-24, -3), (-3, 0), (-1, 0), (0, 24), (23, 24), (24, 48)]
)
def test_next_reminder_is_the_due_date_and_then_a_day_each(now: int, then: int) -> None:
    schedule = Schedule((timedelta(hours=24), timedelta(hours=3)))

    assert schedule.following(NOON, NOON + timedelta(hours=now)) == NOON + timedelta(hours=then)


def test_a_step_says_when_it_is_reminded_of(told: Office) -> None:
    told.start(told.deploy(due("P3D", ingatkanSebelum="P2D, PT3H", ingatkanSesudah="sekali")))

    found = {}
    for hour in range(24 * 5):
        if what := reminded(told):
            found[hour] = what
        told.clock.advance(hours=1)

    assert found == {24: [(SOON, "a")], 69: [(SOON, "a")], 72: [(OVERDUE, "a")]}


def test_a_step_may_want_no_reminders(told: Office) -> None:
    quiet = told.start(told.deploy(due("P3D", ingatkanSebelum="tidak", ingatkanSesudah="tidak")))
    before = told.start(told.deploy(due("P3D", ingatkanSesudah="tidak")))
    assert told.task(quiet, "a").remind_at is None
    told.clock.advance(days=9)

    # The worker was away when the second one was due soon.
    assert reminded(told) == []
    assert told.task(before, "a").remind_at is None


def test_no_schedule_reminds_of_what_has_no_due_date() -> None:
    assert Schedule((timedelta(0),), SinceDue.NEVER).first(None, NOON) is None
