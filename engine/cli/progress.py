"""How far a long check is: a bar at a terminal, else a line now and then; always on stderr."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta

from engine.sources import Clock

#: A check that lasts longer than this says how far it is.
_PATIENCE = timedelta(seconds=2)
_WIDTH = 30


class Progress:
    """Told again and again how much of how much is done."""

    def __init__(self, clock: Clock, what: str, *, deed: str = "checked") -> None:
        """what: which is counted, in the plural. deed: what is done with them."""
        self._clock = clock
        self._what, self._deed = what, deed
        self._began_at: datetime = clock.now()
        self._said_at = self._began_at

    def __call__(self, done: int, total: int) -> None:
        """`done` of `total`; the last call has both equal."""
        now = self._clock.now()
        if sys.stderr.isatty():
            end = "\n" if done >= total else ""
            line = f"\r{_bar(done, total)} {self._words(done, total)}{self._left(done, total, now)}"
            # Erases what a longer line left behind (ECMA-48, EL).
            print(f"{line}\x1b[K", end=end, file=sys.stderr, flush=True)
        elif done < total and now - self._said_at > _PATIENCE:
            # At the end the command itself says what was done.
            self._said_at = now
            print(f"alur: {self._words(done, total)}", file=sys.stderr, flush=True)

    def _words(self, done: int, total: int) -> str:
        return f"{self._deed} {done} of {total} {self._what}"

    def _left(self, done: int, total: int, now: datetime) -> str:
        spent = (now - self._began_at).total_seconds()
        if not 0 < done < total or spent < _PATIENCE.total_seconds():
            return ""
        return f", {timedelta(seconds=round(spent / done * (total - done)))} left"


def _bar(done: int, total: int) -> str:
    filled = _WIDTH * done // total if total else _WIDTH
    return f"[{'#' * filled}{'.' * (_WIDTH - filled)}]"
