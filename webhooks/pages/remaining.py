"""Working time in words: Sisa 2 hari kerja, Terlambat 45 menit kerja, 3 jam kerja."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext

from engine.remaining_times import Remaining
from engine.worktime import Span

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


def remaining_text(remaining: Remaining) -> str:
    """What a list says of a task before or after its deadline; "" when there is nothing to say."""
    if remaining.from_claim is not None:
        return f"Waktu {_time_text(remaining.from_claim)} sejak diambil"
    length = span_text(remaining.span) if remaining.span else ""
    if remaining.is_overdue:
        return f"Terlambat {length}".strip()
    if remaining.span == Span():
        return "Jatuh tempo di luar jam kerja"
    if remaining.span is not None and not length:
        return "Sisa kurang dari 1 menit kerja"
    return f"Sisa {length}" if length else ""


def passed_text(span: Span) -> str:
    """How long something took, or takes so far; never nothing."""
    return span_text(span) or gettext("kurang dari 1 menit")


def span_text(span: Span) -> str:
    """Working time for people: 1 hari kerja 3 jam; minutes only below a day; "" below a minute."""
    if not span.days:
        text = _time_text(span.time)
        return f"{text} kerja" if text else ""
    hours = span.time // _HOUR
    return f"{span.days} hari kerja {hours} jam" if hours else f"{span.days} hari kerja"


def _time_text(time: timedelta) -> str:
    hours, minutes = time // _HOUR, time % _HOUR // _MINUTE
    parts = [f"{hours} jam"] if hours else []
    return " ".join([*parts, f"{minutes} menit"] if minutes else parts)
