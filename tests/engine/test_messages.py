"""Messages: caught once by the one that waits, in every place that BPMN has for them."""

from __future__ import annotations

import pytest

from engine.errors import MessageMismatch
from tests.diagrams import (
    boundary,
    each,
    end,
    exclusive,
    flow,
    line,
    message,
    named,
    process,
    properties,
    receive,
    start,
    subprocess,
    user,
)
from tests.engine.messaging import CATCH, RECEIVE, ROOTS, between, names, send, sound_again, waiting
from tests.office import ADMIN, ANALYST, AUDITOR, Office

# ------------------------------------------------------------------- where it waits


@pytest.mark.parametrize("node", [CATCH, RECEIVE])
def test_a_message_lets_one_go_on(office_on_both: Office, node: str) -> None:
    office = office_on_both
    instance = office.start(office.deploy(between(node)))

    assert names(office) == [("m", "surat masuk")]
    assert office.waiting_at(instance) == []
    sound_again(office, instance)
    [got] = send(office, variables={"nomor": "005/12"}).results

    assert (got.instance.instance_id, got.activity_id) == (instance, "m")
    assert office.waiting_at(instance) == ["z"]
    assert office.variables(instance) == {"nomor": "005/12"}
    assert waiting(office) == []
    office.complete(instance, "z")
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_history_says_what_was_awaited_and_who_brought_it(office: Office) -> None:
    instance = office.start(office.deploy(between(CATCH)))
    send(office, variables={"nomor": "1"})
    events = office.engine.history.events(instance, actor=AUDITOR)
    [awaited] = [event for event in events if event.kind == "event_awaited"]
    [received] = [event for event in events if event.kind == "message_received"]

    assert awaited.payload["name"] == "surat masuk"
    assert awaited.payload["event"] == "message"
    assert received.payload["subscription"] == awaited.payload["subscription"]
    assert received.payload["variables"] == {"nomor": "1"}
    assert (received.actor, received.activity_id) == ("surat-masuk", "m")
    assert received.activity_instance_id == awaited.activity_instance_id
    assert office.kinds(instance, "activity_completed", "flow_taken")[-3:] == [
        ("flow_taken", "m"),
        ("activity_completed", "m"),
        ("flow_taken", "z"),
    ]


def test_the_name_of_a_message_may_come_from_a_variable(office: Office) -> None:
    diagram = between(CATCH, before=named("message", surat="balasan ${nomor}"))
    definition = office.deploy(diagram)
    one, two = office.start(definition, nomor=1), office.start(definition, nomor=2)

    send(office, "balasan 2")

    assert office.waiting_at(one) == []
    assert office.waiting_at(two) == ["z"]
    sound_again(office, one)


def test_a_name_that_is_none_is_an_incident_that_can_be_retried(office: Office) -> None:
    definition = office.deploy(between(CATCH, before=named("message", surat="${nama}")))
    instance = office.start(definition, nama=7)

    assert "the name of a message was expected" in office.incidents(instance)[0]
    assert waiting(office) == []
    office.engine.instances.change_variables(instance, {"nama": "surat"}, actor=ADMIN)
    [incident] = office.engine.instances.incidents(actor=AUDITOR, instance_id=instance)
    office.engine.instances.retry_incident(incident.incident_id, actor=ANALYST)

    assert names(office) == [("m", "surat")]
    send(office, "surat")
    assert office.waiting_at(instance) == ["z"]
    sound_again(office, instance)


def test_a_receive_task_has_parameters(office: Office) -> None:
    parameters = (
        "<bpmn:extensionElements><camunda:inputOutput>"
        '<camunda:inputParameter name="kunci">${nomor}</camunda:inputParameter>'
        '<camunda:outputParameter name="hasil">${kunci} ${isi}</camunda:outputParameter>'
        "</camunda:inputOutput></bpmn:extensionElements>"
    )
    diagram = between(
        receive("m", "surat", parameters), before=named("message", surat="balasan ${kunci}")
    )
    instance = office.start(office.deploy(diagram), nomor="7")

    send(office, "balasan 7", variables={"isi": "setuju"})

    assert office.variables(instance) == {"nomor": "7", "isi": "setuju", "hasil": "7 setuju"}
    office.assert_sound(instance)


def with_boundary(*, interrupts: bool) -> str:
    return process(
        start(),
        user("k"),
        boundary("b", "k", message("batal"), interrupts=interrupts),
        user("z"),
        end(),
        end("e2"),
        line("s", "k", "e"),
        line("b", "z", "e2"),
        before=ROOTS,
    )


def test_a_message_interrupts_an_activity(office: Office) -> None:
    instance = office.start(office.deploy(with_boundary(interrupts=True)))

    assert names(office) == [("b", "pembatalan")]
    send(office, "pembatalan", variables={"alasan": "ganda"})

    assert office.waiting_at(instance) == ["z"]
    assert waiting(office) == []
    assert ("activity_cancelled", "k") in office.kinds(instance)
    with pytest.raises(MessageMismatch):
        send(office, "pembatalan")
    sound_again(office, instance)


def test_a_message_that_interrupts_nothing_may_come_again(office: Office) -> None:
    instance = office.start(office.deploy(with_boundary(interrupts=False)))

    send(office, "pembatalan", variables={"kali": 1})
    sound_again(office, instance)
    send(office, "pembatalan", variables={"kali": 2})

    assert office.waiting_at(instance) == ["k", "z", "z"]
    assert names(office) == [("b", "pembatalan")]
    office.complete(instance, "k")
    assert waiting(office) == []
    assert office.waiting_at(instance) == ["z", "z"]
    office.complete(instance, "z")
    office.complete(instance, "z")
    assert office.state(instance) == "COMPLETED"
    sound_again(office, instance)


def test_a_subscription_ends_with_its_activity_and_with_its_instance(office: Office) -> None:
    definition = office.deploy(with_boundary(interrupts=True))
    done, cancelled = office.start(definition), office.start(definition)

    office.complete(done, "k")
    office.engine.instances.cancel(cancelled, reason="salah", actor=ADMIN)

    assert waiting(office) == []
    office.assert_sound(done)
    office.assert_sound(cancelled)


def test_a_message_reaches_into_a_sub_process_and_its_values_stay_there(office: Office) -> None:
    inside = subprocess(
        "m", start("is"), CATCH.replace('"m"', '"im"'), user("iz"), end("ie"),
        line("is", "im", "iz", "ie"),
    )  # fmt: skip
    instance = office.start(office.deploy(between(inside)))

    send(office, variables={"nomor": "1"})

    assert office.waiting_at(instance) == ["iz"]
    assert office.variables(instance) == {}
    sound_again(office, instance)
    office.complete(instance, "iz")
    assert office.variables(instance) == {"nomor": "1"}
    office.assert_sound(instance)


def test_a_message_ends_a_sub_process_with_all_that_waits_in_it(office: Office) -> None:
    inside = subprocess(
        "m", start("is"), RECEIVE.replace('"m"', '"im"'), end("ie"), line("is", "im", "ie")
    )
    diagram = between(
        inside,
        boundary("b", "m", message("batal")),
        end("e2"),
        line("b", "e2"),
    )
    instance = office.start(office.deploy(diagram))

    assert sorted(names(office)) == [("b", "pembatalan"), ("im", "surat masuk")]
    send(office, "pembatalan")

    assert waiting(office) == []
    assert office.state(instance) == "COMPLETED"
    sound_again(office, instance)


@pytest.mark.parametrize("sequential", [False, True])
def test_each_instance_of_a_loop_gets_its_own_message(office: Office, *, sequential: bool) -> None:
    collected = properties(kumpulkan="balasan")
    loop = receive("m", "surat", collected + each("bidang", sequential=sequential))
    definition = office.deploy(between(loop, before=named("message", surat="balasan ${x}")))
    instance = office.start(definition, bidang=["A", "B"])

    for name in ("A", "B"):
        sound_again(office, instance)
        send(office, f"balasan {name}", variables={"isi": f"dari {name}"})

    assert office.waiting_at(instance) == ["z"]
    assert office.variables(instance)["balasan"] == [
        {"x": "A", "isi": "dari A"},
        {"x": "B", "isi": "dari B"},
    ]
    office.assert_sound(instance)


def test_local_correlation_keys_choose_within_a_loop(office: Office) -> None:
    loop = receive("m", "surat", each("bidang"))
    instance = office.start(office.deploy(between(loop)), bidang=["A", "B"])

    with pytest.raises(MessageMismatch, match="2 match"):
        send(office)
    send(office, local_correlation={"x": "B"})

    [left] = waiting(office, instance)
    assert left.name == "surat masuk"
    with pytest.raises(MessageMismatch):
        send(office, local_correlation={"x": "B"})
    send(office, local_correlation={"x": "A"})
    assert office.waiting_at(instance) == ["z"]
    office.assert_sound(instance)


def test_messages_in_a_loop_do_not_grow_the_snapshot(office: Office) -> None:
    diagram = process(
        start(),
        exclusive("g"),
        CATCH,
        exclusive("x"),
        end(),
        line("s", "g", "m", "x"),
        flow("x", "g", "${lagi}"),
        flow("x", "e", "${not lagi}"),
        before=ROOTS,
    )
    instance = office.start(office.deploy(diagram))
    sizes = []
    for _ in range(6):
        send(office, variables={"lagi": True})
        with office.store.reading() as tx:
            sizes.append(len(tx.stored_instance(instance).snapshot or b""))

    assert len(set(sizes[1:])) == 1
    sound_again(office, instance)
