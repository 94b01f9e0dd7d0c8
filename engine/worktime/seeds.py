"""What a new calendar begins with: hours by regulation, holidays by the `holidays` package.

Seeds only: an office edits all of it, since holidays are decided anew each year and in mid-year.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from importlib.metadata import version
from zoneinfo import ZoneInfo

from engine.worktime.calendar import Day, DayKind, Hours, Week, WorkCalendar

_BASIS = f"paket holidays {version('holidays')}; periksa terhadap SKB tahun itu"
_FEAST = "Hari Raya Idul Fitri"
_KINDS = {"public": DayKind.PUBLIC_HOLIDAY, "government": DayKind.COLLECTIVE_LEAVE}

#: First days of Ramadan as the Ministry of Religious Affairs fixed them (sidang isbat); that of
#: 2027 is computed, and to be confirmed by the office.
RAMADAN_BEGINS = {
    2024: date(2024, 3, 12),
    2025: date(2025, 3, 1),
    2026: date(2026, 2, 19),
    2027: date(2027, 2, 8),
}


def _week(days: Iterable[int], usual: str, friday: str) -> Week:
    return {day: Hours.from_text(friday if day == 4 else usual) for day in days}


#: Perpres 21/2023: 37.5 hours a week from 07:30 on, an hour's break, 90 minutes on Fridays.
FIVE_DAYS = _week(range(5), "07:30-16:00 12:00-13:00", "07:30-16:30 11:30-13:00")
#: Perpres 21/2023: 32.5 hours a week from 08:00 on, half an hour's break, an hour on Fridays.
FIVE_DAYS_IN_RAMADAN = _week(range(5), "08:00-15:00 12:00-12:30", "08:00-15:30 11:30-12:30")
#: The same weekly hours over six days, as units do that serve the public; a proposal to edit.
SIX_DAYS: Week = {
    **_week(range(5), "07:30-14:30 12:00-12:30", "07:30-14:30 11:30-13:00"),
    5: Hours.from_text("07:30-13:30"),
}
SIX_DAYS_IN_RAMADAN: Week = {
    **_week(range(5), "08:00-14:00 12:00-12:30", "08:00-14:00 11:30-12:30"),
    5: Hours.from_text("08:00-13:30"),
}
WEEKS = {5: (FIVE_DAYS, FIVE_DAYS_IN_RAMADAN), 6: (SIX_DAYS, SIX_DAYS_IN_RAMADAN)}


def new_calendar(
    key: str, name: str, *, zone: ZoneInfo, years: Iterable[int], days_a_week: int = 5
) -> WorkCalendar:
    """A calendar with the hours of a 5- or 6-day unit and the holidays of those years."""
    week, ramadan_week = WEEKS[days_a_week]
    wanted = sorted(years)
    return WorkCalendar(
        key=key,
        name=name,
        zone=zone,
        week=week,
        ramadan_week=ramadan_week,
        ramadan=tuple(span for year in wanted if (span := ramadan_of(year)) is not None),
        days={day: each for year in wanted for day, each in holidays_of(year).items()},
    )


def holidays_of(year: int) -> dict[date, Day]:
    """Libur nasional and cuti bersama of a year, in Indonesian.

    A day that is both is a national holiday. Dates of the lunar calendar may be estimates.
    """
    # Late: it has the holidays of all countries, and is needed when a calendar is made.
    import holidays

    found: dict[date, Day] = {}
    for category in ("government", "public"):
        listed = holidays.country_holidays("ID", years=year, categories=(category,), language="id")
        for day, name in sorted(listed.items()):
            found[day] = Day(_KINDS[category], name, _BASIS)
    return dict(sorted(found.items()))


def ramadan_of(year: int) -> tuple[date, date] | None:
    """First and last day of the Ramadan that ends in that year; None when it is not known.

    It ends the day before Idul Fitri.
    """
    begins = RAMADAN_BEGINS.get(year)
    feasts = [day for day, each in holidays_of(year).items() if each.name.startswith(_FEAST)]
    following = [day for day in feasts if begins and begins < day <= begins + timedelta(days=30)]
    return (begins, following[0] - timedelta(days=1)) if begins and following else None
