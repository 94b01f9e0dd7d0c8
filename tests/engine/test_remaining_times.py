"""How much working time is left is counted in the calendar that set the deadline."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from engine.errors import Forbidden
from engine.remaining_times import Remaining
from engine.settings import Settings
from engine.worktime import Day, DayKind, Span
from tests.crashes.unreadable import lay_open
from tests.engine.test_task_deadlines import sop
from tests.office import ADMIN, Office, staff

KADIS = staff("Kadis")


def remaining(office: Office, instance: str) -> Remaining | None:
    task = office.task(instance, "t0")
    return office.engine.remaining_times.of([task], actor=KADIS).get(task.task_id)


def test_it_runs_down_to_the_deadline_and_up_after_it(office_on_both: Office) -> None:
    office = office_on_both  # Monday 5 January 2026, 07:30 WIB
    instance = office.start(office.deploy(sop("P2D")))  # due on Wednesday, 16:00 WIB

    assert remaining(office, instance) == Remaining(span=Span(3))
    office.clock.advance(hours=2)
    assert remaining(office, instance) == Remaining(span=Span(2, timedelta(hours=5.5)))
    office.clock.advance(days=2, hours=6, minutes=30)
    assert remaining(office, instance) == Remaining(span=Span())
    office.clock.advance(days=1, hours=17)
    assert remaining(office, instance) == Remaining(
        is_overdue=True, span=Span(1, timedelta(hours=1.5))
    )


def test_minutes_begin_with_the_claim(office: Office) -> None:
    instance = office.start(office.deploy(sop("PT15M")))
    assert remaining(office, instance) == Remaining(from_claim=timedelta(minutes=15))

    office.engine.tasks.claim(office.task(instance, "t0").task_id, actor=KADIS)

    assert remaining(office, instance) == Remaining(span=Span(0, timedelta(minutes=15)))


def test_a_later_holiday_changes_nothing_for_a_deadline_that_is_set(office: Office) -> None:
    instance = office.start(office.deploy(sop("P2D")))
    calendar = office.engine.calendars.calendar("kantor")
    closed = {**calendar.days, date(2026, 1, 6): Day(DayKind.LOCAL_HOLIDAY, "Hari jadi")}
    office.engine.calendars.change(replace(calendar, days=closed), note="", actor=ADMIN)

    assert remaining(office, instance) == Remaining(span=Span(3))


def test_a_deadline_of_the_diagram_counts_in_the_calendar_of_now(office: Office) -> None:
    dated = sop("P1D").replace('id="t0"', 'id="t0" camunda:dueDate="2026-01-06T16:00:00+07:00"')
    instance = office.start(office.deploy(dated))
    assert remaining(office, instance) == Remaining(span=None)

    office.start(office.deploy(sop("P1D")))  # brings the office its calendar

    assert remaining(office, instance) == Remaining(span=Span(2))


def test_a_task_without_a_term_has_none(office: Office) -> None:
    untimed = sop("P1D").replace("sop:waktuIso", "sop:waktu")
    assert remaining(office, office.start(office.deploy(untimed))) is None


def test_by_the_other_rule_nothing_waits_for_a_claim(office: Office) -> None:
    settings = Settings(deadline_rule="from_available")
    office.engine = office.engine_with(settings)
    instance = office.start(office.deploy(sop("PT15M")))

    assert remaining(office, instance) == Remaining(span=Span(0, timedelta(minutes=15)))


def test_it_is_for_those_who_see_the_task(office: Office) -> None:
    instance = office.start(office.deploy(sop("P1D")))
    with pytest.raises(Forbidden):
        office.engine.remaining_times.of([office.task(instance, "t0")], actor=staff("Bidang"))


@pytest.mark.parametrize(
    "damage",
    ["revision = 'banyak'", "content = '{\"a\": 1}'", "content = '['"],
    ids=["unreadable revision", "no calendar", "no JSON"],
)
@pytest.mark.parametrize("due", ["", 'camunda:dueDate="2026-01-06T16:00:00+07:00"'])
def test_a_calendar_that_cannot_be_read_takes_no_task_with_it(
    office: Office, damage: str, due: str
) -> None:
    office.start(office.deploy(sop("P2D")))  # brings the office its calendar
    dated = sop("P2D").replace('id="t0"', f'id="t0" {due}')
    instance = office.start(office.deploy(dated))
    lay_open(office.store)
    with office.store._engine.begin() as connection:
        assert connection.exec_driver_sql(f"UPDATE work_calendar SET {damage}").rowcount == 1
    office.engine = office.engine_with(Settings())

    found = remaining(office, instance)

    assert found == Remaining(span=None)
    assert office.engine.calendars.calendars() == []
    assert "the calendar of process p" in office.store.quarantine.rows
