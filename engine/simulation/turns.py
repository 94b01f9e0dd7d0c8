"""How many simulations run at the same time: they cost seconds of one processor each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from engine.errors import TooManySimulations


class Turns:
    """At most `parallel` simulations of this process at once; others wait at most `wait_s`."""

    def __init__(self, *, parallel: int = 2, wait_s: float = 1) -> None:
        self._free = BoundedSemaphore(parallel)
        self._wait_s = wait_s

    @contextmanager
    def taken(self) -> Iterator[None]:
        """One turn, given back at the end. Raises TooManySimulations."""
        if not self._free.acquire(timeout=self._wait_s):
            raise TooManySimulations
        try:
            yield
        finally:
            self._free.release()
