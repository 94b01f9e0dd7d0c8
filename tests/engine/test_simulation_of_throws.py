"""A simulation also tries what events, programs, called processes and people throw."""

from __future__ import annotations

from engine.simulation import Outcome, Simulation
from tests.diagrams import (
    boundary,
    coded,
    declared,
    end,
    exclusive,
    field,
    flow,
    form,
    line,
    process,
    start,
    subprocess,
    timer,
    triggered,
    user,
)
from tests.engine.simulating import tried

CODES = declared("KURANG", "LAIN") + declared("LAMA", kind="escalation")
SERVICE = '<bpmn:serviceTask id="k" camunda:type="external" camunda:topic="t"/>'
CALL = '<bpmn:callActivity id="k" calledElement="lain"/>'


def reached_all(found: Simulation) -> bool:
    return found.coverage is not None and found.coverage.is_full


def caught(host: str, *catches: str) -> str:
    """A node `k` with events on its edge, each with a task behind it."""
    paths = "".join(
        catch + user(f"t{n}") + end(f"e{n}") + line(f"b{n}", f"t{n}", f"e{n}")
        for n, catch in enumerate(catches)
    )
    return process(start(), host, end(), line("s", "k", "e"), paths, before=CODES)


def test_a_service_is_performed_by_somebody() -> None:
    found = tried(process(start(), SERVICE, user("z"), end(), line("s", "k", "z", "e")))

    assert reached_all(found)
    assert found.outcomes == {Outcome.COMPLETED: 1}
    assert [step.deed for step in found.runs[0].path] == ["start", "service", "complete"]


def test_every_code_of_a_service_that_is_caught_is_tried() -> None:
    found = tried(
        caught(
            SERVICE,
            boundary("b0", "k", coded("KURANG")),
            boundary("b1", "k", coded("LAIN")),
            boundary("b2", "k", coded(None)),
            boundary("b3", "k", timer("PT4H")),
        )
    )

    assert reached_all(found)
    deeds = {step.deed for run in found.runs for step in run.path}
    assert {"service", "error KURANG", "error LAIN", "error ANY", "timer"} <= deeds


def test_what_a_called_process_may_throw_is_tried() -> None:
    found = tried(
        caught(
            CALL,
            boundary("b0", "k", coded("KURANG")),
            boundary("b1", "k", coded("LAMA", "escalation"), interrupts=False),
        )
    )

    assert reached_all(found)


def test_what_a_person_may_report_is_tried() -> None:
    found = tried(
        caught(
            user("k"),
            boundary("b0", "k", coded("KURANG")),
            boundary("b1", "k", coded("LAMA", "escalation"), interrupts=False),
        )
    )

    assert reached_all(found)


def test_event_sub_processes_are_reached() -> None:
    inside = subprocess(
        "k",
        start("s2"),
        user("isi", form(field("lengkap", "boolean"))),
        exclusive("x"),
        end("baik"),
        end("galat", coded("KURANG")),
        line("s2", "isi", "x"),
        flow("x", "baik", "${lengkap}"),
        flow("x", "galat", "${!lengkap}"),
        triggered("ingat", timer("PT2H"), end("ingat_e"), line("ingat_s", "ingat_e"),
                  interrupts=False),
    )  # fmt: skip
    rescue = triggered("bantu", coded("KURANG"), user("t"), end("b_e"), line("bantu_s", "t", "b_e"))
    found = tried(process(start(), inside, end(), line("s", "k", "e"), rescue, before=CODES))

    assert reached_all(found)
    assert found.is_exhausted or not found.bounds


def test_an_event_that_nothing_can_trigger_is_reported_as_never_reached() -> None:
    sub = subprocess(
        "k", start("s2"), '<bpmn:manualTask id="m"/>', end("e2"), line("s2", "m", "e2")
    )
    found = tried(caught(sub, boundary("b0", "k", coded("KURANG"))))

    assert [each.id for each in found.coverage.untaken_flows] == ["b0_t0", "t0_e0"]
    assert found.is_exhausted
