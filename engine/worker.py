"""The worker: does its duties again and again, until it is told to stop.

Any number of workers may run on one database; each duty sees to it that nothing is done twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Event, Thread
from typing import Protocol

from engine.errors import traced
from engine.rests import Rests
from engine.sources import Clock

_log = logging.getLogger(__name__)

_SHORTEST_REST = timedelta(seconds=1)
_LONGEST_REST = timedelta(minutes=1)
#: How often the thread that waits for the duties looks up.
_LOOK_UP_S = 1.0


class Duty(Protocol):
    """One kind of work that comes up by itself."""

    @property
    def name(self) -> str:
        """A word or two, for logs and answers; no two duties share it."""
        ...

    def turn(self, is_stopped: Callable[[], bool]) -> int:
        """Do a bounded part of what is due now; how much was done, 0 when nothing is due.

        With nothing due it costs one indexed query: it is called every second. It looks at
        `is_stopped` between two pieces of work, and logs the failure of a piece by itself; what it
        raises lets the whole duty rest.
        """
        ...


class Worker:
    """Does duties, each in a thread of its own: one that waits for a network holds up no other.

    A duty that fails is logged with its name and rests, 1 second at first and 1 minute at most.
    """

    def __init__(
        self,
        duties: Sequence[Duty],
        clock: Clock,
        *,
        pause_s: float = 1.0,
        note_pulse: Callable[[str], None] = lambda _duty: None,
    ) -> None:
        """note_pulse: told the name of a duty whenever that has been done."""
        self._duties = tuple(duties)
        self._note_pulse = note_pulse
        self._rests = Rests(clock, shortest=_SHORTEST_REST, longest=_LONGEST_REST)
        self._pause_s = pause_s

    def run(self, stop: Event) -> None:
        """Work until `stop` is set; what is under way is finished."""
        threads = [
            Thread(target=self._repeat, args=(duty, stop), name=f"alur-{duty.name}", daemon=True)
            for duty in self._duties
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                # A signal that another thread got, or that came just before the wait began, does
                # not end a wait: its handler runs when the main thread looks up by itself.
                thread.join(_LOOK_UP_S)

    def turn(self, is_stopped: Callable[[], bool] = lambda: False) -> dict[str, int]:
        """One turn of each duty, one after the other; name -> how much was done."""
        return {duty.name: self._turn(duty, is_stopped) for duty in self._duties}

    def failing(self) -> list[str]:
        """The names of duties that failed when they were last done."""
        return self._rests.failed()

    def _repeat(self, duty: Duty, stop: Event) -> None:
        while not stop.is_set():
            if not self._turn(duty, stop.is_set):
                stop.wait(self._pause_s)

    def _turn(self, duty: Duty, is_stopped: Callable[[], bool]) -> int:
        if self._rests.is_resting(duty.name):
            return 0
        try:
            done = duty.turn(is_stopped)
            self._note_pulse(duty.name)
        except Exception as error:  # noqa: BLE001 - also a defect; the worker outlives that
            told = (duty.name, self._rests.begin(duty.name), error)
            _log.error("duty %s failed; again in %s: %s", *told, exc_info=traced(error))
            return 0
        self._rests.end(duty.name)
        if done:
            _log.info("duty %s: %s done", duty.name, done)
        return done
