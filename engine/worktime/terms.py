"""Terms of an SOP's *Waktu* column, and when the work of such a term is due."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from engine.worktime.calendar import WorkCalendar

_TERM = re.compile(
    r"P(?=\d|T\d)(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,4})H)?(?:(?P<minutes>\d{1,6})M)?)?",
    re.ASCII,
)


class TermError(ValueError):
    """The text is no term of working days or of working time."""


def zone_of(name: str) -> ZoneInfo:
    """The IANA time zone of that name. Raises TermError."""
    try:
        return ZoneInfo(name)
    # A missing zone is a KeyError, a path out of the database a ValueError, a folder an OSError.
    except (KeyError, ValueError, OSError) as error:
        raise TermError(f"expected a time zone such as Asia/Jakarta, found {name!r}") from error


class Rule(StrEnum):
    """From when working hours and minutes count. Days always count from when the work came."""

    #: From when somebody took the task, so that 15 minutes do not run out while nobody is there.
    FROM_CLAIM = "from_claim"
    #: From when the task became available.
    FROM_AVAILABLE = "from_available"


@dataclass(frozen=True, slots=True)
class Term:
    """How long a step may take: whole working days, or working time; one of them is zero."""

    days: int = 0
    time: timedelta = timedelta(0)


def term_of(text: str) -> Term:
    """P2D (two working days), PT1H30M (working time). Raises TermError for anything else."""
    found = _TERM.fullmatch(text.strip())
    said = found.groupdict() if found else {}
    parts = {name: int(number) for name, number in said.items() if number}
    days = parts.pop("days", 0)
    time = timedelta(**parts)
    if bool(days) == bool(time):
        raise TermError(
            f"expected working days (P2D) or working time (PT1H30M), found {text.strip()!r}"
        )
    return Term(days, time)


def deadline(
    term: Term,
    calendar: WorkCalendar,
    *,
    available_at: datetime,
    claimed_at: datetime | None = None,
    rule: Rule = Rule.FROM_CLAIM,
) -> datetime | None:
    """When the work is due, in UTC; None while its time has not begun to count.

    n working days end with the office's hours of the n-th working day after the work became
    available. Raises NoWorkingDay.
    """
    if term.days:
        day = calendar.working_day_after(calendar.local_day(available_at), term.days)
        return calendar.closing(day)
    since = available_at if rule is Rule.FROM_AVAILABLE else claimed_at
    return None if since is None else calendar.after_working(since, term.time)
