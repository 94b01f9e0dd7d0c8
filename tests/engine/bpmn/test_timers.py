"""Which literals a timer may hold."""

import pytest

from engine.bpmn.timers import TimerError, duration_literal, moment_literal


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("PT1H", "PT1H"),
        (" 'P1D' ", "P1D"),
        ('"P1DT2H30M"', "P1DT2H30M"),
        ("pt1h", "PT1H"),
        ("P2W", "P2W"),
        ("P10Y", "P10Y"),
        ("PT0.5S", "PT0.5S"),
        ("P1M", "P1M"),
        ("PT30M", "PT30M"),
    ],
)
def test_a_duration_is_read(text, literal):
    assert duration_literal(text) == literal


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1DT", "1H", "PT0S", "P0D", "P11Y", "P99999999999Y", "P1W1D", "P1.5D",
     "R3/PT1H", "-PT1H", "${x}", "P1D P1D", "PT" + "1" * 100 + "S", "'PT1H", "P٣D"],
)  # fmt: skip
def test_what_is_no_duration_between_zero_and_ten_years_is_refused(text):
    with pytest.raises(TimerError) as fault:
        duration_literal(text)

    assert fault.value.message_id


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("2026-01-31T08:00:00+07:00", "2026-01-31T08:00:00+07:00"),
        ("'2026-01-31T08:00:00Z'", "2026-01-31T08:00:00+00:00"),
    ],
)
def test_a_moment_is_read(text, literal):
    assert moment_literal(text) == literal


@pytest.mark.parametrize(
    "text", ["", "2026-01-31", "2026-01-31T08:00:00", "besok", "2026-02-30T08:00:00Z"]
)
def test_a_moment_without_an_offset_is_refused(text):
    with pytest.raises(TimerError):
        moment_literal(text)
