"""What takes long is worked out beside the request, once, and given to who asks again."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Event

import pytest

from engine.errors import NotFound
from engine.sources import ManualClock
from webhooks.patience import KEPT_FOR, Patience, StillWorking


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 1, 5, tzinfo=UTC))


def test_a_quick_answer_is_given_at_once_and_not_kept(clock: ManualClock) -> None:
    patience, asked = Patience(clock, patience_s=30), []

    answers = [patience.answer("a", lambda: asked.append(1) or len(asked)) for _ in range(2)]

    assert answers == [1, 2]


def test_a_slow_answer_is_worked_out_once_for_who_asks_again(clock: ManualClock) -> None:
    patience, asked, may_end = Patience(clock, patience_s=0), [], Event()

    def slow() -> int:
        asked.append(1)
        may_end.wait()
        return len(asked)

    for _ in range(2):
        with pytest.raises(StillWorking) as working:
            patience.answer("a", slow)
        assert working.value.since == datetime(2026, 1, 5, tzinfo=UTC)
        clock.advance(seconds=3)
    may_end.set()
    patience.close()
    clock.advance(seconds=KEPT_FOR.total_seconds())

    assert patience.answer("a", slow) == 1


def test_what_goes_wrong_is_told_to_who_asked(clock: ManualClock) -> None:
    patience = Patience(clock, patience_s=30)

    def fail() -> None:
        raise NotFound("report", "a")

    with pytest.raises(NotFound):
        patience.answer("a", fail)


def test_what_nobody_came_back_for_is_dropped(clock: ManualClock) -> None:
    patience, may_end = Patience(clock, patience_s=0), Event()
    for question in ("a", "b"):
        with pytest.raises(StillWorking):
            patience.answer(question, may_end.wait)
    may_end.set()
    patience.close()

    clock.advance(seconds=KEPT_FOR.total_seconds() + 1)
    kept = patience.answer("a", may_end.wait)

    assert kept
    with pytest.raises(RuntimeError):  # it would be worked out anew, and nothing is any more
        patience.answer("b", may_end.wait)
