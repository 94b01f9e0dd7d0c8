"""Reads the literal of a timer: an ISO 8601 duration, or a moment with its offset."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

LONGEST_DAYS = 3660
MAX_CYCLES = 1000
SHORTEST_CYCLE_SECONDS = 60

_DURATION = re.compile(
    r"P(?=\d|T\d)(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?",
    re.ASCII,
)
#: What other engines take for a repetition: ISO 8601 with a start or an end, and cron.
_REPETITION = re.compile(r"R\d*/(P|\d{4}-)", re.ASCII)
_CRON = re.compile(r"[\dA-Z*?/,L#W-]+( [\dA-Z*?/,L#W-]+){4,6}", re.ASCII)
_MAX_TEXT = 64
#: How the text of a timer begins when it is an expression.
EXPRESSION_MARKS = ("${", "#{", "=")


class TimerError(ValueError):
    """The literal cannot be run; the message is English, `message_id` Indonesian."""

    def __init__(self, message: str, message_id: str, *, is_mistake: bool = True) -> None:
        self.message_id = message_id
        #: False for a right literal that is outside of what the engine keeps.
        self.is_mistake = is_mistake
        super().__init__(message)


def duration_literal(text: str) -> str:
    """The duration without quotes, as the workflow library reads it. Raises TimerError."""
    literal = _unquoted(text)
    match = _DURATION.fullmatch(literal.upper()) if len(literal) <= _MAX_TEXT else None
    if match is None:
        raise TimerError(
            f"{literal!r} is not an ISO 8601 duration such as PT1H or P3D",
            f"{literal!r} bukan jangka waktu ISO 8601 seperti PT1H atau P3D",
            is_mistake=not _is_composed(literal),
        )
    parts = {name: float(value) for name, value in match.groupdict().items() if value}
    if "weeks" in parts and parts.keys() & {"years", "months", "days"}:
        raise TimerError(
            "weeks cannot stand beside years, months or days",
            "minggu tidak dapat digabung dengan tahun, bulan atau hari",
        )
    _require_length(literal, parts)
    return literal.upper()


def moment_literal(text: str) -> str:
    """The moment without quotes; it names its offset from UTC. Raises TimerError."""
    literal = _unquoted(text)
    try:
        moment = datetime.fromisoformat(literal)
    except ValueError as error:
        raise TimerError(
            f"{literal!r} is not an ISO 8601 moment such as 2026-01-31T08:00:00+07:00",
            f"{literal!r} bukan waktu ISO 8601 seperti 2026-01-31T08:00:00+07:00",
        ) from error
    if moment.tzinfo is None:
        raise TimerError(
            f"{literal!r} names no time zone; add +07:00, +08:00, +09:00 or Z",
            f"{literal!r} tidak menyebut zona waktu; tambahkan +07:00, +08:00, +09:00 atau Z",
            is_mistake=False,
        )
    return moment.isoformat()


def cycle_literal(text: str) -> str:
    """A repetition without quotes: R3/PT10M, or R/P1D for as long as the activity lasts.

    Raises TimerError; a cron expression is named as such.
    """
    literal = _unquoted(text).upper()
    repeats, slash, duration = literal.partition("/")
    count = repeats[1:]
    is_count = not count or (count.isascii() and count.isdigit() and 0 < int(count) <= MAX_CYCLES)
    if not repeats.startswith("R") or not slash or not is_count or len(literal) > _MAX_TEXT:
        raise TimerError(
            f"{literal!r} is not a repetition such as R3/PT10M (1 to {MAX_CYCLES} times) or R/P1D; "
            "cron expressions are not run",
            f"{literal!r} bukan pengulangan seperti R3/PT10M (1 sampai {MAX_CYCLES} kali) atau "
            "R/P1D; ungkapan cron tidak dijalankan",
            is_mistake=not (
                _REPETITION.match(literal) or _CRON.fullmatch(literal) or _is_composed(literal)
            ),
        )
    if _seconds(duration_literal(duration)) < SHORTEST_CYCLE_SECONDS:
        raise TimerError(
            f"{literal!r} repeats faster than every {SHORTEST_CYCLE_SECONDS} seconds",
            f"{literal!r} berulang lebih cepat daripada setiap {SHORTEST_CYCLE_SECONDS} detik",
            is_mistake=False,
        )
    return literal


def _is_composed(text: str) -> bool:
    """Whether expressions stand within the text, as other engines allow."""
    return "${" in text or "#{" in text


def _seconds(duration: str) -> float:
    """The least that a duration lasts: a month counts 28 days."""
    match = _DURATION.fullmatch(duration)
    parts = {n: float(v) for n, v in match.groupdict().items() if v} if match else {}
    days = (
        parts.get("years", 0) * 365
        + parts.get("months", 0) * 28
        + parts.get("weeks", 0) * 7
        + parts.get("days", 0)
    )
    hours = parts.get("hours", 0)
    return days * 86_400 + hours * 3600 + parts.get("minutes", 0) * 60 + parts.get("seconds", 0)


def _require_length(literal: str, parts: dict[str, float]) -> None:
    days = (
        parts.get("years", 0) * 366
        + parts.get("months", 0) * 31
        + parts.get("weeks", 0) * 7
        + parts.get("days", 0)
    )
    seconds = parts.get("hours", 0) * 3600 + parts.get("minutes", 0) * 60 + parts.get("seconds", 0)
    total = days * 86_400 + seconds
    if not 0 < total <= timedelta(days=LONGEST_DAYS).total_seconds():
        raise TimerError(
            f"{literal!r} must be longer than zero and at most ten years",
            f"{literal!r} harus lebih dari nol dan paling lama sepuluh tahun",
            is_mistake=False,
        )


def _unquoted(text: str) -> str:
    text = text.strip()
    is_quoted = len(text) >= 2 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1].strip() if is_quoted else text
