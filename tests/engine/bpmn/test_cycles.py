"""Repetitions of timers: what is run, and what is refused with a reason."""

from __future__ import annotations

import pytest

from engine.bpmn.timers import TimerError, cycle_literal


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("R3/PT10M", "R3/PT10M"),
        (" 'r/p1d' ", "R/P1D"),
        ("R1000/P1M", "R1000/P1M"),
        ("R1/PT60S", "R1/PT60S"),
    ],
)
def test_a_repetition_is_read(written: str, read: str) -> None:
    assert cycle_literal(written) == read


@pytest.mark.parametrize(
    "written",
    [
        "0 0 9 * * ?",
        "R/PT0S",
        "R100000/PT0S",
        "R0/PT1H",
        "R1001/PT1H",
        "R3/PT59S",
        "R3",
        "3/PT1H",
        "R-1/PT1H",
        "R3/",
        "R3/besok",
        "R/PT1H/2026-01-01T00:00:00Z",
        "R" * 100,
        "",
    ],
)
def test_another_repetition_is_refused(written: str) -> None:
    with pytest.raises(TimerError) as refused:
        cycle_literal(written)

    assert str(refused.value) != refused.value.message_id
