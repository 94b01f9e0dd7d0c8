"""The class that an SOP's records have in the office's retention schedule (JRA).

UU 43/2009 on archives, PP 28/2012: a schedule says how long records are active and inactive, and
what becomes of them then: destroyed, kept for ever, or judged again.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

#: Properties of a process: its code in the schedule, both periods, and what becomes of it.
CODE = "sop:jraKode"
ACTIVE = "sop:jraAktif"
INACTIVE = "sop:jraInaktif"
FATE = "sop:jraAkhir"
FATES = ("musnah", "permanen", "dinilai")

_PERIOD = re.compile(r"P(?=\d)(?:(\d{1,3})Y)?(?:(\d{1,3})M)?(?:(\d{1,4})D)?")
_MONTHS = 12
_LAST_YEAR = 9998


class RetentionError(ValueError):
    """A property cannot be read; `name` says which."""

    def __init__(self, name: str, expected: str) -> None:
        self.name = name
        super().__init__(f"expected {expected}")


@dataclass(frozen=True, slots=True)
class Period:
    """Years and months first, then days, as a calendar counts them."""

    months: int
    days: int

    def after(self, day: date) -> date:
        """The day on which the period is over. The 31st becomes the last day of a shorter month."""
        month = day.year * _MONTHS + day.month - 1 + self.months
        year = min(month // _MONTHS, _LAST_YEAR)
        last = monthrange(year, month % _MONTHS + 1)[1]
        found = date(year, month % _MONTHS + 1, min(day.day, last))
        return found + timedelta(days=min(self.days, (date.max - found).days))


@dataclass(frozen=True, slots=True)
class Retention:
    """A class of the schedule."""

    code: str
    active: Period
    inactive: Period
    fate: str

    def inactive_on(self, ended_on: date) -> date:
        """When records that were closed on that day become inactive."""
        return self.active.after(ended_on)

    def over_on(self, ended_on: date) -> date:
        """When they are to be destroyed, handed over or judged again."""
        return self.inactive.after(self.inactive_on(ended_on))


def retention_in(properties: Mapping[str, str]) -> Retention | None:
    """The class that the properties of a process name; None without any. Raises RetentionError."""
    said = {name: properties.get(name, "").strip() for name in (CODE, ACTIVE, INACTIVE, FATE)}
    if not any(said.values()):
        return None
    fate = said[FATE].lower()
    if fate not in FATES:
        raise RetentionError(FATE, f"one of {', '.join(FATES)}")
    return Retention(said[CODE], _period(ACTIVE, said), _period(INACTIVE, said), fate)


def _period(name: str, said: Mapping[str, str]) -> Period:
    found = _PERIOD.fullmatch(said[name])
    if found is None:
        raise RetentionError(name, "years, months or days such as P2Y, P6M or P90D")
    years, months, days = (int(part or 0) for part in found.groups())
    return Period(years * _MONTHS + months, days)
