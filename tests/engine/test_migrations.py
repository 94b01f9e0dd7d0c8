"""A running instance goes on in another version as if it had come there by itself, or stays."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import run
from zipfile import ZipFile

import pytest

from engine.errors import IdempotencyKeyReused, RevisionConflict
from engine.messages import Message
from engine.model import EventKind, MigrationReason
from engine.offline import verify_export
from tests.diagrams import (
    boundary,
    catch,
    each,
    end,
    event_gateway,
    line,
    message,
    named,
    parallel,
    process,
    properties,
    receive,
    script,
    start,
    subprocess,
    timer,
    user,
)
from tests.engine.moving import OLD, REASON, assert_rebuilt_alike, finish, move, plan_to, reasons
from tests.engine.test_verify import faults, sequence_of, tamper
from tests.office import ADMIN, ANALYST, AUDITOR, Office, staff

# ------------------------------------------------------------------------ going on


def test_a_step_added_behind_the_token_is_come_to(office_on_both: Office) -> None:
    office = office_on_both
    instance = office.start(office.deploy(OLD))

    new = process(start(), user("a"), user("c"), user("b"), end(), line("s", "a", "c", "b", "e"))
    target = move(office, instance, new)

    assert office.engine.instances.instance(instance, actor=AUDITOR).definition_id == target
    assert office.task(instance, "a").definition_id == target
    assert_rebuilt_alike(office, instance)
    assert finish(office, instance) == ["a", "c", "b"]
    assert_rebuilt_alike(office, instance)


def test_a_step_removed_before_the_token_leaves_it_where_it_is(office: Office) -> None:
    instance = office.start(office.deploy(OLD))
    office.complete(instance, "a")

    move(office, instance, process(start(), user("b"), end(), line("s", "b", "e")))

    assert finish(office, instance) == ["b"]
    assert office.state(instance) == "COMPLETED"
    assert_rebuilt_alike(office, instance)


def test_a_task_keeps_who_has_it_and_what_was_said_of_it(office_on_both: Office) -> None:
    office = office_on_both
    old = process(start(), user("a"), end(), line("s", "a", "e"), lanes={"Bidang": ["s", "a", "e"]})
    instance = office.start(office.deploy(old))
    task = office.task(instance, "a")
    bidang = office.engine.accounts.add(
        "bidang",
        display_name="Bidang",
        password="sandi yang panjang",
        roles=["staff"],
        lanes=["Bidang"],
        actor=ADMIN,
    ).as_actor()
    office.engine.tasks.claim(task.task_id, actor=bidang)
    office.engine.task_drafts.save(task.task_id, {"isi": "setengah"}, actor=bidang)

    new = process(
        start(),
        user("a2", name="Menelaah"),
        end(),
        line("s", "a2", "e"),
        lanes={"Sekretaris": ["s", "a2", "e"]},
    )
    move(office, instance, new, ("a", "a2"))

    moved = office.task(instance, "a2")
    assert (moved.task_id, moved.assignee, moved.claimed_at is not None) == (
        task.task_id,
        "bidang",
        True,
    )
    assert (moved.name, moved.lane) == ("Menelaah", "Sekretaris")
    assert office.engine.task_drafts.find(task.task_id, actor=bidang) is not None
    office.engine.tasks.unclaim(task.task_id, actor=bidang)
    office.engine.tasks.complete(task.task_id, {}, actor=staff("Sekretaris"))
    assert office.state(instance) == "COMPLETED"
    assert_rebuilt_alike(office, instance)


def test_both_branches_and_a_waiting_join_go_on(office: Office) -> None:
    def forked(*after: str) -> str:
        return process(
            start(),
            parallel("f"),
            user("a"),
            user("b"),
            parallel("j"),
            *[user(node) for node in after],
            end(),
            line("s", "f", "a", "j", *after, "e"),
            line("f", "b", "j"),
        )

    instance = office.start(office.deploy(forked()))
    office.complete(instance, "a")
    move(office, instance, forked("c"))

    assert finish(office, instance) == ["b", "c"]
    assert_rebuilt_alike(office, instance)


def test_instances_of_one_body_go_on_one_by_one(office: Office) -> None:
    def repeated(*after: str) -> str:
        return process(
            start(),
            user("a", each("daftar")),
            *[user(node) for node in after],
            end(),
            line("s", "a", *after, "e"),
        )

    instance = office.start(office.deploy(repeated()), daftar=["x", "y", "z"])
    office.complete(instance, "a")
    move(office, instance, repeated("c"))

    assert finish(office, instance) == ["a", "a", "c"]
    assert_rebuilt_alike(office, instance)


def test_what_runs_inside_of_a_sub_process_goes_on_inside(office: Office) -> None:
    def nested(sub: str, *inner: str) -> str:
        return process(
            start(),
            subprocess(
                sub,
                start("s1"),
                *[user(node) for node in inner],
                end("e1"),
                line("s1", *inner, "e1"),
            ),
            end(),
            line("s", sub, "e"),
        )

    instance = office.start(office.deploy(nested("rapat", "a")))
    plan = plan_to(office, instance, nested("sidang", "a", "b"))
    assert reasons(office, instance, plan) == [
        MigrationReason.UNMAPPED,
        MigrationReason.UNMAPPED,
    ]

    move(office, instance, nested("sidang", "a", "b", "c"), ("rapat", "sidang"), ("a", "a"))

    assert finish(office, instance) == ["a", "b", "c"]
    assert_rebuilt_alike(office, instance)


def test_a_timer_that_runs_keeps_its_moment(office: Office) -> None:
    def guarded(duration: str, *after: str) -> str:
        return process(
            start(),
            user("a"),
            boundary("t", "a", timer(duration)),
            user("late"),
            *[user(node) for node in after],
            end(),
            end("e2"),
            line("s", "a", *after, "e"),
            line("t", "late", "e2"),
        )

    instance = office.start(office.deploy(guarded("PT1H")))
    due_at = office.engine.instances.instance(instance, actor=AUDITOR).next_due_at
    move(office, instance, guarded("PT9H", "c"))

    assert office.engine.instances.instance(instance, actor=AUDITOR).next_due_at == due_at
    office.clock.advance(hours=2)
    assert office.engine.instances.fire_due(instance)
    assert office.waiting_at(instance) == ["late"]
    assert_rebuilt_alike(office, instance)


def test_what_waits_for_a_message_under_another_id_hears_it(office_on_both: Office) -> None:
    office = office_on_both

    def waiting(node: str, *after: str) -> str:
        return process(
            start(),
            receive(node, "m"),
            *[user(each) for each in after],
            end(),
            line("s", node, *after, "e"),
            before=named("message", m="surat"),
        )

    instance = office.start(office.deploy(waiting("tunggu")))
    move(office, instance, waiting("menunggu", "c"), ("tunggu", "menunggu"))

    office.engine.messages.correlate(Message("surat"), actor=ADMIN)
    assert office.waiting_at(instance) == ["c"]
    assert_rebuilt_alike(office, instance)


def test_a_gateway_that_waits_for_several_events_goes_on(office: Office) -> None:
    def racing(*after: str) -> str:
        return process(
            start(),
            event_gateway("g"),
            catch("m1", message("m")),
            catch("t1", timer("PT1H")),
            *[user(node) for node in after],
            end(),
            end("e2"),
            line("s", "g", "m1", *after, "e"),
            line("g", "t1", "e2"),
            before=named("message", m="surat"),
        )

    instance = office.start(office.deploy(racing()))
    move(office, instance, racing("c"))
    office.engine.messages.correlate(Message("surat"), actor=ADMIN)

    assert office.waiting_at(instance) == ["c"]
    assert_rebuilt_alike(office, instance)


def test_an_incident_is_mended_by_the_next_version(office_on_both: Office) -> None:
    office = office_on_both

    def scripted(source: str) -> str:
        return process(start(), script("x", source), user("b"), end(), line("s", "x", "b", "e"))

    instance = office.start(office.deploy(scripted("n = 1 / 0")))
    target = move(office, instance, scripted("n = 1"))

    (incident,) = office.engine.instances.incidents(actor=AUDITOR, instance_id=instance)
    assert incident.definition_id == target
    office.engine.instances.retry_incident(incident.incident_id, actor=ADMIN)
    assert office.waiting_at(instance) == ["b"]
    assert_rebuilt_alike(office, instance)


def test_an_instance_may_be_moved_on_again_and_back(office: Office) -> None:
    first = office.deploy(OLD)
    instance = office.start(first)
    move(
        office,
        instance,
        process(start(), user("a"), user("c"), end(), line("s", "a", "c", "e")),
    )
    second = office.engine.instances.instance(instance, actor=AUDITOR).definition_id
    plan = office.engine.migrations.generate(second, first.definition_id, actor=ANALYST)
    office.engine.migrations.migrate(instance, plan, actor=ANALYST, **REASON)

    assert finish(office, instance) == ["a", "b"]
    assert_rebuilt_alike(office, instance)


def test_a_new_term_counts_from_when_the_task_opened(office: Office) -> None:
    def with_term(term: str) -> str:
        task = user("a", properties(waktu=term))
        return process(start(), task, end(), line("s", "a", "e"))

    instance = office.start(office.deploy(with_term("3 hari")))
    opened = office.start(office.deploy(with_term("5 hari")))
    office.clock.advance(hours=30)
    plan = plan_to(office, instance, with_term("5 hari") + "<!-- 3 -->")
    office.engine.migrations.migrate(instance, plan, actor=ANALYST, **REASON)

    assert office.task(instance, "a").due_at == office.task(opened, "a").due_at
    assert_rebuilt_alike(office, instance)


# ------------------------------------------------------------------------- history


def test_history_says_who_moved_it_why_and_where_each_token_stands(office: Office) -> None:
    first = office.deploy(OLD)
    instance = office.start(first)
    target = move(office, instance, OLD.replace('"b"', '"c"').replace("_b", "_c"))

    events = office.engine.history.events(instance, actor=AUDITOR)
    moved, stands = events[-2:]
    assert (moved.kind, moved.actor) == (EventKind.INSTANCE_MIGRATED, "analis")
    assert moved.payload["from"] == first.definition_id
    assert moved.payload["fromDigest"] == first.digest
    assert moved.payload["to"] == target
    assert (moved.payload["reason"], moved.payload["basis"]) == tuple(REASON.values())
    assert moved.payload["plan"]["a"] == "a"
    assert (stands.kind, stands.activity_id) == (EventKind.ACTIVITY_MIGRATED, "a")
    assert stands.payload["from"] == "a"


def test_the_same_request_again_moves_nothing_twice(office: Office) -> None:
    instance = office.start(office.deploy(OLD))
    plan = plan_to(office, instance, OLD + "<!-- 2 -->")
    for _ in range(2):
        office.engine.migrations.migrate(
            instance, plan, actor=ANALYST, idempotency_key="k", **REASON
        )

    assert len(office.kinds(instance, "instance_migrated")) == 1
    with pytest.raises(IdempotencyKeyReused):
        office.engine.migrations.migrate(
            instance, plan, actor=ANALYST, idempotency_key="k", reason="lain", basis="lain"
        )


def test_who_completes_the_task_meanwhile_is_told_and_so_is_who_moves(
    office_on_both: Office,
) -> None:
    office = office_on_both
    instance = office.start(office.deploy(OLD))
    plan = plan_to(office, instance, OLD + "<!-- 2 -->")
    room = office.engine.migrations
    with office.store.reading() as tx:
        stored = tx.stored_instance(instance)
        given = room._input(tx, plan, "alasan", "SK 1", ANALYST)
    office.complete(instance, "a")

    with pytest.raises(RevisionConflict), office.store.writing() as tx:
        room._take(tx, stored, plan, given)
    assert office.waiting_at(instance) == ["b"]
    office.engine.migrations.migrate(instance, plan, actor=ANALYST, **REASON)
    assert_rebuilt_alike(office, instance)


# -------------------------------------------------------------------------- tampering


def test_a_forged_version_is_named(office_on_both: Office) -> None:
    office = office_on_both
    first = office.deploy(OLD)
    instance = office.start(first)
    move(office, instance, OLD + "<!-- 2 -->")

    tamper(
        office.store,
        "UPDATE process_instance SET definition_id = :first WHERE instance_id = :instance",
        first=first.definition_id,
        instance=instance,
    )

    (fault,) = faults(office, instance)
    assert fault.check == "state"
    assert fault.message.startswith("the version")
    assert fault.found == first.definition_id


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        ("payload = replace(payload, 'Perwali baru', 'Perwali lama')", "chain"),
        ("actor = 'orang-lain'", "chain"),
    ],
)
def test_a_forged_reason_is_named(office: Office, changed: str, check: str) -> None:
    instance = office.start(office.deploy(OLD))
    move(office, instance, OLD + "<!-- 2 -->")

    tamper(office.store, f"UPDATE history_event SET {changed} WHERE kind = 'instance_migrated'")

    found = faults(office, instance)
    assert (found[0].check, found[0].sequence) == (
        check,
        sequence_of(office, instance, "instance_migrated"),
    )


def test_an_export_holds_both_diagrams_and_its_script_verifies_them(
    office: Office, tmp_path: Path
) -> None:
    instance = office.start(office.deploy(OLD))
    move(office, instance, OLD + "<!-- 2 -->")

    target = tmp_path / "riwayat.zip"
    with target.open("wb") as file:
        office.engine.history_export.write([instance], file, actor=AUDITOR)

    names = ZipFile(target).namelist()
    assert len([name for name in names if name.startswith("definitions/")]) == 2
    done = run([sys.executable, verify_export.__file__, target], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
