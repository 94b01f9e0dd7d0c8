"""`alur` as a program whose clock may jump: what it is told stands in a file that others write."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from datetime import datetime, timedelta
from pathlib import Path

from engine import sources

#: The variable that names the file with how many seconds the clock is wrong.
CLOCK = "SOAK_CLOCK"


class WrongClock(sources.SystemClock):
    """The computer's clock, as wrong as the file says at this moment."""

    def __init__(self) -> None:
        self._file = Path(os.environ[CLOCK])

    def now(self) -> datetime:
        """See Clock.now."""
        return super().now() + timedelta(seconds=int(self._file.read_text()))


if __name__ == "__main__":
    # Where it hangs, when it does not end: SIGUSR1 writes it into the log.
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    # Before anything else imports it: every other part of the program is as it is always.
    sources.SystemClock = WrongClock  # type: ignore[misc]
    from engine.__main__ import main

    sys.exit(main())
