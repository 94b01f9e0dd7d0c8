"""Tallies: a report says the same however much of its period is added up beforehand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from engine.model import DatedWork, InstanceCount, Period
from engine.queries import OverviewQuery
from engine.store.buckets import Buckets
from tests.engine.test_reports import KADIS, PERENCANA, SHEET
from tests.engine.test_task_times import measure
from tests.engine.test_verify import tamper
from tests.office import ADMIN, AUDITOR, Office

DAY = timedelta(days=1)
#: The office's midnights, and moments that are none.
_YEAR = Period(datetime(2025, 12, 31, 17, tzinfo=UTC), datetime(2026, 12, 31, 17, tzinfo=UTC))
PERIODS = {
    "the year": _YEAR,
    "a month": Period(_YEAR.since, datetime(2026, 1, 31, 17, tzinfo=UTC)),
    "from within a day to within another": Period(
        datetime(2026, 1, 6, 3, 30, tzinfo=UTC), datetime(2026, 3, 4, 5, tzinfo=UTC)
    ),
    "a month of others": Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
    "before all": Period(datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)),
}


def work(office: Office) -> None:
    """A quarter with an instance every few days: some are sent back, some are cancelled."""
    definition = office.deploy(SHEET)
    for number in range(12):
        instance = office.start(definition)
        office.clock.advance(hours=1 + number % 5, milliseconds=number)
        office.complete(instance, "susun", PERENCANA)
        office.clock.advance(hours=number % 7, milliseconds=3 * number)
        if number % 6 == 5:
            office.engine.instances.cancel(instance, reason="salah unit", actor=ADMIN)
        elif number % 4 == 3:
            office.complete(instance, "periksa", KADIS, boleh=False)
            office.clock.advance(hours=2)
            office.complete(instance, "susun", PERENCANA)
        if number % 6 != 5:
            office.complete(instance, "periksa", KADIS, boleh=True)
        office.clock.advance(days=7)


@pytest.fixture
def quarter(office_on_both: Office) -> Office:
    work(office_on_both)
    return office_on_both


def told(office: Office) -> list[object]:
    """Every figure of every period."""
    reports, found = office.engine.reports, list[object]()
    for period in PERIODS.values():
        found.append(reports.overview(period, actor=AUDITOR))
        found.append(reports.sop("layanan", period, actor=AUDITOR))
    return found


def stood(office: Office, period: Period) -> dict[object, int]:
    """What the dashboard counts of the period."""
    query = OverviewQuery(since=period.since - timedelta(milliseconds=1), before=period.until)
    counts: dict[object, int] = {}
    with office.store.reading() as tx:
        ended: list[InstanceCount] = tx.ended_instances(query)
        dated: list[DatedWork] = tx.dated_work(query)
    for each in ended:
        counts[each.state] = counts.get(each.state, 0) + each.number
    for work in dated:
        for name in ("dated_tasks", "punctual_tasks"):
            key = work.lane, name
            counts[key] = counts.get(key, 0) + getattr(work, name)
    return counts


def all_stood(office: Office) -> list[dict[object, int]]:
    return [stood(office, period) for period in PERIODS.values()]


def spans(office: Office) -> list[Period]:
    with office.store.reading() as tx:
        return tx.tallied_spans()


def forget(office: Office) -> None:
    with office.store.writing() as tx:
        tx.forget_tallies()


def test_a_report_says_the_same_with_tallies_and_without(quarter: Office) -> None:
    before_measures = all_stood(quarter)

    measure(quarter)
    with_tallies, stood_then, tallied = told(quarter), all_stood(quarter), spans(quarter)
    forget(quarter)

    assert with_tallies == told(quarter)
    assert before_measures == stood_then == all_stood(quarter)
    assert len([each for each in tallied if each.until - each.since > DAY]) == 3
    # Every day from the first end to the last that is over.
    days = sorted(each.since for each in tallied if each.until - each.since == DAY)
    assert all(later - earlier == DAY for earlier, later in pairwise(days))
    assert days[-1] + DAY <= quarter.clock.now() < days[-1] + 2 * DAY


def test_a_report_of_a_year_reads_months_and_days_and_few_measures(quarter: Office) -> None:
    measure(quarter)

    with quarter.store.reading() as tx:
        covered = tx.covered(_YEAR)

    assert len(covered.span_ids) < 40
    assert len(covered.gaps) == 1  # from today on


def test_what_is_measured_late_is_in_the_tally_of_its_day(quarter: Office) -> None:
    measure(quarter)
    whole, stood_then = told(quarter), all_stood(quarter)
    with quarter.store.writing() as tx:
        [instance] = [row[0] for row in tx._all(text("SELECT max(instance_id) FROM task_time"))]
        tasks = [each.task_id for each in tx.tasks_of_instance(instance)]
        tx.forget_task_times(instance, tasks)
    quarter.engine.tallying.turn(lambda: False, measured_from=_YEAR.since)
    assert spans(quarter)
    assert told(quarter) != whole
    assert all_stood(quarter) == stood_then

    measure(quarter)

    assert told(quarter) == whole
    assert list(quarter.engine.tallying.faults(actor=AUDITOR)) == []


WRONG = (
    "UPDATE task_tally SET done = done + 1",
    "UPDATE task_tally SET lane = NULL",
    "UPDATE instance_tally SET elapsed = elapsed + 1",
    "DELETE FROM instance_tally",
    "UPDATE spread_tally SET buckets = '{}'",
    "DELETE FROM task_time WHERE task_id = (SELECT min(task_id) FROM task_time)",
)


def test_a_tally_that_is_wrong_is_told_and_made_anew(office: Office) -> None:
    work(office)
    measure(office)
    right = told(office)
    for statement in WRONG:
        tamper(office.store, statement)
        assert list(office.engine.tallying.faults(actor=AUDITOR)), statement

        office.engine.reindexing.rebuild(actor=ADMIN)
        office.clock.advance(minutes=10)
        measure(office)
        assert list(office.engine.tallying.faults(actor=AUDITOR)) == [], statement
        assert told(office) == right, statement


def test_who_tallies_waits_for_who_measures(quarter: Office) -> None:
    """On PostgreSQL: a tally without what is being measured would be kept."""
    measure(quarter)
    whole = told(quarter)
    with quarter.store.writing() as tx:
        tx.forget_tallies()
        [row] = tx._all(text("SELECT max(instance_id) FROM task_time"))
        tasks = [each.task_id for each in tx.tasks_of_instance(row[0])]
        tx.forget_task_times(row[0], tasks)
    is_measured, may_end = Event(), Event()

    def measure_slowly() -> None:
        with quarter.store.writing() as tx:
            tx.untally([_YEAR.since])
            is_measured.set()
            may_end.wait(30)

    measuring = Thread(target=measure_slowly)
    measuring.start()
    assert is_measured.wait(30)
    tallying = Thread(
        target=lambda: quarter.engine.tallying.turn(lambda: False, measured_from=_YEAR.since)
    )
    tallying.start()
    assert spans(quarter) == []
    may_end.set()
    measuring.join(30)
    tallying.join(30)
    measure(quarter)

    assert told(quarter) == whole


@given(st.lists(st.integers(0, 10**11) | st.integers(0, 70), min_size=1, max_size=60))
def test_buckets_say_where_each_duration_stands(values: list[int]) -> None:
    one, other, both = Buckets(), Buckets(), Buckets()
    for place, value in enumerate(values):
        (one if place % 3 else other).add(value)
    both.join(one.rows())
    both.join(other.rows())

    ordered = sorted(values)
    for number, value in enumerate(ordered):
        place = both.place(number)
        least = place.least // timedelta(milliseconds=1)
        assert ordered[ordered.index(least) + place.behind] == value
        assert place.value in {None, timedelta(milliseconds=value)}
    with pytest.raises(IndexError):
        both.place(len(values))


def test_a_bucket_is_narrow() -> None:
    buckets = Buckets()
    for value in range(10**6, 2 * 10**6, 1000):
        buckets.add(value)

    assert 16 <= len(buckets.rows()) <= 18
