"""Event sub-processes wait for their trigger, and hold up no scope that has nothing else to do."""

from __future__ import annotations

import pytest

from engine.messages import Message
from engine.model import Actor, Role
from engine.queries import EventSubscriptionQuery
from tests.diagrams import (
    boundary,
    coded,
    declared,
    each,
    end,
    inclusive,
    line,
    message,
    named,
    process,
    start,
    subprocess,
    throw,
    timer,
    triggered,
    user,
)
from tests.office import ADMIN, Office

CODES = declared("KURANG") + declared("LAMA", kind="escalation")


def cycle(text: str) -> str:
    return (
        '<bpmn:timerEventDefinition><bpmn:timeCycle xsi:type="bpmn:tFormalExpression">'
        f"{text}</bpmn:timeCycle></bpmn:timerEventDefinition>"
    )


def aside(node: str, trigger: str, *, interrupts: bool = True) -> str:
    """An event sub-process with one user task `t_<node>`."""
    flow = line(f"{node}_s", f"t_{node}", f"{node}_e")
    return triggered(
        node, trigger, user(f"t_{node}"), end(f"{node}_e"), flow, interrupts=interrupts
    )


def beside(*held: str) -> str:
    """A process with one user task, and event sub-processes beside it."""
    return process(start(), user("a"), end(), line("s", "a", "e"), *held, before=CODES)


def inside(*held: str, inner: str = "") -> str:
    """The same in a sub-process `luar`, with a task behind it."""
    sub = subprocess("luar", inner, start("s2"), user("a"), end("e2"), line("s2", "a", "e2"), *held)
    return process(start(), sub, user("z"), end(), line("s", "luar", "z", "e"), before=CODES)


def fire(office: Office, instance: str, **after: float) -> None:
    office.clock.advance(**after)
    assert office.engine.instances.fire_due(instance)


@pytest.mark.parametrize("place", [beside, inside])
def test_an_untriggered_one_does_not_keep_its_scope_from_ending(
    office_on_both: Office, place: object
) -> None:
    office = office_on_both
    held = (
        aside("galat", coded("KURANG")),
        aside("lama", coded("LAMA", "escalation"), interrupts=False),
        aside("tenggat", timer("P3D")),
    )
    instance = office.start(office.deploy(place(*held)))  # type: ignore[operator]
    office.erase_snapshot(instance)
    office.complete(instance, "a")
    if place is inside:
        assert office.waiting_at(instance) == ["z"]
        office.complete(instance, "z")

    assert office.state(instance) == "COMPLETED"
    kinds = office.kinds(instance)
    assert ("timer_scheduled", "tenggat_s") in kinds
    seen = {"galat", "lama", "tenggat", "galat_s", "lama_s", "tenggat_s"}
    assert not [k for k in kinds if k[1] in seen and k[0] != "timer_scheduled"]
    office.assert_sound(instance)


@pytest.mark.parametrize("place", [beside, inside])
def test_a_timer_that_interrupts_ends_all_else_in_its_scope(
    office_on_both: Office, place: object
) -> None:
    office = office_on_both
    held = aside("tenggat", timer("P3D")), aside("galat", coded("KURANG"))
    instance = office.start(office.deploy(place(*held)))  # type: ignore[operator]
    fire(office, instance, days=3, seconds=1)

    assert office.waiting_at(instance) == ["t_tenggat"]
    assert office.kinds(instance, "activity_cancelled") == [("activity_cancelled", "a")]
    office.erase_snapshot(instance)
    office.complete(instance, "t_tenggat", hasil="lewat")
    assert office.waiting_at(instance) == (["z"] if place is inside else [])
    assert office.variables(instance) == {"hasil": "lewat"}
    office.assert_sound(instance)


def test_a_timer_that_does_not_interrupt_runs_beside_and_is_waited_for(office: Office) -> None:
    instance = office.start(
        office.deploy(inside(aside("ingatkan", timer("P3D"), interrupts=False)))
    )
    fire(office, instance, days=3, seconds=1)
    assert office.waiting_at(instance) == ["a", "t_ingatkan"]
    office.complete(instance, "a")
    assert office.waiting_at(instance) == ["t_ingatkan"]
    office.complete(instance, "t_ingatkan")

    assert office.waiting_at(instance) == ["z"]
    office.assert_sound(instance)


def test_a_repeating_timer_starts_one_each_time(office_on_both: Office) -> None:
    office = office_on_both
    diagram = beside(aside("ingatkan", cycle("R2/P1D"), interrupts=False))
    instance = office.start(office.deploy(diagram))
    for _ in range(2):
        fire(office, instance, days=1, seconds=1)
        office.erase_snapshot(instance)
    assert office.engine.instances.instance(instance, actor=ADMIN).next_due_at is None

    assert office.waiting_at(instance) == ["a", "t_ingatkan", "t_ingatkan"]
    assert len(office.kinds(instance, "timers_due")) == 2
    office.complete(instance, "a")
    office.complete(instance, "t_ingatkan")
    office.complete(instance, "t_ingatkan")
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_an_escalation_starts_one_each_time_and_its_thrower_goes_on(office: Office) -> None:
    lapor = throw("lapor", coded("LAMA", "escalation")) + throw("lagi", coded("LAMA", "escalation"))
    sub = subprocess(
        "luar", start("s2"), user("a"), lapor, user("b"), end("e2"),
        line("s2", "a", "lapor", "lagi", "b", "e2"),
    )  # fmt: skip
    diagram = process(
        start(), sub, end(), line("s", "luar", "e"),
        aside("lama", coded(None, "escalation"), interrupts=False), before=CODES,
    )  # fmt: skip
    instance = office.start(office.deploy(diagram))
    office.complete(instance, "a")

    assert office.waiting_at(instance) == ["b", "t_lama", "t_lama"]
    office.complete(instance, "b")
    office.complete(instance, "t_lama")
    assert office.state(instance) == "ACTIVE"
    office.complete(instance, "t_lama")
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_each_instance_of_a_loop_has_its_own(office_on_both: Office) -> None:
    office = office_on_both
    diagram = inside(aside("galat", coded("KURANG")), inner=each("${daftar}"))
    instance = office.start(office.deploy(diagram), daftar=["A", "B"])
    task = next(t for t in office.open_tasks(instance) if t.local_variables["x"] == "B")

    office.engine.tasks.bpmn_error(task.task_id, "KURANG", actor=ADMIN)

    assert office.waiting_at(instance) == ["a", "t_galat"]
    [opened] = [t for t in office.open_tasks(instance) if t.activity_id == "t_galat"]
    assert opened.local_variables["x"] == "B"
    office.complete(instance, "t_galat")
    office.complete(instance, "a")
    assert office.waiting_at(instance) == ["z"]
    office.assert_sound(instance)


def test_one_that_stands_in_another_is_triggered_while_that_one_runs(office: Office) -> None:
    inner = aside("dalam", coded("KURANG"))
    outer = triggered(
        "luar", timer("PT1H"), user("b"), end("luar_e"), line("luar_s", "b", "luar_e"), inner
    )
    instance = office.start(office.deploy(beside(outer)))
    fire(office, instance, hours=1, seconds=1)
    task = office.task(instance, "b")
    office.engine.tasks.bpmn_error(task.task_id, "KURANG", actor=ADMIN)

    assert office.waiting_at(instance) == ["t_dalam"]
    office.erase_snapshot(instance)
    office.complete(instance, "t_dalam")
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_a_timer_that_cannot_be_evaluated_is_an_incident_that_ends_with_its_scope(
    office: Office,
) -> None:
    instance = office.start(office.deploy(beside(aside("tenggat", timer("${belum_ada}")))))
    assert "belum_ada" in office.incidents(instance)[0]
    office.complete(instance, "a")

    assert office.incidents(instance) == []
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_a_timer_that_was_repaired_waits_again(office: Office) -> None:
    instance = office.start(office.deploy(beside(aside("tenggat", timer("${lama}")))))
    [incident] = office.engine.instances.incidents(actor=ADMIN, instance_id=instance)
    office.engine.instances.change_variables(instance, {"lama": "PT1H"}, actor=ADMIN)
    office.engine.instances.retry_incident(incident.incident_id, actor=ADMIN)
    fire(office, instance, hours=1, seconds=1)

    assert office.waiting_at(instance) == ["t_tenggat"]
    office.assert_sound(instance)


def test_a_cancelled_instance_ends_them_too(office: Office) -> None:
    held = aside("tenggat", timer("PT1H"), interrupts=False), aside("galat", coded(None))
    instance = office.start(office.deploy(beside(*held)))
    fire(office, instance, hours=1, seconds=1)
    office.engine.instances.cancel(instance, actor=ADMIN, reason="salah")

    assert office.waiting_at(instance) == []
    assert [place for _, place in office.kinds(instance, "activity_cancelled")] == [
        "a",
        "tenggat",
        "t_tenggat",
    ]
    office.assert_sound(instance)


def test_a_terminate_end_inside_ends_only_the_event_sub_process(office: Office) -> None:
    held = triggered(
        "ingatkan", timer("PT1H"), user("t"), end("i_e", "<bpmn:terminateEventDefinition/>"),
        line("ingatkan_s", "t", "i_e"), interrupts=False,
    )  # fmt: skip
    instance = office.start(office.deploy(beside(held)))
    fire(office, instance, hours=1, seconds=1)
    office.complete(instance, "t")

    assert office.waiting_at(instance) == ["a"]
    office.assert_sound(instance)


def test_a_terminate_end_ends_only_its_sub_process(office: Office) -> None:
    sub = subprocess(
        "luar", start("s2"), '<bpmn:parallelGateway id="f"/>', user("b"), user("c"),
        end("stop", "<bpmn:terminateEventDefinition/>"), end("e2"), line("s2", "f", "b", "stop"),
        line("f", "c", "e2"), aside("galat", coded("KURANG")),
    )  # fmt: skip
    diagram = process(
        start(), '<bpmn:parallelGateway id="g"/>', sub, user("z"), user("lain"), end(), end("e3"),
        line("s", "g", "luar", "z", "e"), line("g", "lain", "e3"), before=CODES,
    )  # fmt: skip
    instance = office.start(office.deploy(diagram))
    office.complete(instance, "b")

    assert office.waiting_at(instance) == ["lain", "z"]
    office.assert_sound(instance)


def test_a_join_does_not_wait_for_what_may_be_triggered(office: Office) -> None:
    diagram = process(
        start(), inclusive("f"), user("a"), user("b"), inclusive("j"), end(),
        line("s", "f"), line("a", "j"), line("b", "j"), line("j", "e"),
        '<bpmn:sequenceFlow id="fa" sourceRef="f" targetRef="a"><bpmn:conditionExpression '
        'xsi:type="bpmn:tFormalExpression">${p}</bpmn:conditionExpression></bpmn:sequenceFlow>'
        '<bpmn:sequenceFlow id="fb" sourceRef="f" targetRef="b"><bpmn:conditionExpression '
        'xsi:type="bpmn:tFormalExpression">${q}</bpmn:conditionExpression></bpmn:sequenceFlow>',
        aside("tenggat", timer("PT1H")), aside("galat", coded(None)), before=CODES,
    )  # fmt: skip
    instance = office.start(office.deploy(diagram), p=True, q=False)
    office.complete(instance, "a")

    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_an_error_of_the_event_sub_process_goes_to_the_edge_of_its_scope(office: Office) -> None:
    held = triggered(
        "tenggat", timer("PT1H"), user("t"), end("t_e", coded("KURANG")),
        line("tenggat_s", "t", "t_e"), interrupts=False,
    )  # fmt: skip
    diagram = inside(held).replace(
        "</bpmn:process>",
        boundary("b", "luar", coded("KURANG"))
        + user("t_b")
        + end("e_b")
        + line("b", "t_b", "e_b")
        + "</bpmn:process>",
    )
    instance = office.start(office.deploy(diagram))
    fire(office, instance, hours=1, seconds=1)
    office.complete(instance, "t", catatan="x")

    assert office.waiting_at(instance) == ["t_b"]
    assert office.variables(instance) == {"catatan": "x"}
    office.assert_sound(instance)


# --------------------------------------------------------------------- messages

PROGRAM = Actor("surat-masuk", frozenset({Role.WORKER}))
ROOTS = named("message", tarik="penarikan")


def heard(trigger: str, *, interrupts: bool = True) -> str:
    return process(
        start(), user("a"), end(), line("s", "a", "e"),
        aside("dengar", trigger, interrupts=interrupts), before=ROOTS,
    )  # fmt: skip


def waits_for(office: Office, instance: str) -> list[tuple[str, str]]:
    query = EventSubscriptionQuery(instance_id=instance)
    found = office.engine.messages.subscriptions(query, actor=ADMIN)
    return [(each.activity_id, each.name) for each in found]


def test_a_message_starts_one_and_interrupts(office_on_both: Office) -> None:
    office = office_on_both
    instance = office.start(office.deploy(heard(message("tarik"))))
    assert waits_for(office, instance) == [("dengar_s", "penarikan")]
    office.erase_snapshot(instance)

    office.engine.messages.correlate(
        Message("penarikan", variables={"alasan": "pindah"}), actor=PROGRAM
    )

    assert office.waiting_at(instance) == ["t_dengar"]
    assert office.variables(instance) == {"alasan": "pindah"}
    assert waits_for(office, instance) == []
    office.complete(instance, "t_dengar")
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_a_message_starts_one_each_time_until_the_scope_ends(office_on_both: Office) -> None:
    office = office_on_both
    instance = office.start(office.deploy(heard(message("tarik"), interrupts=False)))
    for _ in range(2):
        office.engine.messages.correlate(Message("penarikan"), actor=PROGRAM)
        office.erase_snapshot(instance)

    assert office.waiting_at(instance) == ["a", "t_dengar", "t_dengar"]
    assert waits_for(office, instance) == [("dengar_s", "penarikan")]
    office.complete(instance, "t_dengar")
    office.complete(instance, "a")
    office.complete(instance, "t_dengar")
    assert office.state(instance) == "COMPLETED"
    assert waits_for(office, instance) == []
    office.assert_sound(instance)
