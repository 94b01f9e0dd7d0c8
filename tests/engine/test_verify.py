"""`verify` names the instance and the sequence of whatever is not what happened."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text

from engine.errors import Forbidden
from engine.model import Fault
from engine.store import Store
from tests.diagrams import end, exclusive, field, flow, form, line, process, start, user
from tests.office import ADMIN, AUDITOR, Office, staff

DIAGRAM = process(
    start(),
    user("a", form(field("nomor"))),
    exclusive("x"),
    user("b"),
    end(),
    line("s", "a", "x"),
    flow("x", "b", "${nomor == '7'}"),
    flow("x", "a", "${nomor != '7'}"),
    line("b", "e"),
)


#: History is append-only by triggers; whoever owns the database can take them off.
_DROP_TRIGGERS = {
    "sqlite": (
        "DROP TRIGGER IF EXISTS history_event_refuses_update",
        "DROP TRIGGER IF EXISTS history_event_refuses_delete",
    ),
    "postgresql": ("DROP TRIGGER IF EXISTS history_event_refuses_change ON history_event",),
}


def a_case(office: Office) -> str:
    instance = office.start(office.deploy(DIAGRAM))
    office.complete(instance, "a", nomor="6")
    office.engine.tasks.claim(office.task(instance, "a").task_id, actor=ADMIN)
    office.complete(instance, "a", nomor="7")
    return instance


def faults(office: Office, instance: str) -> tuple[Fault, ...]:
    return office.engine.history.verify(instance, actor=AUDITOR).faults


def tamper(store: Store, statement: str, **values: object) -> None:
    """Change the database behind the engine's back, as somebody with its password can."""
    with store._engine.begin() as connection:
        for drop in _DROP_TRIGGERS[store.dialect]:
            connection.execute(text(drop))
        done = connection.execute(text(statement), values)
        assert done.rowcount >= 1, statement


def sequence_of(office: Office, instance: str, kind: str) -> int:
    events = office.engine.history.events(instance, actor=AUDITOR)
    return next(e.sequence for e in events if e.kind == kind)


def test_an_untouched_history_is_sound(office_on_both: Office) -> None:
    instance = a_case(office_on_both)
    verification = office_on_both.engine.history.verify(instance, actor=AUDITOR)

    assert verification.is_sound
    assert verification.inputs == 4
    assert verification.events == len(office_on_both.engine.history.events(instance, actor=AUDITOR))


CHANGES: dict[str, str] = {
    "one byte of a value": "UPDATE history_event SET payload = replace(payload, '6', '8')",
    "who it was": "UPDATE history_event SET actor = 'orang-lain'",
    "in which capacity": "UPDATE history_event SET capacity = 'Plt.'",
    "when it was": "UPDATE history_event SET at = at + 1",
    "what it was": "UPDATE history_event SET kind = 'timers_due'",
    "where it was": "UPDATE history_event SET activity_id = 'b'",
    "its hash": "UPDATE history_event SET hash = previous_hash",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_event_is_named(office_on_both: Office, change: str) -> None:
    office = office_on_both
    instance = a_case(office)
    other = a_case(office)
    sequence = sequence_of(office, instance, "task_completed")

    tamper(
        office.store,
        f"{change} WHERE instance_id = :instance AND sequence = :sequence",
        instance=instance,
        sequence=sequence,
    )

    found = faults(office, instance)
    assert found[0].instance_id == instance
    assert found[0].sequence == sequence
    assert faults(office, other) == ()


def test_a_deleted_event_is_named(office_on_both: Office) -> None:
    office = office_on_both
    instance = a_case(office)
    sequence = sequence_of(office, instance, "flow_taken")

    tamper(
        office.store,
        "DELETE FROM history_event WHERE instance_id = :instance AND sequence = :sequence",
        instance=instance,
        sequence=sequence,
    )

    assert (faults(office, instance)[0].sequence, faults(office, instance)[0].check) == (
        sequence,
        "gap",
    )


def test_a_cut_tail_is_named(office_on_both: Office) -> None:
    office = office_on_both
    instance = a_case(office)
    last = office.engine.history.events(instance, actor=AUDITOR)[-1].sequence

    tamper(
        office.store,
        "DELETE FROM history_event WHERE instance_id = :instance AND sequence > :sequence",
        instance=instance,
        sequence=last - 2,
    )

    assert faults(office, instance)[0].sequence == last - 1


def test_swapped_events_are_named(office: Office) -> None:
    instance = a_case(office)
    first, second = 3, 4
    for source, target in ((first, 9999), (second, first), (9999, second)):
        tamper(
            office.store,
            "UPDATE history_event SET sequence = :target "
            "WHERE instance_id = :instance AND sequence = :source",
            instance=instance,
            source=source,
            target=target,
        )

    assert {fault.sequence for fault in faults(office, instance)} >= {first, second}


Forgery = Callable[[Office, str], None]


def test_a_chain_that_was_forged_whole_still_fails_the_replay(office: Office) -> None:
    """Somebody with the password rewrites an observation and every hash after it."""
    from dataclasses import replace

    from engine.history import canonical, chain_hash

    instance = a_case(office)
    events = office.engine.history.events(instance, actor=AUDITOR)
    target = next(e for e in events if e.kind == "flow_taken" and e.payload["flow"] == "x_a")
    previous = target.previous_hash
    for event in events[target.sequence - 1 :]:
        payload = {"flow": "x_b"} if event is target else event.payload
        forged = replace(event, payload=payload, previous_hash=previous)
        digest = chain_hash(previous, canonical(forged))
        tamper(
            office.store,
            "UPDATE history_event SET payload = replace(payload, :old, :new), hash = :hash, "
            "previous_hash = :previous WHERE instance_id = :instance AND sequence = :sequence",
            old="x_a" if event is target else "\x01",
            new="x_b",
            hash=digest,
            previous=previous,
            instance=instance,
            sequence=event.sequence,
        )
        previous = digest
    tamper(
        office.store,
        "UPDATE process_instance SET head_hash = :hash WHERE instance_id = :instance",
        hash=previous,
        instance=instance,
    )

    [fault] = faults(office, instance)
    assert (fault.check, fault.sequence) == ("replay", target.sequence)


def test_a_changed_snapshot_is_named(office: Office) -> None:
    instance = a_case(office)
    with office.store.writing() as tx:
        stored = tx.stored_instance(instance)
        content = (stored.snapshot or b"").replace(b'"nomor":"7"', b'"nomor":"9"')
        assert content != stored.snapshot
        tx.put_snapshot(instance, stored.instance.revision, content)

    [fault] = faults(office, instance)
    assert fault.check == "state"


def test_a_hidden_task_is_named(office: Office) -> None:
    instance = a_case(office)
    tamper(
        office.store,
        "UPDATE user_task SET state = 'cancelled', ended_at = created_at "
        "WHERE instance_id = :instance AND state = 'open'",
        instance=instance,
    )

    [fault] = faults(office, instance)
    assert (fault.check, "open tasks" in fault.message) == ("state", True)


def test_a_changed_diagram_is_named(office: Office) -> None:
    instance = a_case(office)
    tamper(
        office.store,
        "UPDATE resource SET content = :content",
        content=DIAGRAM.replace("== '7'", "== '6'").encode(),
    )
    fresh = Office(office.store)

    [fault] = faults(fresh, instance)
    assert (fault.check, fault.sequence) == ("replay", 1)
    assert "diagram" in fault.message


def test_verify_all_goes_through_every_instance(office: Office) -> None:
    instances = {a_case(office) for _ in range(5)}
    seen: list[tuple[int, int]] = []

    results = list(
        office.engine.history.verify_all(
            actor=AUDITOR, on_progress=lambda done, total: seen.append((done, total))
        )
    )

    assert {result.instance_id for result in results} == instances
    assert all(result.is_sound for result in results)
    assert seen[-1] == (5, 5)
    with pytest.raises(Forbidden):
        list(office.engine.history.verify_all(actor=staff("Kadis")))


def test_verify_all_misses_none_when_others_start_meanwhile(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.auditing._BATCH", 2)
    before = [a_case(office) for _ in range(5)]
    office.clock.advance(seconds=1)
    seen = []
    for result in office.engine.history.verify_all(actor=AUDITOR):
        seen.append(result.instance_id)
        if len(seen) == 1:
            before.append(a_case(office))

    assert sorted(seen) == sorted(before)


DAMAGES = {
    "broken JSON": "payload = '{\"rusak'",
    "not an object": "payload = '[1]'",
    "null": "payload = 'null'",
    "an unknown kind": "kind = 'lain'",
    "a time out of range": "at = 99999999999999999",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_an_unreadable_event_is_named_and_hurts_no_other_instance(
    office_on_both: Office, damage: str
) -> None:
    office = office_on_both
    instance, other = a_case(office), a_case(office)
    sequence = sequence_of(office, instance, "task_completed")
    tamper(
        office.store,
        f"UPDATE history_event SET {damage} WHERE instance_id = :instance AND sequence = :sequence",
        instance=instance,
        sequence=sequence,
    )

    assert [(f.instance_id, f.sequence) for f in faults(office, instance)] == [(instance, sequence)]
    assert faults(office, other) == ()
    results = list(office.engine.history.verify_all(actor=AUDITOR))
    [unsound] = [each for each in results if not each.is_sound]
    assert (unsound.instance_id, unsound.events, unsound.inputs) == (instance, 0, 0)
    office.complete(other, "b")


def test_bytes_that_are_no_text_are_named(office: Office) -> None:
    """A flipped byte in the file itself."""
    instance = a_case(office)
    sequence = sequence_of(office, instance, "task_completed")
    tamper(
        office.store,
        "UPDATE history_event SET payload = CAST(x'7b22ff' AS TEXT) "
        "WHERE instance_id = :instance AND sequence = :sequence",
        instance=instance,
        sequence=sequence,
    )

    assert [f.sequence for f in faults(office, instance)] == [sequence]


KEPT = {
    "the business_key": "UPDATE process_instance SET business_key = 'lain'",
    "the account that started it": "UPDATE process_instance SET started_by = 'orang-lain'",
    "the time of the start": "UPDATE process_instance SET started_at = started_at - 1",
    "the name of task": "UPDATE user_task SET name = 'lain' WHERE state = 'open'",
    "the lane of task": "UPDATE user_task SET lane = 'Kadis' WHERE state = 'open'",
    "the candidate_users of task": "UPDATE user_task SET candidate_users = '[\"orang-lain\"]'"
    " WHERE state = 'open'",
    "the name or type": "UPDATE history_event SET activity_name = 'lain'"
    " WHERE activity_name IS NOT NULL",
    "who has task": "UPDATE user_task SET assignee = 'orang-lain' WHERE state = 'open'",
}


@pytest.mark.parametrize(("what", "change"), KEPT.items(), ids=KEPT.keys())
def test_what_was_changed_beside_history_is_named(office: Office, what: str, change: str) -> None:
    instance = a_case(office)
    tamper(office.store, change)

    found = faults(office, instance)

    assert {each.check for each in found} == {"state"}
    assert any(each.message.startswith(what) for each in found), found


def test_a_group_that_is_offered_the_task_no_more_is_named(office: Office) -> None:
    offered = DIAGRAM.replace('<bpmn:userTask id="b"', f'{_OFFERED} id="b"')
    instance = office.start(office.deploy(offered))
    office.complete(instance, "a", nomor="7")
    assert faults(office, instance) == ()

    tamper(office.store, "DELETE FROM task_candidate WHERE name = 'pengawas'")

    [fault] = faults(office, instance)
    assert (fault.check, fault.message.startswith("the candidates of task")) == ("state", True)


_OFFERED = '<bpmn:userTask camunda:candidateGroups="arsip, pengawas"'
