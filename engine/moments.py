"""Due dates as a diagram or a form writes them: a day, a moment or a duration; and as moments."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DURATION = re.compile(
    r"P(?=\d|T\d)(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,5})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,7})S)?)?",
    re.ASCII,
)


#: So that the moment can be said in every time zone.
_FIRST_YEAR, _LAST_YEAR = 1900, 9000


class DueError(ValueError):
    """The text is no day, moment or duration."""


def due_text(text: str) -> str:
    """The text if it can be read as a due date. Raises DueError saying what was expected."""
    written = text.strip()
    if _DURATION.fullmatch(written):
        return written
    try:
        moment = datetime.fromisoformat(written)
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            raise ValueError(written)
    except ValueError as error:
        raise DueError(
            "expected a day (2026-01-31), a moment (2026-01-31T08:00:00+07:00) "
            "or a duration (P3D, PT2H)"
        ) from error
    return written


def due_moment(text: str, *, since: datetime, zone: ZoneInfo) -> datetime:
    """The moment that a text of `due_text` means.

    A day ends at its midnight in the office's `zone`; a moment without an offset is local time
    there; a duration counts from `since` by the clock (working time is `worktime/`'s).
    """
    duration = _DURATION.fullmatch(text)
    if duration:
        parts = {name: int(value) for name, value in duration.groupdict().items() if value}
        return since + timedelta(**parts)
    if len(text) == len("2026-01-31"):
        day = date.fromisoformat(text) + timedelta(days=1)
        return datetime.combine(day, time(), zone)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
