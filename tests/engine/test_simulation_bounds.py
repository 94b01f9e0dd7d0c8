"""A simulation keeps to its bounds, and fills in forms of every type."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from engine.errors import InvalidInput
from engine.model import FieldType, FormField
from engine.simulation import Bounds, Scenario, simulate
from engine.simulation.reports import Outcome
from engine.simulation.scenario import faults_of
from engine.simulation.texts import matching_text
from engine.sources import ManualClock
from tests.diagrams import end, exclusive, field, flow, form, line, process, script, start, user
from tests.engine.simulating import AT, decided, only, sop, tried, untaken


class ImpatientClock:
    """Two seconds pass whenever somebody looks at it."""

    def __init__(self) -> None:
        self._inner = ManualClock(AT)

    def now(self) -> datetime:
        return self._inner.advance(seconds=2)


# ------------------------------------------------------------------------- bounds


@pytest.mark.parametrize(
    ("bounds", "named"),
    [(Bounds(runs=1), "runs"), (Bounds(completions=3), "completions")],
)
def test_bound_is_said(bounds: Bounds, named: str) -> None:
    found = tried(sop("luwu-timur"), bounds)

    assert named in found.bounds
    assert found.is_bounded
    assert not found.is_sound
    assert not found.is_exhausted


def test_time_is_a_bound() -> None:
    found = simulate(
        "uji.bpmn", sop("luwu-timur"), Scenario(AT), Bounds(seconds=10), clock=ImpatientClock()
    )

    assert found.bounds == ("seconds",)
    assert not found.is_sound


def test_time_is_up_in_the_middle_of_a_step_too() -> None:
    names = [f"u{n}" for n in range(60)]
    content = process(
        start(), *(script(name, "n = 1") for name in names), end(), line("s", *names, "e")
    )
    # What is looked at before and after the one step takes less than half of that time.
    found = simulate(
        "uji.bpmn", content.encode(), Scenario(AT), Bounds(seconds=30), clock=ImpatientClock()
    )

    assert found.bounds == ("seconds",)
    assert [run.outcome for run in found.runs] == [Outcome.BOUNDED]


def test_form_with_too_many_ways_is_said() -> None:
    names = [f"b{n}" for n in range(9)]
    all_of_them = " and ".join(names)
    asked = "".join(field(name, "boolean") for name in names)

    found = tried(decided(all_of_them, f"not ({all_of_them})", f"{names[0]} == 7", asked=asked))

    assert "combinations" in found.bounds
    assert not found.is_exhausted


def test_counter_without_an_end_meets_the_bound_of_completions() -> None:
    content = process(
        start(),
        script("nol", "n = 0"),
        user("isi"),
        script("hitung", "n = n + 1"),
        exclusive("g"),
        end(),
        line("s", "nol", "isi", "hitung", "g"),
        flow("g", "isi", "n &gt; 0"),
        flow("g", "e", "n &lt; 0"),
    )

    found = tried(content, Bounds(completions=20))

    assert found.bounds == ("completions",)
    assert only(found).completions == 20
    assert untaken(found) == ["g_e"]


# ------------------------------------------------------------------------- forms


@pytest.mark.parametrize(
    ("pattern", "lengths"),
    [
        (r"\d{4}/[A-Z]{2}-\w+", (None, None)),
        (r"(KP|SK)\.[0-9]+", (10, 12)),
        (r"[^;\s]{3,}", (None, 250)),
        (r"https?://.+", (None, 500)),
        (r"a?b*c", (None, None)),
    ],
)
def test_text_is_made_up_for_a_pattern(pattern: str, lengths: Any) -> None:
    asked = FormField("x", "x", pattern=pattern, min_length=lengths[0], max_length=lengths[1])

    text = matching_text(asked)

    assert text
    assert faults_of(asked, text) == []


def test_field_without_a_value_that_fits_is_named() -> None:
    asked = (
        '<camunda:formField id="nomor" label="nomor" type="string"><camunda:validation>'
        '<camunda:constraint name="required"/>'
        '<camunda:constraint name="pattern" config="[0-9]{3}"/>'
        '<camunda:constraint name="minlength" config="5"/>'
        "</camunda:validation></camunda:formField>"
    )
    content = process(start(), user("isi", form(asked)), end(), line("s", "isi", "e"))

    with pytest.raises(InvalidInput, match="--set nomor=VALUE") as refused:
        tried(content)

    assert set(refused.value.fields) == {"nomor"}


def test_form_of_every_type_is_filled_in() -> None:
    names = {str(kind): kind for kind in FieldType if kind is not FieldType.ENUM}
    fields = [field(f"f_{name}", name, required=True) for name in names]

    found = tried(process(start(), user("isi", form(*fields)), end(), line("s", "isi", "e")))

    assert found.is_sound
    assert set(only(found).variables) == {f"f_{name}" for name in names}


def test_a_called_process_ends_at_once_in_a_simulation() -> None:
    called = '<bpmn:callActivity id="c" calledElement="lain"/>'
    diagram = process(start(), called, user("a"), end(), line("s", "c", "a", "e"))

    found = simulate("test.bpmn", diagram.encode(), Scenario(AT), Bounds(), clock=ManualClock(AT))

    assert found.is_accepted
    assert found.coverage is not None
    assert found.coverage.is_full
