"""Signals: heard by all that wait when one is thrown, each in a step of its own, and never lost."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import Forbidden, IdempotencyKeyReused, InvalidInput
from engine.pending_signals import PendingSignals
from engine.queries import EventSubscriptionQuery, InstanceQuery
from tests.diagrams import (
    boundary,
    catch,
    end,
    event_gateway,
    field,
    form,
    line,
    named,
    parallel,
    process,
    signal,
    start,
    subprocess,
    timer,
    user,
)
from tests.engine.messaging import PROGRAM, sound_again
from tests.office import ADMIN, ANALYST, AUDITOR, Office
from tests.scenarios.test_races import at_once

ROOTS = named("signal", libur="libur", lain="lain")
WAITING = process(
    start(),
    catch("m", signal("libur")),
    user("z"),
    end(),
    line("s", "m", "z", "e"),
    key="tunggu",
    before=ROOTS,
)


def throw(node: str, inner: str = "") -> str:
    definition = signal("libur").replace("/>", f">{inner}</bpmn:signalEventDefinition>")
    return f'<bpmn:intermediateThrowEvent id="{node}">{definition}</bpmn:intermediateThrowEvent>'


def bringing(*mappings: str) -> str:
    rows = "".join(f"<camunda:in {each}/>" for each in mappings)
    return f"<bpmn:extensionElements>{rows}</bpmn:extensionElements>"


def throwing(inner: str = "") -> str:
    return process(
        start(),
        user("a"),
        throw("t", inner),
        user("z"),
        end(),
        line("s", "a", "t", "z", "e"),
        key="lempar",
        before=ROOTS,
    )


def send(office: Office, name: str = "libur", **more: Any) -> int:
    variables = more.pop("variables", {})
    actor = more.pop("actor", PROGRAM)
    return office.engine.signals.send(name, variables, actor=actor, **more).receivers


def deliver(office: Office) -> int:
    return PendingSignals(office.engine.signals, office.clock).turn(lambda: False)


# ---------------------------------------------------------------------- from outside


def test_a_signal_reaches_all_that_wait_and_starts_what_it_starts(office_on_both: Office) -> None:
    office = office_on_both
    waits = office.deploy(WAITING, "tunggu.bpmn")
    begins = process(
        start(inner=signal("libur")), user("b"), end(), line("s", "b", "e"), before=ROOTS
    )
    office.deploy(begins, "mulai.bpmn")
    instances = [office.start(waits), office.start(waits)]

    assert send(office, variables={"sampai": "2026-03-20"}) == 3

    for instance in instances:
        assert office.waiting_at(instance) == ["z"]
        assert office.variables(instance) == {"sampai": "2026-03-20"}
        sound_again(office, instance)
    query = InstanceQuery(definition_key="p")
    [started] = office.engine.instances.instances(query, actor=AUDITOR)
    assert started.started_by == "surat-masuk"
    assert office.waiting_at(started.instance_id) == ["b"]
    office.assert_sound(started.instance_id)
    first = office.engine.history.events(started.instance_id, actor=AUDITOR)[0]
    assert (first.payload["signal"], first.actor) == ("libur", "surat-masuk")
    assert send(office, "lain") == 0
    assert deliver(office) == 0


def test_a_signal_may_be_for_one_instance(office: Office) -> None:
    definition = office.deploy(WAITING)
    one, other = office.start(definition), office.start(definition)

    assert send(office, instance_id=one) == 1

    assert (office.waiting_at(one), office.waiting_at(other)) == (["z"], [])
    with pytest.raises(InvalidInput, match="does not wait"):
        send(office, instance_id=one)


def test_a_signal_that_is_sent_again_reaches_nobody_who_waits_since(office_on_both: Office) -> None:
    office, key = office_on_both, {"idempotency_key": "siaga-1"}
    definition = office.deploy(WAITING)
    one = office.start(definition)
    assert send(office, **key) == 1
    other = office.start(definition)

    again = office.engine.signals.send("libur", {}, actor=PROGRAM, **key)

    assert (again.receivers, again.is_repeat) == (1, True)
    assert (office.waiting_at(one), office.waiting_at(other)) == (["z"], [])
    with pytest.raises(IdempotencyKeyReused):
        send(office, variables={"sampai": "2026-03-20"}, **key)
    # What nobody waited for is settled, too.
    late = {"idempotency_key": "siaga-2", "name": "lain"}
    assert (send(office, **late), send(office, **late)) == (0, 0)


def test_who_sends_signals(office: Office) -> None:
    office.start(office.deploy(WAITING))

    with pytest.raises(Forbidden, match="send a signal"):
        send(office, actor=ANALYST)
    with pytest.raises(InvalidInput):
        send(office, " ")
    assert send(office, actor=ADMIN) == 1


def test_signals_at_boundaries_gateways_and_event_sub_processes(office: Office) -> None:
    diagram = process(
        start(),
        parallel("f"),
        user("a"),
        boundary("b", "a", signal("libur"), interrupts=False),
        user("c"),
        event_gateway("g"),
        catch("gs", signal("libur")),
        catch("gt", timer("PT2H")),
        user("du"),
        *(end(f"e{n}") for n in range(4)),
        line("s", "f", "a", "e0"),
        line("b", "c", "e1"),
        line("f", "g", "gs", "du", "e2"),
        line("g", "gt", "e3"),
        before=ROOTS,
    )
    instance = office.start(office.deploy(diagram))

    assert send(office) == 2
    assert office.waiting_at(instance) == ["a", "c", "du"]
    assert send(office) == 1
    assert office.waiting_at(instance) == ["a", "c", "c", "du"]
    sound_again(office, instance)


# ----------------------------------------------------------------------------- thrown


def test_a_thrown_signal_reaches_the_others_by_the_worker(office_on_both: Office) -> None:
    office = office_on_both
    waits = office.deploy(WAITING, "tunggu.bpmn")
    before = office.start(waits)
    inner = bringing('source="hari" target="sampai"', 'sourceExpression="${1 + 1}" target="dua"')
    thrower = office.start(office.deploy(throwing(inner), "lempar.bpmn"), hari="Jumat")
    office.complete(thrower, "a")
    after = office.start(waits)

    assert office.waiting_at(thrower) == ["z"]
    assert office.waiting_at(before) == []
    assert deliver(office) == 1
    assert deliver(office) == 0

    assert office.waiting_at(before) == ["z"]
    assert office.variables(before) == {"sampai": "Jumat", "dua": 2}
    assert office.waiting_at(after) == []
    events = office.engine.history.events(before, actor=AUDITOR)
    [received] = [event for event in events if event.kind == "signal_received"]
    assert (received.actor, received.payload["thrownBy"]) == (None, thrower)
    for instance in (thrower, before, after):
        sound_again(office, instance)


def test_an_end_event_throws_too_and_starts_a_process(office: Office) -> None:
    begins = process(
        start(inner=signal("libur")), user("b"), end(), line("s", "b", "e"), before=ROOTS
    )
    office.deploy(begins, "mulai.bpmn")
    diagram = process(start(), end("e", signal("libur")), line("s", "e"), key="akhir", before=ROOTS)
    instance = office.start(office.deploy(diagram, "akhir.bpmn"))

    assert office.state(instance) == "COMPLETED"
    assert deliver(office) == 1
    query = InstanceQuery(definition_key="p")
    [started] = office.engine.instances.instances(query, actor=AUDITOR)
    assert started.started_by == "admin"
    office.assert_sound(started.instance_id)
    office.assert_sound(instance)


def test_the_same_instance_hears_within_the_step(office: Office) -> None:
    diagram = process(
        start(),
        parallel("f"),
        catch("m", signal("libur")),
        user("z"),
        user("a"),
        throw("t", bringing('variables="all"')),
        catch("n", signal("libur")),
        end("e1"),
        end("e2"),
        line("s", "f", "m", "z", "e1"),
        line("f", "a", "t", "n", "e2"),
        before=ROOTS,
    )
    instance = office.start(office.deploy(diagram))

    office.complete(instance, "a", hari="Jumat")

    # What begins to wait behind the throw has missed it.
    waits = office.engine.messages.subscriptions(EventSubscriptionQuery(), actor=AUDITOR)
    assert [each.activity_id for each in waits] == ["n"]
    assert office.waiting_at(instance) == ["z"]
    assert deliver(office) == 0
    sound_again(office, instance)


def test_a_throw_interrupts_the_sub_process_that_it_stands_in(office: Office) -> None:
    inside = subprocess(
        "p1",
        start("is"),
        user("ia"),
        throw("t"),
        user("never"),
        end("ie"),
        line("is", "ia", "t", "never", "ie"),
    )
    diagram = process(
        start(),
        inside,
        boundary("b", "p1", signal("libur")),
        user("z"),
        end("e1"),
        end("e2"),
        line("s", "p1", "e1"),
        line("b", "z", "e2"),
        before=ROOTS,
    )
    instance = office.start(office.deploy(diagram))

    office.complete(instance, "ia")

    assert office.waiting_at(instance) == ["z"]
    entered = {activity for _, activity in office.kinds(instance, "activity_entered")}
    assert "never" not in entered
    sound_again(office, instance)
    office.complete(instance, "z")
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_a_signal_starts_an_event_sub_process(office: Office) -> None:
    beside = (
        '<bpmn:subProcess id="es" triggeredByEvent="true">'
        f"{start('ess', signal('libur'))}{user('eu')}{end('ee')}{line('ess', 'eu', 'ee')}"
        "</bpmn:subProcess>"
    )
    diagram = process(start(), user("a"), end(), beside, line("s", "a", "e"), before=ROOTS)
    instance = office.start(office.deploy(diagram))

    assert send(office, variables={"hari": "Jumat"}) == 1

    assert office.waiting_at(instance) == ["eu"]
    sound_again(office, instance)
    office.complete(instance, "eu")
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_a_failing_name_is_an_incident_before_anything_is_thrown(office: Office) -> None:
    diagram = throwing().replace('name="libur"', 'name="${nama}"', 1)
    instance = office.start(office.deploy(diagram))
    office.complete(instance, "a")
    assert len(office.incidents(instance)) == 1

    office.engine.instances.change_variables(instance, {"nama": "libur"}, actor=ADMIN)
    [incident] = office.engine.instances.incidents(actor=AUDITOR, instance_id=instance)
    office.engine.instances.retry_incident(incident.incident_id, actor=ANALYST)

    assert office.waiting_at(instance) == ["z"]
    assert office.kinds(instance, "signal_thrown") == [("signal_thrown", "t")]
    sound_again(office, instance)


# ------------------------------------------------------------------------- nothing lost


def test_a_receiver_that_is_gone_is_passed_over(office: Office) -> None:
    waits = office.start(office.deploy(WAITING, "tunggu.bpmn"))
    thrower = office.start(office.deploy(throwing(), "lempar.bpmn"))
    office.complete(thrower, "a")
    office.engine.instances.cancel(waits, reason="salah", actor=ADMIN)

    assert deliver(office) == 0
    assert office.engine.signals.pending(10) == []


def test_many_workers_deliver_once(office_on_both: Office) -> None:
    office = office_on_both
    waits = office.start(office.deploy(WAITING, "tunggu.bpmn"))
    thrower = office.start(office.deploy(throwing(), "lempar.bpmn"))
    office.complete(thrower, "a")
    [delivery] = office.engine.signals.pending(10)

    results = at_once(4, lambda _: office.engine.signals.deliver(delivery))

    assert results.count(True) == 1, results
    assert office.kinds(waits, "signal_received") == [("signal_received", "m")]
    office.assert_sound(waits)


def test_what_does_not_fit_a_start_form_is_kept_and_rests(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    asked = start("s", form(field("nomor", required=True)) + signal("libur"))
    office.deploy(process(asked, user("b"), end(), line("s", "b", "e"), before=ROOTS))

    assert send(office) == 1
    duty = PendingSignals(office.engine.signals, office.clock)
    assert duty.turn(lambda: False) == 0
    assert duty.turn(lambda: False) == 0

    assert caplog.text.count("did not arrive; again in") == 1
    assert len(office.engine.signals.pending(10)) == 1


def test_a_circle_of_signals_does_not_stop_the_worker(office: Office) -> None:
    diagram = process(
        start(),
        catch("m", signal("libur")),
        throw("t").replace('"libur"', '"lain"'),
        end(),
        line("s", "m", "t", "e"),
        before=ROOTS,
    )
    definition = office.deploy(diagram)
    instances = [office.start(definition) for _ in range(3)]

    assert send(office) == 3
    assert deliver(office) == 0

    assert {office.state(instance) for instance in instances} == {"COMPLETED"}
