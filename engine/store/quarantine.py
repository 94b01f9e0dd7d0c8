"""Rows that cannot be read: each is told once, and known until the process ends."""

from __future__ import annotations

import logging
import threading

_log = logging.getLogger(__name__)

#: More than these are a damaged database, not damaged rows.
_MOST = 1000


class Quarantine:
    """What one store has met. Safe to share between threads."""

    def __init__(self) -> None:
        self._rows: dict[str, str] = {}
        self._of_thread = threading.local()

    @property
    def rows(self) -> tuple[str, ...]:
        """Table and key of each."""
        return tuple(self._rows)

    def rows_of(self, table: str) -> tuple[str, ...]:
        """Those of one table."""
        return tuple(row for row in self._rows if row.startswith(f"a row of {table} "))

    def begin(self) -> None:
        """From now on it is noted anew what this thread leaves out."""
        self._of_thread.rows = {}

    @property
    def left_out(self) -> tuple[str, ...]:
        """What this thread has left out since it began; nothing when it never did."""
        return tuple(getattr(self._of_thread, "rows", ()))

    def take(self, row: str, reason: str) -> None:
        """The row was left out."""
        getattr(self._of_thread, "rows", {})[row] = reason
        if row in self._rows or len(self._rows) >= _MOST:
            return
        self._rows[row] = reason
        _log.error("%s cannot be read and is left out of listings: %s", row, reason)
