"""Messages that come before anything waits: kept, delivered once, discarded by a person."""

from __future__ import annotations

from typing import Any

import pytest

from engine.correlation import Message
from engine.errors import Forbidden, InvalidInput, MessageMismatch, MessageSettled, NotFound
from engine.model import KeptMessage, KeptState, Upload
from engine.queries import KeptMessageQuery, TaskQuery
from engine.waiting_messages import WaitingMessages
from tests.diagrams import end, field, form, line, message, process, start, user
from tests.engine.messaging import CATCH, PROGRAM, ROOTS, between
from tests.office import ADMIN, ANALYST, AUDITOR, Office, staff
from tests.scenarios.test_races import at_once


def keep(office: Office, name: str = "surat masuk", **more: Any) -> KeptMessage:
    key = more.pop("idempotency_key", None)
    found = office.engine.messages.correlate(
        Message(name, **more), actor=PROGRAM, keep_unmatched=True, idempotency_key=key
    )
    assert found.results == ()
    assert found.kept is not None
    return found.kept


def look(office: Office) -> int:
    duty = WaitingMessages(office.engine.kept_messages, office.clock)
    return duty.turn(lambda: False)


def stands(office: Office, kept: KeptMessage) -> KeptMessage:
    return office.engine.kept_messages.message(kept.kept_id, actor=AUDITOR)


def test_a_message_waits_for_what_waits_for_it(office_on_both: Office) -> None:
    office = office_on_both
    kept = keep(office, business_key="B-1", variables={"nomor": 1})
    assert (kept.state, kept.matches, kept.received_from) == (KeptState.WAITING, 0, "surat-masuk")
    assert look(office) == 0

    office.clock.advance(minutes=1)
    definition = office.deploy(between(CATCH))
    other = office.engine.instances.start(definition, {}, actor=ADMIN, business_key="B-2")
    assert look(office) == 0
    begun = office.engine.instances.start(definition, {}, actor=ADMIN, business_key="B-1")
    instance = begun.instance.instance_id
    assert look(office) == 1
    assert look(office) == 0

    assert office.waiting_at(instance) == ["z"]
    assert office.waiting_at(other.instance.instance_id) == []
    assert office.variables(instance) == {"nomor": 1}
    settled = stands(office, kept)
    assert (settled.state, settled.delivered_to) == (KeptState.DELIVERED, instance)
    events = office.engine.history.events(instance, actor=AUDITOR)
    [received] = [event for event in events if event.kind == "message_received"]
    assert (received.actor, received.payload["kept"]) == ("surat-masuk", kept.kept_id)
    office.assert_sound(instance)


def test_of_several_that_wait_nobody_gets_it_until_one_is_left(office: Office) -> None:
    definition = office.deploy(between(CATCH))
    first, second = office.start(definition), office.start(definition)
    kept = keep(office)
    assert kept.matches == 2

    assert look(office) == 0
    office.engine.instances.cancel(first, reason="salah", actor=ADMIN)
    office.clock.advance(minutes=5, seconds=1)

    assert look(office) == 1
    assert office.waiting_at(second) == ["z"]


def test_a_kept_message_starts_what_is_deployed_later(office: Office) -> None:
    kept = keep(office, business_key="B-7", variables={"nomor": "1"})
    office.clock.advance(minutes=1)
    asked = start("s", form(field("nomor", required=True)) + message("surat"))
    office.deploy(process(asked, user("a"), end(), line("s", "a", "e"), before=ROOTS))

    assert look(office) == 1
    instance = str(stands(office, kept).delivered_to)

    assert office.engine.instances.instance(instance, actor=AUDITOR).business_key == "B-7"
    assert office.waiting_at(instance) == ["a"]
    office.assert_sound(instance)


def test_what_does_not_fit_the_form_is_logged_and_rests(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    kept = keep(office)
    office.clock.advance(minutes=1)
    asked = start("s", form(field("nomor", required=True)) + message("surat"))
    office.deploy(process(asked, user("a"), end(), line("s", "a", "e"), before=ROOTS))
    duty = WaitingMessages(office.engine.kept_messages, office.clock)

    assert duty.turn(lambda: False) == 0
    assert duty.turn(lambda: False) == 0

    assert caplog.text.count(f"kept message {kept.kept_id} was not delivered") == 1
    assert stands(office, kept).state is KeptState.WAITING


def test_a_file_is_kept_with_its_message(office: Office) -> None:
    keep(office, variables={"surat": Upload("surat.pdf", b"isi surat")})
    office.clock.advance(minutes=1)
    instance = office.start(office.deploy(between(CATCH)))

    assert look(office) == 1

    [brought] = office.engine.documents.documents(instance, actor=AUDITOR)
    assert brought.document.name == "surat.pdf"
    office.assert_sound(instance)


def test_an_admin_tries_again_and_is_told(office: Office) -> None:
    kept = keep(office)
    rooms = office.engine.kept_messages

    with pytest.raises(MessageMismatch, match="nothing waits"):
        rooms.try_again(kept.kept_id, actor=ADMIN)
    instance = office.start(office.deploy(between(CATCH)))
    got = rooms.try_again(kept.kept_id, actor=ADMIN)

    assert got.instance.instance_id == instance
    with pytest.raises(MessageSettled, match="delivered"):
        rooms.try_again(kept.kept_id, actor=ADMIN)
    with pytest.raises(MessageSettled):
        rooms.discard(kept.kept_id, reason="ganda", actor=ADMIN)
    with pytest.raises(NotFound):
        rooms.try_again("tidak-ada", actor=ADMIN)


def test_a_discarded_message_stays_and_is_never_delivered(office: Office) -> None:
    kept = keep(office)
    rooms = office.engine.kept_messages
    with pytest.raises(InvalidInput, match="takes a reason"):
        rooms.discard(kept.kept_id, reason=" ", actor=ADMIN)
    rooms.discard(kept.kept_id, reason="terkirim ganda", actor=ADMIN)
    office.clock.advance(minutes=10)
    instance = office.start(office.deploy(between(CATCH)))

    assert look(office) == 0
    assert office.waiting_at(instance) == []
    found = rooms.messages(KeptMessageQuery(state=KeptState.DISCARDED), actor=AUDITOR)
    assert [(each.reason, each.settled_by) for each in found] == [("terkirim ganda", "admin")]
    assert rooms.count(KeptMessageQuery(state=KeptState.WAITING), actor=AUDITOR) == 0


def test_who_may_see_and_settle_kept_messages(office: Office) -> None:
    kept = keep(office)
    rooms = office.engine.kept_messages

    for actor in (staff("Kadis"), ANALYST, PROGRAM):
        with pytest.raises(Forbidden):
            rooms.messages(KeptMessageQuery(), actor=actor)
    with pytest.raises(Forbidden):
        rooms.discard(kept.kept_id, reason="x", actor=AUDITOR)
    with pytest.raises(Forbidden):
        rooms.try_again(kept.kept_id, actor=AUDITOR)


def test_the_same_request_again_keeps_it_once(office: Office) -> None:
    first = keep(office, idempotency_key="k")
    again = keep(office, idempotency_key="k")

    assert again == first
    assert office.engine.kept_messages.count(KeptMessageQuery(), actor=AUDITOR) == 1


def test_of_many_that_look_at_once_one_delivers(office_on_both: Office) -> None:
    office = office_on_both
    kept = keep(office)
    instance = office.start(office.deploy(between(CATCH)))

    results = at_once(4, lambda _: office.engine.kept_messages.look_again(kept.kept_id))

    assert results.count(True) == 1, results
    assert office.kinds(instance, "message_received") == [("message_received", "m")]
    assert office.open_tasks(instance) == office.engine.tasks.tasks(TaskQuery(), actor=AUDITOR)
    office.assert_sound(instance)


def test_a_sender_and_a_kept_message_do_not_take_the_same_place(office_on_both: Office) -> None:
    office = office_on_both
    kept = keep(office, variables={"dari": "simpanan"})
    instance = office.start(office.deploy(between(CATCH)))

    def race(number: int) -> object:
        if number:
            return office.engine.kept_messages.look_again(kept.kept_id)
        sent = Message("surat masuk", variables={"dari": "pengirim"})
        return office.engine.messages.correlate(sent, actor=PROGRAM)

    at_once(2, race)

    assert office.kinds(instance, "message_received") == [("message_received", "m")]
    is_delivered = stands(office, kept).state is KeptState.DELIVERED
    assert (office.variables(instance)["dari"] == "simpanan") is is_delivered
    office.assert_sound(instance)
