"""Which instance a message reaches, and which process it starts."""

from __future__ import annotations

import pytest

from engine.correlation import Message
from engine.errors import (
    Forbidden,
    IdempotencyKeyReused,
    InvalidForm,
    InvalidInput,
    MessageMismatch,
)
from engine.queries import EventSubscriptionQuery, InstanceQuery
from tests.diagrams import (
    end,
    exclusive,
    field,
    form,
    line,
    message,
    parallel,
    process,
    script,
    start,
    user,
)
from tests.engine.messaging import CATCH, RECEIVE, ROOTS, between, send, sound_again
from tests.office import ADMIN, ANALYST, AUDITOR, Office, staff
from tests.scenarios.test_races import at_once


def test_a_business_key_chooses_the_instance(office_on_both: Office) -> None:
    office = office_on_both
    definition = office.deploy(between(CATCH))
    instances = {
        key: office.engine.instances.start(
            definition, {}, actor=ADMIN, business_key=key
        ).instance.instance_id
        for key in ("2026-1", "2026-2")
    }

    with pytest.raises(MessageMismatch, match="2 match"):
        send(office)
    with pytest.raises(MessageMismatch, match="nothing waits"):
        send(office, business_key="2026-3")
    send(office, business_key="2026-2")

    assert office.waiting_at(instances["2026-1"]) == []
    assert office.waiting_at(instances["2026-2"]) == ["z"]


def test_correlation_keys_are_compared_with_process_variables(office: Office) -> None:
    definition = office.deploy(between(CATCH))
    one = office.start(definition, nomor=1, jenis="a")
    two = office.start(definition, nomor=True, jenis="a")

    with pytest.raises(MessageMismatch):
        send(office, correlation={"nomor": "1"})
    with pytest.raises(MessageMismatch):
        send(office, correlation={"lain": None})
    send(office, correlation={"nomor": 1, "jenis": "a"})

    assert office.waiting_at(one) == ["z"]
    assert office.waiting_at(two) == []
    with pytest.raises(MessageMismatch):
        send(office, instance_id=one)
    send(office, instance_id=two)
    assert office.waiting_at(two) == ["z"]


def test_to_all_reaches_all_or_nobody(office: Office) -> None:
    definition = office.deploy(between(CATCH))
    instances = [office.start(definition) for _ in range(3)]

    found = send(office, to_all=True, variables={"libur": True})
    again = send(office, to_all=True)

    assert {each.instance.instance_id for each in found.results} == set(instances)
    assert again.results == ()
    for instance in instances:
        assert office.waiting_at(instance) == ["z"]
        office.assert_sound(instance)


def test_two_waiting_tokens_of_one_instance_are_several_matches(office: Office) -> None:
    diagram = process(
        start(), parallel("f"), CATCH, RECEIVE.replace('"m"', '"r"'), parallel("j"), end(),
        line("s", "f", "m", "j", "e"), line("f", "r", "j"), before=ROOTS,
    )  # fmt: skip
    instance = office.start(office.deploy(diagram))

    with pytest.raises(MessageMismatch, match="2 match"):
        send(office, instance_id=instance)
    send(office, to_all=True)

    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_only_programs_and_admins_send_messages(office: Office) -> None:
    office.start(office.deploy(between(CATCH)))

    for actor in (staff("Kadis"), ANALYST, AUDITOR):
        with pytest.raises(Forbidden, match="send a message"):
            office.engine.messages.correlate(Message("surat masuk"), actor=actor)
    with pytest.raises(Forbidden):
        office.engine.messages.subscriptions(EventSubscriptionQuery(), actor=staff("Kadis"))
    office.engine.messages.correlate(Message("surat masuk"), actor=ADMIN)


@pytest.mark.parametrize("name", ["", "  ", "n" * 256, "a\0b"])
def test_a_message_needs_a_name(office: Office, name: str) -> None:
    with pytest.raises(InvalidInput):
        send(office, name)


def test_the_same_request_again_is_done_once(office_on_both: Office) -> None:
    office = office_on_both
    definition = office.deploy(between(CATCH))
    office.start(definition)
    first = send(office, idempotency_key="k1", variables={"nomor": 1})
    other = office.start(definition)

    again = send(office, idempotency_key="k1", variables={"nomor": 1})

    assert again.is_repeat
    assert again.results[0].instance.instance_id == first.results[0].instance.instance_id
    assert again.results[0].variables == {"nomor": 1}
    assert office.waiting_at(other) == []
    with pytest.raises(IdempotencyKeyReused):
        send(office, idempotency_key="k1", variables={"nomor": 2})


def test_of_two_that_send_at_once_one_wins_and_the_other_is_told(office_on_both: Office) -> None:
    office = office_on_both
    instance = office.start(office.deploy(between(CATCH)))

    results = at_once(2, lambda number: send(office, variables={"siapa": number}))

    assert sorted(type(result).__name__ for result in results) == ["Correlation", "MessageMismatch"]
    assert office.kinds(instance, "message_received") == [("message_received", "m")]
    office.assert_sound(instance)


# ----------------------------------------------------------------------- start events


def several_starts(key: str = "p", *, plain: bool = True) -> str:
    begun = [start(), user("a"), line("s", "a", "g")] if plain else []
    return process(
        *begun,
        start("sm", message("surat")),
        start("sb", message("batal")),
        user("b"),
        user("c"),
        exclusive("g"),
        end(),
        line("sm", "b", "g"),
        line("sb", "c", "g", "e"),
        before=ROOTS,
        key=key,
    )


def test_a_message_starts_at_its_own_start_event(office: Office) -> None:
    definition = office.deploy(several_starts())

    plain = office.start(definition)
    [by_message] = send(office, business_key="12", variables={"nomor": 1}).results
    started = by_message.instance

    assert office.waiting_at(plain) == ["a"]
    assert office.waiting_at(started.instance_id) == ["b"]
    assert (started.start_activity_id, started.business_key) == ("sm", "12")
    assert started.started_by == "surat-masuk"
    assert by_message.subscription_id is None
    first = office.engine.history.events(started.instance_id, actor=AUDITOR)[0]
    assert (first.payload["startEvent"], first.payload["message"]) == ("sm", "surat masuk")
    for instance in (plain, started.instance_id):
        sound_again(office, instance)
        office.complete(instance, office.waiting_at(instance)[0])
        assert office.state(instance) == "COMPLETED"
        office.assert_sound(instance)


def test_a_process_that_only_messages_start_is_not_started_otherwise(office: Office) -> None:
    definition = office.deploy(several_starts(plain=False))

    with pytest.raises(InvalidInput, match="'pembatalan'"):
        office.start(definition)
    assert not office.engine.definitions.may_start(definition, actor=ADMIN)
    [got] = send(office, "pembatalan").results
    assert office.waiting_at(got.instance.instance_id) == ["c"]
    sound_again(office, got.instance.instance_id)


def test_one_message_start_alone_is_started_plainly_too(office: Office) -> None:
    definition = office.deploy(
        process(start(inner=message("surat")), user("a"), end(), line("s", "a", "e"), before=ROOTS)
    )

    assert office.engine.definitions.may_start(definition, actor=ADMIN)
    assert office.waiting_at(office.start(definition)) == ["a"]
    [got] = send(office).results
    assert office.waiting_at(got.instance.instance_id) == ["a"]


def test_who_waits_comes_before_what_starts(office: Office) -> None:
    waits = office.start(office.deploy(between(CATCH, key="q")))
    office.deploy(several_starts(), "lain.bpmn")

    send(office)
    [second] = send(office).results

    assert office.waiting_at(waits) == ["z"]
    assert second.instance.definition_key == "p"


def test_only_the_latest_version_is_started(office: Office) -> None:
    office.deploy(several_starts())
    later = office.deploy(several_starts().replace('id="c" name="c"', 'id="c" name="baru"'))
    [got] = send(office).results
    office.deploy(
        process(start(), user("a"), end(), line("s", "a", "e")).replace('name="a"', 'name="lain"')
    )

    assert got.instance.definition_id == later.definition_id
    with pytest.raises(MessageMismatch, match="nothing waits"):
        send(office)


def test_a_name_that_starts_two_processes_is_refused(office: Office) -> None:
    office.deploy(several_starts("p1"), "satu.bpmn")
    office.deploy(several_starts("p2"), "dua.bpmn")

    with pytest.raises(MessageMismatch, match="2 match"):
        send(office)
    found = send(office, to_all=True)

    assert {each.instance.definition_key for each in found.results} == {"p1", "p2"}


def test_the_form_of_a_message_start_is_judged(office: Office) -> None:
    asked = start("s", form(field("nomor", required=True)) + message("surat"))
    office.deploy(process(asked, user("a"), end(), line("s", "a", "e"), before=ROOTS))

    with pytest.raises(InvalidForm):
        send(office, variables={"lain": 1})
    assert office.engine.instances.count_instances(InstanceQuery(), actor=AUDITOR) == 0
    send(office, variables={"nomor": "005/1"})


def test_a_message_in_the_step_of_a_script_is_one_step(office: Office) -> None:
    diagram = process(
        start(), CATCH, script("k", "jumlah = jumlah + 1"), end(), line("s", "m", "k", "e"),
        before=ROOTS,
    )  # fmt: skip
    instance = office.start(office.deploy(diagram), jumlah=1)

    [got] = send(office).results

    assert got.variables == {"jumlah": 2}
    assert got.instance.state == "COMPLETED"
    office.assert_sound(instance)
