"""Moments as Camunda's clients write and read them: 2026-01-23T13:42:42.453+0700."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from webhooks.rest.context import current_settings

#: Seconds and milliseconds may be missing, and the offset may have a colon or be Z.
_READABLE = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})", re.ASCII
)


def write_moment(moment: datetime | None) -> str | None:
    """yyyy-MM-dd'T'HH:mm:ss.SSSZ in the time zone of the settings."""
    if moment is None:
        return None
    local = moment.astimezone(current_settings().time_zone)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"


def read_moment(text: object) -> datetime:
    """The moment that the text names. Raises ValueError saying what was expected."""
    try:
        if isinstance(text, str) and _READABLE.fullmatch(text.strip()):
            # In UTC at once: at the ends of the calendar that is not always possible.
            return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError("expected a date such as 2026-01-23T13:42:42.453+0700")
