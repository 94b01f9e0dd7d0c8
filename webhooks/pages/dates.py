"""Moments and days in words: 6 Januari 2025 09.30 WITA, in English 6 January 2025 09:30 WITA."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_day_names

from engine.model import Language
from webhooks.language import current_language
from webhooks.rest.context import current_settings

_CLOCK = {Language.INDONESIAN: "%H.%M", Language.ENGLISH: "%H:%M"}


def day_text(day: date) -> str:
    """The day: 6 Januari 2025."""
    return _day_text(day.year, day.month, day.day, current_language())


@lru_cache(maxsize=4096)
def _day_text(year: int, month: int, day: int, language: Language) -> str:
    return format_date(date(year, month, day), "d MMMM y", locale=language)


def weekday_names() -> list[str]:
    """The days of the week from Monday on: Senin."""
    names = get_day_names("wide", locale=current_language())
    return [str(names[day]) for day in range(7)]


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
    return f"{day_text(local)} {_clock_text(local)} {local.tzname()}"


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
    return moment_text(moment) if moment.tzinfo else f"{day_text(moment)} {_clock_text(moment)}"


def _clock_text(moment: datetime) -> str:
    return moment.strftime(_CLOCK[current_language()])
