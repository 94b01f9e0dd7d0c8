"""Moments and days as Indonesian officials write them: 6 Januari 2025 09.30 WITA."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from webhooks.rest.context import current_settings

MONTHS = (
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
)


def day_text(day: date) -> str:
    """The day: 6 Januari 2025."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def moment_text(moment: datetime | None) -> str:
    """The moment in the office's time zone; nothing for None."""
    if moment is None:
        return ""
    return moment_in(moment, current_settings().time_zone)


def zone_text(moment: datetime) -> str:
    """What the office calls its time zone at that moment: WITA."""
    return str(moment.astimezone(current_settings().time_zone).tzname())


def moment_in(moment: datetime, zone: ZoneInfo) -> str:
    """The moment in a time zone: 6 Januari 2025 09.30 WITA."""
    local = moment.astimezone(zone)
    return f"{day_text(local)} {local:%H.%M} {local.tzname()}"


def moment_code(moment: datetime) -> str:
    """The moment for the `datetime` attribute of `<time>`."""
    return moment.astimezone(current_settings().time_zone).isoformat(timespec="seconds")


def iso_text(text: str) -> str:
    """An ISO date or moment in words; any other text as it is."""
    try:
        return day_text(date.fromisoformat(text))
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment_text(moment) if moment.tzinfo else f"{day_text(moment)} {moment:%H.%M}"
