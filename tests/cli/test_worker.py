"""The worker: its duties, and what it does when one fails."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event

import pytest

from engine.errors import StorageBusy
from engine.sources import ManualClock
from engine.worker import Worker

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)


class Chore:
    """A duty that does as it is told."""

    def __init__(self, name: str, deed: Callable[[], int]) -> None:
        self.name = name
        self.turns = 0
        self._deed = deed

    def turn(self, is_stopped: Callable[[], bool]) -> int:
        self.turns += 1
        return 0 if is_stopped() else self._deed()


def fails() -> int:
    raise StorageBusy


def test_failing_duty_is_named_and_does_not_stop_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    failing, other = Chore("letters", fails), Chore("timers", lambda: 2)

    done = Worker([failing, other], ManualClock(NOON)).turn()

    assert done == {"letters": 0, "timers": 2}
    assert "duty letters failed; again in 0:00:01: The database was locked" in caplog.text
    # Twelve duties that say the same every minute, each on thirty lines, hide what else is there.
    assert "Traceback" not in caplog.text


def test_defect_of_a_duty_says_where_it_is(caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock(NOON)
    worker = Worker([Chore("letters", lambda: 1 // 0)], clock)

    worker.turn()
    clock.advance(minutes=1)  # as when those behind it take long

    assert worker.failing() == ["letters"]
    assert "duty letters failed; again in 0:00:01: " in caplog.text
    assert "Traceback" in caplog.text


def test_failing_duty_rests_longer_each_time_but_at_most_a_minute() -> None:
    duty, clock = Chore("letters", fails), ManualClock(NOON)
    worker = Worker([duty], clock)

    for _ in range(600):
        worker.turn()
        clock.advance(seconds=1)

    # After 1, 2, 4, 8, 16, 32, and then every 60 seconds.
    assert duty.turns == 7 + (600 - 1 - 63) // 60


def test_duty_that_succeeds_again_rests_short_at_its_next_failure() -> None:
    deeds = [fails, fails, lambda: 1, fails, lambda: 1]

    def next_deed() -> int:
        return deeds.pop(0)()

    duty, clock = Chore("letters", next_deed), ManualClock(NOON)
    worker = Worker([duty], clock)

    for seconds in (1, 2, 0, 1, 0):
        worker.turn()
        clock.advance(seconds=seconds)

    assert duty.turns == 5


def test_clock_that_is_set_back_does_not_prolong_a_rest() -> None:
    duty, clock = Chore("letters", fails), ManualClock(NOON)
    worker = Worker([duty], clock)

    worker.turn()
    clock.advance(days=-1)
    worker.turn()

    assert duty.turns == 2


def test_duty_that_never_ends_its_turn_holds_up_no_other() -> None:
    stop, is_held = Event(), Event()
    held = Chore("letters", lambda: is_held.wait(30) and 0)
    other = Chore("timers", lambda: bool(stop.set() or is_held.set()))

    Worker([held, other], ManualClock(NOON)).run(stop)

    assert (held.turns, other.turns) == (1, 1)


def test_signal_that_another_thread_got_stops_the_work() -> None:
    stop, rescued = Event(), Event()
    turns = [0]

    def be_told_to_stop() -> int:
        turns[0] += 1
        if turns[0] == 1:
            # The system lets any thread have it; the handler is the main thread's.
            signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        return 0

    def rescue() -> None:
        rescued.set()
        stop.set()

    timer = threading.Timer(30, rescue)
    former = signal.signal(signal.SIGTERM, lambda *_: stop.set())
    timer.start()
    try:
        Worker([Chore("timers", be_told_to_stop)], ManualClock(NOON), pause_s=0.05).run(stop)
    finally:
        timer.cancel()
        signal.signal(signal.SIGTERM, former)

    assert not rescued.is_set()


def test_busy_duty_goes_on_without_a_pause() -> None:
    stop = Event()
    left = [1, 1, 1]
    duty = Chore("timers", lambda: left.pop() if left else stop.set() or 0)

    Worker([duty], ManualClock(NOON), pause_s=3600).run(stop)

    assert duty.turns == 4


def test_worker_outlives_a_database_that_is_away(caplog: pytest.LogCaptureFixture) -> None:
    stop, clock = Event(), ManualClock(NOON)

    def is_away() -> int:
        # The third failure ends the work from within its own thread, so that there is no fourth.
        if away.turns == 3:
            stop.set()
        return fails()

    def time_passes() -> int:
        clock.advance(minutes=2)
        return 0

    away = Chore("timers", is_away)
    Worker([away, Chore("clock", time_passes)], clock, pause_s=0).run(stop)

    assert caplog.text.count("duty timers failed") == 3
