"""Why a step failed: read from the incidents that the machine itself raises."""

from __future__ import annotations

import pytest

from engine.incident_causes import Cause, CauseKind, cause_of
from engine.model import EventKind
from tests.diagrams import (
    end,
    exclusive,
    flow,
    line,
    process,
    script,
    start,
    timer,
    user,
)
from tests.office import ADMIN, Office


def cause_in(office: Office, instance_id: str) -> Cause:
    """Why the one incident of the instance was raised."""
    [incident] = office.engine.instances.incidents(actor=ADMIN, instance_id=instance_id)
    events = office.engine.history.events(instance_id, actor=ADMIN)
    raised = next(e for e in events if e.payload.get("incident") == incident.incident_id)
    given = next(e.kind for e in events if e.revision == raised.revision)
    model = office.engine.definitions.model(incident.definition_id, actor=ADMIN)
    return cause_of(incident.message, incident.activity_id, model, given=given)


def deciding(condition: str) -> str:
    return process(
        start(), exclusive("g"), user("b"), user("c"), end(), line("s", "g"),
        flow("g", "b", condition), flow("g", "c", "${lain == 'ya'}"),
        line("b", "e"), line("c", "e"),
    )  # fmt: skip


def calculating(source: str) -> str:
    return process(start(), script("x", source), end(), line("s", "x", "e"))


def waiting(duration: str) -> str:
    catch = f'<bpmn:intermediateCatchEvent id="t">{timer(duration)}</bpmn:intermediateCatchEvent>'
    return process(start(), catch, end(), line("s", "t", "e"))


def collecting() -> str:
    loop = (
        '<bpmn:multiInstanceLoopCharacteristics camunda:collection="${daftar}" '
        'camunda:elementVariable="satu"/>'
    )
    return process(start(), user("a", loop), end(), line("s", "a", "e"))


def calling() -> str:
    return process(
        start(), '<bpmn:callActivity id="c" calledElement="tidak_ada"/>', end(), line("s", "c", "e")
    )


@pytest.mark.parametrize(
    ("diagram", "values", "kind", "variables", "missing"),
    [
        (deciding("${jumlah > 3}"), {"lain": "tidak"}, "missing_variable",
         ("jumlah", "lain"), "jumlah"),
        (deciding("${jumlah > 3}"), {"jumlah": 1, "lain": "tidak"}, "no_true_flow",
         ("jumlah", "lain"), None),
        (deciding("${jumlah > 3}"), {"jumlah": "lima", "lain": "tidak"}, "code",
         ("jumlah", "lain"), None),
        (calculating("y = nilai / 0"), {"nilai": 3}, "code", ("nilai",), None),
        (calculating("y = nilai + 1"), {}, "missing_variable", ("nilai",), "nilai"),
        (calculating("y = [0] * 10**9"), {}, "limit", (), None),
        (waiting("${lama}"), {"lama": "besok"}, "wrong_value", ("lama",), None),
        (waiting("${lama}"), {"lama": 7}, "wrong_value", ("lama",), None),
        (waiting("${lama}"), {}, "missing_variable", ("lama",), "lama"),
        (collecting(), {"daftar": "satu"}, "wrong_value", ("daftar",), None),
        (calling(), {}, "call", (), None),
    ],
)  # fmt: skip
def test_cause_is_read_from_what_the_machine_says(
    office: Office,
    diagram: str,
    values: dict[str, object],
    kind: str,
    variables: tuple[str, ...],
    missing: str | None,
) -> None:
    instance = office.start(office.deploy(diagram.replace("> 3", "&gt; 3")), **values)

    assert cause_in(office, instance) == Cause(CauseKind(kind), variables, missing)


def test_what_others_say_is_not_taken_for_the_engine_s_words(office: Office) -> None:
    model = office.engine.definitions.model(
        office.deploy(calculating("y = 1")).definition_id, actor=ADMIN
    )
    misleading = "variable 'jumlah' has no value yet"

    assert cause_of(misleading, "x", model).kind is CauseKind.MISSING_VARIABLE
    told = cause_of(misleading, "x", model, given=EventKind.SERVICE_FAILED)
    assert told == Cause(CauseKind.WORKER)
    assert cause_of("apa saja", "tidak ada", model) == Cause(CauseKind.UNKNOWN)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("BPMN error 'KURANG' is caught by nobody: -", "uncaught_error"),
        ("j waits for a token that can never come", "dead_end"),
        ("more than 1000 automatic elements ran in one step; the diagram loops", "loop"),
        ("'x' * 9: it took too long", "limit"),
        ("no condition of the gateway is true", "no_true_flow"),
    ],
)
def test_cause_of_what_deploy_refuses_to_draw(office: Office, message: str, kind: str) -> None:
    definition = office.deploy(calculating("y = 1"))
    model = office.engine.definitions.model(definition.definition_id, actor=ADMIN)

    assert cause_of(message, "lain", model).kind is CauseKind(kind)
