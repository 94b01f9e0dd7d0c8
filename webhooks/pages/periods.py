"""Months, quarters, halves and years as the URL names them: `bulan`, `triwulan`, or by a code.

The codes are 2026-11, 2026-TW4, 2026-S2 and 2026; a period is one of the office's days.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask_babel import format_date, gettext

from engine.model import FieldType, FormField, Json
from webhooks.language import phrase
from webhooks.pages.values import Fields, value_text
from webhooks.rest.context import current_engine, current_settings

MONTH, QUARTER, HALF, YEAR = "bulan", "triwulan", "semester", "tahun"
#: Word of the URL -> what people call the period that is running.
RUNNING = {
    MONTH: phrase("Bulan ini"),
    QUARTER: phrase("Triwulan ini"),
    YEAR: phrase("Tahun ini"),
}
#: The same for reports: an SOP is monitored every half year (PermenPAN-RB 35/2012).
REPORTED = {HALF: phrase("Semester ini"), **RUNNING}
_CODE = re.compile(
    r"(?P<year>\d{4})(?:-(?:(?P<month>\d\d)|TW(?P<quarter>[1-4])|S(?P<half>[12])))?", re.ASCII
)
_MONTHS = {MONTH: 1, QUARTER: 3, HALF: 6, YEAR: 12}
_ROMAN = ("I", "II", "III", "IV")
#: A query asks for what lies strictly between two moments, in whole milliseconds.
TICK = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A month, quarter, half or year. `first`: its first day."""

    kind: str
    first: date

    @property
    def end(self) -> date:
        """The first day after it."""
        return _later(self.first, _MONTHS[self.kind])

    @property
    def code(self) -> str:
        """How the URL names it."""
        if self.kind == MONTH:
            return f"{self.first:%Y-%m}"
        if self.kind == HALF:
            return f"{self.first:%Y}-S{_half(self.first)}"
        quarter = f"-TW{_quarter(self.first)}" if self.kind == QUARTER else ""
        return f"{self.first.year:04}{quarter}"

    @property
    def label(self) -> str:
        """How people name it: November 2026, Triwulan IV 2026, Tahun 2026."""
        if self.kind == MONTH:
            return str(format_date(self.first, "MMMM yyyy"))
        if self.kind == QUARTER:
            roman = _ROMAN[_quarter(self.first) - 1]
            return gettext("Triwulan %(number)s %(year)s", number=roman, year=self.first.year)
        if self.kind == HALF:
            roman = _ROMAN[_half(self.first) - 1]
            return gettext("Semester %(number)s %(year)s", number=roman, year=self.first.year)
        return gettext("Tahun %(year)s", year=self.first.year)

    def neighbour(self, step: int) -> Period:
        """The one before (-1) or after (1)."""
        return Period(self.kind, _later(self.first, step * _MONTHS[self.kind]))

    @property
    def after(self) -> datetime:
        """The last moment before it."""
        return midnight(self.first) - TICK

    @property
    def before(self) -> datetime:
        """The first moment after it."""
        return midnight(self.end)


def today() -> date:
    """The office's day."""
    return current_engine().clock.now().astimezone(current_settings().time_zone).date()


def running(kind: str) -> Period:
    """The month, quarter or year of today."""
    return _around(kind, today())


def period_of(text: str | None) -> Period | None:
    """What the URL asks for; None for nothing, and for what is no period."""
    if text in REPORTED:
        return running(text)
    found = _CODE.fullmatch(text or "")
    if found is None or not 1900 <= int(found["year"]) <= 9000:
        return None
    year = date(int(found["year"]), 1, 1)
    if found["quarter"]:
        return Period(QUARTER, _later(year, 3 * (int(found["quarter"]) - 1)))
    if found["half"]:
        return Period(HALF, _later(year, 6 * (int(found["half"]) - 1)))
    if found["month"] is None:
        return Period(YEAR, year)
    month = int(found["month"])
    return Period(MONTH, _later(year, month - 1)) if 1 <= month <= 12 else None


def period_choices(asked: str | None) -> dict[str, str]:
    """What runs now and what was before it; and the one that was asked for, wherever it lies."""
    choices = {kind: f"{gettext(said)}: {running(kind).label}" for kind, said in RUNNING.items()}
    before = [running(kind).neighbour(-1) for kind in RUNNING]
    named = period_of(asked)
    if named is not None and asked not in choices:
        before.append(named)
    return choices | {each.code: each.label for each in before}


#: The form fields of an SOP that say which period it is about (processes/README.md).
YEAR_FIELD, KIND_FIELD = "periode_tahun", "periode_jenis"


def reporting_period(values: Mapping[str, Json], fields: Fields) -> str:
    """The period that an instance is about: Triwulan I 2026; "" when its SOP asks for none."""
    told = [
        value_text(values[name], name, fields)
        for name in (KIND_FIELD, YEAR_FIELD)
        if values.get(name) not in (None, "")
    ]
    return " ".join(told)


def likely_period(form: Iterable[FormField]) -> dict[str, Json]:
    """For the fields of a start form that ask for a period: this year, and the running quarter."""
    day = today()
    likely: dict[str, Json] = {}
    for field in form:
        if field.id == YEAR_FIELD and field.type is FieldType.LONG:
            likely[field.id] = day.year
        if field.id == KIND_FIELD and f"TW{_quarter(day)}" in dict(field.options):
            likely[field.id] = f"TW{_quarter(day)}"
    return likely


def _around(kind: str, day: date) -> Period:
    first = day.replace(day=1)
    return Period(kind, _later(first, -((first.month - 1) % _MONTHS[kind])))


def _quarter(day: date) -> int:
    return (day.month + 2) // 3


def _half(day: date) -> int:
    return 1 if day.month <= 6 else 2


def _later(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def midnight(day: date) -> datetime:
    """When the office's day begins."""
    return datetime.combine(day, time(0), current_settings().time_zone)
