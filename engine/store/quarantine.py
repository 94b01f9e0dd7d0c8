"""Rows that cannot be read: each is told once, and known until the process ends."""

from __future__ import annotations

import logging

_log = logging.getLogger(__name__)

#: More than these are a damaged database, not damaged rows.
_MOST = 1000


class Quarantine:
    """What one store has met. Safe to share between threads."""

    def __init__(self) -> None:
        self._rows: dict[str, str] = {}

    @property
    def rows(self) -> tuple[str, ...]:
        """Table and key of each."""
        return tuple(self._rows)

    def take(self, row: str, reason: str) -> None:
        """The row was left out."""
        if row in self._rows or len(self._rows) >= _MOST:
            return
        self._rows[row] = reason
        _log.error("%s cannot be read and is left out of listings: %s", row, reason)
