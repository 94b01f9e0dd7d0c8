"""Deadlines computed by hand against the calendars of 2024 to 2027."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.worktime import DayKind, NoWorkingDay, Rule, WorkCalendar, deadline, term_of
from engine.worktime.calendar import Day
from engine.worktime.seeds import holidays_of, new_calendar, ramadan_of

WITA, WIB = ZoneInfo("Asia/Makassar"), ZoneInfo("Asia/Jakarta")
YEARS = range(2024, 2028)
FIVE = new_calendar("dinas", "Dinas", zone=WITA, years=YEARS)
SIX = new_calendar("uptd", "UPTD", zone=WIB, years=YEARS, days_a_week=6)


def at(text: str, zone: ZoneInfo = WITA) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def due(term: str, since: str, calendar: WorkCalendar = FIVE, **options: object) -> str:
    """Local time at which a term is due that became available, and was claimed, at a moment."""
    moment = at(since, calendar.zone)
    found = deadline(
        term_of(term),
        calendar,
        available_at=moment,
        claimed_at=moment,
        **options,  # type: ignore[arg-type]
    )
    assert found is not None
    assert found.tzinfo is UTC
    return f"{found.astimezone(calendar.zone):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("term", "since", "expected"),
    [
        # Monday 6 January 2025: an ordinary week.
        ("P1D", "2025-01-06 09:00", "2025-01-07 16:00"),
        ("P1D", "2025-01-06 23:00", "2025-01-07 16:00"),
        ("P3D", "2025-01-06 07:00", "2025-01-09 16:00"),
        # Over a weekend; Friday closes at 16:30.
        ("P1D", "2025-01-09 10:00", "2025-01-10 16:30"),
        ("P1D", "2025-01-10 10:00", "2025-01-13 16:00"),
        ("P2D", "2025-01-11 10:00", "2025-01-14 16:00"),
        # Isra Mikraj 27, cuti bersama 28, Imlek 29 January 2025.
        ("P1D", "2025-01-24 15:00", "2025-01-30 16:00"),
        ("P2D", "2025-01-24 15:00", "2025-01-31 16:30"),
        # Idul Fitri 1446 H: off from Friday 28 March to Monday 7 April 2025; the 27th is Ramadan.
        ("P1D", "2025-03-27 08:00", "2025-04-08 16:00"),
        ("P1D", "2025-03-26 08:00", "2025-03-27 15:00"),
        # Friday in Ramadan closes at 15:30.
        ("P1D", "2025-03-06 08:00", "2025-03-07 15:30"),
        # Idul Fitri 1445 H: 8 to 15 April 2024.
        ("P1D", "2024-04-05 10:00", "2024-04-16 16:00"),
        # 2026: Imlek with its cuti bersama on 16 and 17 February; Ramadan from the 19th.
        ("P1D", "2026-02-13 10:00", "2026-02-18 16:00"),
        ("P2D", "2026-02-13 10:00", "2026-02-19 15:00"),
        # Nyepi and Idul Fitri 1447 H: 18 to 24 March 2026.
        ("P1D", "2026-03-17 10:00", "2026-03-25 16:00"),
        ("P1D", "2026-12-23 09:00", "2026-12-28 16:00"),
        # 2027: Nyepi 8, cuti bersama 9, Idul Fitri 10 and 11, cuti bersama 12 and 15 March.
        ("P1D", "2027-03-05 09:00", "2027-03-16 16:00"),
        # Over the turn of the year: 25 and 26 December 2025, 1 January 2026.
        ("P5D", "2025-12-24 09:00", "2026-01-05 16:00"),
    ],
)
def test_working_days_end_with_the_office_hours_of_the_last(
    term: str, since: str, expected: str
) -> None:
    assert due(term, since) == expected


@pytest.mark.parametrize(
    ("term", "since", "expected"),
    [
        ("PT15M", "2025-01-06 09:00", "2025-01-06 09:15"),
        # Over lunch, 12:00 to 13:00.
        ("PT30M", "2025-01-06 11:45", "2025-01-06 13:15"),
        ("PT15M", "2025-01-06 11:45", "2025-01-06 12:00"),
        ("PT15M", "2025-01-06 12:30", "2025-01-06 13:15"),
        # Friday rests from 11:30 to 13:00.
        ("PT1H", "2025-01-10 11:00", "2025-01-10 13:30"),
        # Before opening, after closing, at night, on a Sunday.
        ("PT10M", "2025-01-06 05:00", "2025-01-06 07:40"),
        ("PT25M", "2025-01-06 15:50", "2025-01-07 07:45"),
        ("PT1H", "2025-01-10 16:00", "2025-01-13 08:00"),
        ("PT1H", "2025-01-12 22:00", "2025-01-13 08:30"),
        # A whole day of 7.5 hours, and a minute more.
        ("PT7H30M", "2025-01-06 07:30", "2025-01-06 16:00"),
        ("PT7H31M", "2025-01-06 07:30", "2025-01-07 07:31"),
        # Ramadan: 08:00 to 15:00 with half an hour from 12:00 on; Friday an hour from 11:30 on.
        ("PT2H", "2025-03-03 07:00", "2025-03-03 10:00"),
        ("PT4H", "2025-03-03 11:00", "2025-03-04 08:30"),
        ("PT1H", "2025-03-07 11:00", "2025-03-07 13:00"),
        # From the last hour before Idul Fitri into the first after it.
        ("PT2H", "2025-03-27 14:00", "2025-04-08 08:30"),
        ("PT240M", "2026-03-17 13:00", "2026-03-25 09:30"),
    ],
)
def test_working_time_passes_in_working_hours_only(term: str, since: str, expected: str) -> None:
    assert due(term, since) == expected


@pytest.mark.parametrize(
    ("term", "since", "expected"),
    [
        ("P1D", "2025-01-10 09:00", "2025-01-11 13:30"),
        ("P2D", "2025-01-10 09:00", "2025-01-13 14:30"),
        ("PT2H", "2025-01-11 12:30", "2025-01-13 08:30"),
        # Lunch from 12:00 to 12:30; on Fridays from 11:30 to 13:00; over the end of a day.
        ("PT30M", "2025-01-06 11:45", "2025-01-06 12:45"),
        ("PT4H", "2025-01-10 09:00", "2025-01-10 14:30"),
        ("PT25M", "2025-01-06 14:15", "2025-01-07 07:40"),
        # Ramadan: 08:00 to 14:00, on Fridays with an hour from 11:30 on, Saturdays to 13:30.
        ("P1D", "2025-03-07 09:00", "2025-03-08 13:30"),
        ("PT3H", "2025-03-07 10:00", "2025-03-07 14:00"),
        ("PT3H30M", "2025-03-07 10:00", "2025-03-08 08:30"),
        ("PT1H", "2025-03-08 13:00", "2025-03-10 08:30"),
        # Nyepi and Idul Fitri 1446 H: 28 March to 4 April 2025; Saturday the 5th is worked.
        ("PT2H", "2025-03-27 13:00", "2025-04-05 08:30"),
        ("P1D", "2025-03-27 13:00", "2025-04-05 13:30"),
        ("P2D", "2025-03-27 13:00", "2025-04-08 14:30"),
    ],
)
def test_a_six_day_unit_works_on_saturdays(term: str, since: str, expected: str) -> None:
    assert due(term, since, SIX) == expected


@pytest.mark.parametrize(
    ("term", "since", "expected"),
    [
        ("P1D", "2025-01-06 09:00", "2025-01-07 16:00"),
        # 25 December, and the day after as cuti bersama.
        ("P1D", "2024-12-24 09:00", "2024-12-27 16:30"),
        # Fridays in the Ramadan of 2024, 2026 and 2027: 08:00 to 15:30, an hour from 11:30 on.
        ("PT2H", "2024-03-15 11:00", "2024-03-15 14:00"),
        ("PT2H", "2026-02-20 11:00", "2026-02-20 14:00"),
        ("PT1H", "2027-02-12 15:00", "2027-02-15 08:30"),
        # The last working day before Ramadan 2026, Imlek included, into its shorter hours.
        ("PT2H", "2026-02-18 15:00", "2026-02-19 09:00"),
    ],
)
def test_hours_are_those_of_the_offices_own_zone(term: str, since: str, expected: str) -> None:
    calendar = new_calendar("bandar-lampung", "Bandar Lampung", zone=WIB, years=YEARS)

    assert due(term, since, calendar) == expected
    moment = at(since, WIB)
    found = deadline(term_of(term), calendar, available_at=moment, claimed_at=moment)
    assert found == at(expected, WIB)


def test_the_same_moment_is_another_day_in_another_zone() -> None:
    east = new_calendar("papua", "Papua", zone=ZoneInfo("Asia/Jayapura"), years=YEARS)
    moment = datetime(2025, 1, 6, 15, 30, tzinfo=UTC)  # 22:30 WIB on Monday, 00:30 WIT on Tuesday

    west_due = deadline(term_of("P1D"), SIX, available_at=moment)
    east_due = deadline(term_of("P1D"), east, available_at=moment)

    assert west_due == datetime(2025, 1, 7, 7, 30, tzinfo=UTC)
    assert east_due == datetime(2025, 1, 8, 7, 0, tzinfo=UTC)


def test_minutes_count_from_the_claim_unless_the_rule_says_otherwise() -> None:
    available, claimed = at("2025-01-06 08:00"), at("2025-01-08 10:00")

    def by(rule: Rule, claimed_at: datetime | None) -> datetime | None:
        return deadline(
            term_of("PT15M"), FIVE, available_at=available, claimed_at=claimed_at, rule=rule
        )

    assert by(Rule.FROM_CLAIM, None) is None
    assert by(Rule.FROM_CLAIM, claimed) == at("2025-01-08 10:15")
    assert by(Rule.FROM_AVAILABLE, claimed) == at("2025-01-06 08:15")
    assert by(Rule.FROM_AVAILABLE, None) == at("2025-01-06 08:15")


def test_a_unit_that_serves_on_collective_leave_works_then() -> None:
    serving = WorkCalendar(
        key="puskesmas", name="Puskesmas", zone=WITA, week=FIVE.week, days=FIVE.days,
        works_on_collective_leave=True,
    )  # fmt: skip

    assert due("P1D", "2025-01-27 09:00", serving) == "2025-01-28 16:00"
    assert due("P1D", "2025-01-28 09:00", serving) == "2025-01-30 16:00"


def test_a_substitute_working_day_is_worked() -> None:
    days = {date(2025, 1, 11): Day(DayKind.WORKING_DAY, "Pengganti", "SE")}
    calendar = WorkCalendar(key="a", name="A", zone=WITA, week=FIVE.week, days=days)

    assert due("P1D", "2025-01-10 09:00", calendar) == "2025-01-11 16:00"


def test_a_calendar_without_working_days_is_said_to_be_so() -> None:
    calendar = WorkCalendar(key="kosong", name="Kosong", zone=WITA, week={})

    with pytest.raises(NoWorkingDay, match="kosong"):
        due("P1D", "2025-01-10 09:00", calendar)
    with pytest.raises(NoWorkingDay):
        due("PT1M", "2025-01-10 09:00", calendar)


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        ("2025-01-06 07:30", "2025-01-06 16:00", 7.5),
        ("2025-01-06 11:00", "2025-01-06 14:00", 2),
        ("2025-01-10 07:30", "2025-01-10 16:30", 7.5),
        ("2025-01-06 00:00", "2025-01-12 23:59", 37.5),
        ("2025-03-03 00:00", "2025-03-09 23:59", 32.5),
        ("2025-03-27 14:00", "2025-04-08 08:30", 2),
        ("2025-01-06 14:00", "2025-01-06 11:00", 0),
    ],
)
def test_working_time_between_two_moments(since: str, until: str, hours: float) -> None:
    assert FIVE.working_time(at(since), at(until)) == timedelta(hours=hours)


# ----------------------------------------------------------------------- seeds


@pytest.mark.parametrize(
    ("year", "public", "leave"), [(2024, 19, 10), (2025, 17, 11), (2026, 17, 8)]
)
def test_holidays_are_as_many_as_decreed(year: int, public: int, leave: int) -> None:
    kinds = [each.kind for each in holidays_of(year).values()]

    assert kinds.count(DayKind.PUBLIC_HOLIDAY) == public
    assert kinds.count(DayKind.COLLECTIVE_LEAVE) == leave


def test_ramadan_ends_on_the_eve_of_the_feast() -> None:
    assert ramadan_of(2024) == (date(2024, 3, 12), date(2024, 4, 9))
    assert ramadan_of(2026) == (date(2026, 2, 19), date(2026, 3, 20))
    assert ramadan_of(2040) is None


def test_a_week_has_the_hours_of_the_regulation() -> None:
    """Perpres 21/2023: 37 hours 30 minutes, in Ramadan 32 hours 30 minutes."""
    for calendar in (FIVE, SIX):
        start, ramadan = (
            at("2025-01-06 00:00", calendar.zone),
            at("2025-03-03 00:00", calendar.zone),
        )
        week = timedelta(days=7)
        assert calendar.working_time(start, start + week) == timedelta(hours=37.5)
        assert calendar.working_time(ramadan, ramadan + week) == timedelta(hours=32.5)
