"""Small diagrams with decisions, and what a simulation of them found."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from engine.simulation import Bounds, Scenario, Simulation, simulate
from engine.simulation.reports import SimulatedRun
from engine.sources import ManualClock
from tests.diagrams import end, exclusive, flow, form, line, process, start, user
from tests.office import PROCESSES

AT = datetime(2026, 1, 5, 1, tzinfo=UTC)


def tried(content: str | bytes, bounds: Bounds | None = None, **scenario: Any) -> Simulation:
    data = content if isinstance(content, bytes) else content.encode()
    given = Scenario(AT, **scenario)
    return simulate("uji.bpmn", data, given, bounds or Bounds(), clock=ManualClock(AT))


def sop(stem: str) -> bytes:
    return (PROCESSES / f"{stem}.bpmn").read_bytes()


def choice(name: str, *values: str, is_required: bool = True) -> str:
    options = "".join(f'<camunda:value id="{value}" name="{value}"/>' for value in values)
    rule = '<camunda:constraint name="required"/>' if is_required else ""
    return (
        f'<camunda:formField id="{name}" label="{name}" type="enum">{options}'
        f"<camunda:validation>{rule}</camunda:validation></camunda:formField>"
    )


def decided(*conditions: str, asked: str | None = None) -> str:
    """isi asks for `keputusan`; a gateway leads to one end per condition."""
    ends = [f"e{n}" for n in range(len(conditions))]
    return process(
        start(),
        user("isi", form(asked or choice("keputusan", "setujui", "tolak"))),
        exclusive("g"),
        *map(end, ends),
        line("s", "isi", "g"),
        *(flow("g", to, condition) for to, condition in zip(ends, conditions, strict=True)),
        lanes={"Kadis": ["s", "isi", "g", *ends]},
    )


def returning(*values: str) -> str:
    """isi, periksa; "kembalikan" leads back to isi, "setujui" to the end."""
    return process(
        start(),
        user("isi"),
        user("periksa", form(choice("keputusan", *values))),
        exclusive("g"),
        end(),
        line("s", "isi", "periksa", "g"),
        flow("g", "e", "keputusan == 'setujui'"),
        flow("g", "isi", "keputusan == 'kembalikan'"),
        lanes={"Staf": ["s", "isi"], "Kadis": ["periksa", "g", "e"]},
    )


def untaken(found: Simulation) -> list[str]:
    assert found.coverage
    return [place.id for place in found.coverage.untaken_flows]


def only(found: Simulation) -> SimulatedRun:
    (run,) = found.runs
    return run


def activities(run: SimulatedRun) -> list[str | None]:
    return [each.activity_id for each in run.path]
