"""Working time in words: Sisa 2 hari kerja, Terlambat 45 menit kerja, 3 jam kerja."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext, ngettext

from engine.remaining_times import Remaining
from engine.worktime import Span

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


def remaining_text(remaining: Remaining) -> str:
    """What a list says of a task before or after its deadline; "" when there is nothing to say."""
    if remaining.from_claim is not None:
        length = _time_text(remaining.from_claim)
        return gettext("Waktu %(length)s sejak diambil", length=length)
    length = span_text(remaining.span) if remaining.span else ""
    if remaining.is_overdue:
        return gettext("Terlambat %(length)s", length=length) if length else gettext("Terlambat")
    if remaining.span == Span():
        return gettext("Jatuh tempo di luar jam kerja")
    if remaining.span is not None and not length:
        return gettext("Sisa kurang dari 1 menit kerja")
    return gettext("Sisa %(length)s", length=length) if length else ""


def passed_text(span: Span) -> str:
    """How long something took, or takes so far; never nothing."""
    return span_text(span) or gettext("kurang dari 1 menit")


def span_text(span: Span) -> str:
    """Working time for people: 1 hari kerja 3 jam; minutes only below a day; "" below a minute."""
    if not span.days:
        text = _time_text(span.time)
        return gettext("%(length)s kerja", length=text) if text else ""
    days = ngettext("%(num)s hari kerja", "%(num)s hari kerja", span.days)
    hours = span.time // _HOUR
    return f"{days} {_hours_text(hours)}" if hours else days


def _time_text(time: timedelta) -> str:
    hours, minutes = time // _HOUR, time % _HOUR // _MINUTE
    parts = [_hours_text(hours)] if hours else []
    if minutes:
        parts.append(ngettext("%(num)s menit", "%(num)s menit", minutes))
    return " ".join(parts)


def _hours_text(hours: int) -> str:
    return ngettext("%(num)s jam", "%(num)s jam", hours)
