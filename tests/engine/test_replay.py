"""The snapshot is a cache: history alone carries an instance on."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import text

from engine.errors import ReplayMismatch
from engine.model import EventKind, HistoryEvent
from engine.replay import replay
from engine.spiff.machine import Machine
from tests.diagrams import each, end, exclusive, flow, line, process, properties, start, user
from tests.engine.moving import move
from tests.office import ADMIN, AUDITOR, Office

DIAGRAM = process(
    start(),
    user("isi", properties(kumpulkan="hasil") + each("${daftar}")),
    user("periksa"),
    exclusive("x"),
    end(),
    line("s", "isi", "periksa", "x"),
    flow("x", "isi", "${ulang}"),
    flow("x", "e", "${!ulang}"),
)


def play(office: Office, instance: str, *, erased: bool) -> list[tuple[str, str | None]]:
    for again in (True, False):
        for step in ("isi", "isi", "periksa"):
            if erased:
                office.erase_snapshot(instance)
            office.complete(instance, step, ulang=again)
    return office.kinds(instance)


def test_an_instance_goes_on_without_its_snapshot(office_on_both: Office) -> None:
    office = office_on_both
    definition = office.deploy(DIAGRAM)
    kept = office.start(definition, daftar=["B", "A"])
    lost = office.start(definition, daftar=["B", "A"])

    assert play(office, kept, erased=False) == play(office, lost, erased=True)
    assert office.state(lost) == "COMPLETED"
    office.assert_sound(lost)


def test_an_unreadable_snapshot_is_rebuilt(office: Office) -> None:
    instance = office.start(office.deploy(DIAGRAM), daftar=["A"])
    for rubbish in (b"", b"{}", b"not json", b'{"version":"0"}', json.dumps([1]).encode()):
        with office.store.writing() as tx:
            tx.put_snapshot(instance, tx.instance(instance).revision, rubbish)
        assert office.variables(instance)["daftar"] == ["A"]

    office.complete(instance, "isi")
    assert office.waiting_at(instance) == ["periksa"]
    office.assert_sound(instance)


def test_an_instance_whose_history_does_not_hold_is_not_carried_on_by_it(office: Office) -> None:
    """Its snapshot is lost, and the diagram goes another way than history tells."""
    instance = office.start(office.deploy(DIAGRAM), daftar=["A"])
    office.complete(instance, "isi")
    office.complete(instance, "periksa", ulang=True)
    before = office.kinds(instance)
    with office.store._engine.begin() as connection:
        other = DIAGRAM.replace("${ulang}", "${ulang == false}").replace("${!ulang}", "${ulang}")
        connection.execute(text("UPDATE resource SET content = :other"), {"other": other.encode()})
    office.erase_snapshot(instance)
    fresh = Office(office.store)

    with pytest.raises(ReplayMismatch) as refused:
        fresh.complete(instance, "isi")

    told = fresh.engine.history.events(instance, actor=AUDITOR)
    back = next(each.sequence for each in told if each.payload.get("flow") == "x_isi")
    assert (refused.value.instance_id, refused.value.sequence) == (instance, back)
    assert fresh.kinds(instance) == before


def _recorded(office: Office, instance: str) -> tuple[Machine, list[HistoryEvent]]:
    """What runs the instance, and its events."""
    with office.store.reading() as tx:
        stored = tx.stored_instance(instance)
        machine = office.engine.definitions.machine(tx, stored.instance.definition_id)
        return machine, tx.events(instance)


def test_what_history_lacks_is_missed_behind_its_last_event(office: Office) -> None:
    instance = office.start(office.deploy(DIAGRAM), daftar=["A"])
    office.complete(instance, "isi", ulang=False)
    machine, (*events, last) = _recorded(office, instance)

    [fault] = replay(machine, events).faults

    assert (fault.check, fault.sequence, fault.found) == ("replay", last.sequence, "nothing")
    assert "periksa" in (fault.expected or "")


def test_a_fault_names_the_ids_when_these_alone_differ(office: Office) -> None:
    instance = office.start(office.deploy(DIAGRAM), daftar=["A"])
    machine, (given, seen, *others) = _recorded(office, instance)

    [fault] = replay(machine, [given, replace(seen, activity_instance_id="lain"), *others]).faults

    assert (fault.found or "").endswith(" as lain")
    assert (fault.expected or "").endswith(f" as {seen.activity_instance_id}")


def test_a_step_without_its_input_is_named_at_what_is_left_of_it(office: Office) -> None:
    instance = office.start(office.deploy(DIAGRAM), daftar=["A"])
    office.complete(instance, "isi", ulang=False)
    machine, events = _recorded(office, instance)
    completed = next(e for e in events if e.kind is EventKind.TASK_COMPLETED)
    events.remove(completed)

    [fault] = replay(machine, events).faults

    assert (fault.check, fault.sequence) == ("replay", completed.sequence + 1)
    assert "an input was expected" in fault.message


def test_another_diagram_than_that_of_the_migration_is_named(office: Office) -> None:
    instance = office.start(office.deploy(DIAGRAM), daftar=["A"])
    target = move(office, instance, DIAGRAM + "<!-- 2 -->")
    with office.store.reading() as tx:
        events = tx.events(instance)
        first = office.engine.definitions.machine(tx, events[0].payload["definition"])
        other = office.engine.definitions.machine(tx, target)
    migrated = next(e for e in events if e.kind is EventKind.INSTANCE_MIGRATED)

    for later, found in (({}, "none"), ({target: first}, first.digest)):
        [fault] = replay(first, events, later).faults
        assert (fault.check, fault.sequence, fault.found) == ("replay", migrated.sequence, found)
        assert fault.expected == other.digest
    assert replay(first, events, {target: other}).faults == ()


def test_a_replay_gives_the_same_bytes_as_the_live_run(office: Office) -> None:
    instance = office.start(office.deploy(DIAGRAM), daftar=["A", {"z": 1, "a": 2}])
    play(office, instance, erased=False)

    with office.store.reading() as tx:
        stored = tx.stored_instance(instance)
        machine = office.engine.definitions.machine(tx, stored.instance.definition_id)
        replayed = replay(machine, tx.events(instance))

    assert replayed.faults == ()
    assert replayed.run is not None
    assert replayed.run.dump() == stored.snapshot


def test_a_step_reads_no_other_clock_than_its_own(office: Office) -> None:
    instance = office.start(office.deploy(DIAGRAM), daftar=["A"])
    office.clock.advance(hours=3)
    office.complete(instance, "isi")

    times = {
        event.revision: event.at for event in office.engine.history.events(instance, actor=AUDITOR)
    }
    assert (times[2] - times[1]).total_seconds() == 3 * 3600


def test_frames_tell_what_changed(office: Office) -> None:
    instance = office.start(office.deploy(DIAGRAM), daftar=["A"])
    office.complete(instance, "isi", nilai=1)
    office.complete(instance, "periksa", ulang=False)

    first, second, third = office.engine.history.frames(instance, actor=ADMIN)
    assert first.changes == {"daftar": {"after": ["A"]}}
    assert second.kind is EventKind.TASK_COMPLETED
    assert second.payload == {"variables": {"nilai": 1}}
    assert second.changes == {"hasil": {"after": [{"nilai": 1, "x": "A"}]}}
    assert third.changes == {"ulang": {"after": False}}
    assert third.ends_instance
