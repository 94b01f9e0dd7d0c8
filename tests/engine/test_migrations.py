"""A running instance goes on in another version as if it had come there by itself, or stays."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import run
from typing import Any
from zipfile import ZipFile

import pytest

from engine.errors import (
    Forbidden,
    IdempotencyKeyReused,
    InvalidInput,
    MigrationRefused,
    RevisionConflict,
)
from engine.messages import Message
from engine.model import EventKind, MigrationPlan, MigrationReason
from engine.offline import verify_export
from tests.diagrams import (
    boundary,
    catch,
    each,
    end,
    event_gateway,
    exclusive,
    field,
    flow,
    form,
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
from tests.engine.test_verify import faults, sequence_of, tamper
from tests.office import ADMIN, ANALYST, AUDITOR, Office, staff

REASON = {"reason": "Perwali baru berlaku", "basis": "SK 188/12/2026"}
OLD = process(start(), user("a"), user("b"), end(), line("s", "a", "b", "e"))


def move(
    office: Office, instance: str, content: str, *changes: tuple[str, str], **options: Any
) -> str:
    """Deploy the content as the next version, and migrate the instance to it; its definition."""
    plan = plan_to(office, instance, content, *changes)
    office.engine.migrations.migrate(instance, plan, actor=ANALYST, **{**REASON, **options})
    return plan.target_definition_id


def plan_to(
    office: Office, instance: str, content: str, *changes: tuple[str, str]
) -> MigrationPlan:
    """The generated plan, with these instructions in the place of what it says of them."""
    source = office.engine.instances.instance(instance, actor=AUDITOR).definition_id
    target = office.deploy(content)
    plan = office.engine.migrations.generate(source, target.definition_id, actor=ANALYST)
    places = {**plan.places, **dict(changes)}
    return MigrationPlan(source, target.definition_id, tuple(places.items()))


def reasons(office: Office, instance: str, plan: MigrationPlan) -> list[MigrationReason]:
    preview = office.engine.migrations.preview(plan, actor=ANALYST, instance_ids=[instance])
    return [fault.reason for fault in preview.candidates[0].faults]


def finish(office: Office, instance: str) -> list[str]:
    """Complete what is open, the first by name, until the end; the activities in their order."""
    done = []
    while waiting := office.waiting_at(instance):
        office.complete(instance, waiting[0])
        done.append(waiting[0])
    return done


def assert_rebuilt_alike(office: Office, instance: str) -> None:
    """History is sound, and leads to the very snapshot that is kept."""
    office.assert_sound(instance)
    office.erase_snapshot(instance)
    office.assert_sound(instance)


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
    with office.store.reading() as tx:
        stored = tx.stored_instance(instance)
    office.complete(instance, "a")

    room = office.engine.migrations
    with office.store.writing() as tx:
        given = room._input(tx, plan, "alasan", "SK 1", ANALYST)
        with pytest.raises(RevisionConflict):
            room._take(tx, stored, plan, given)
    assert office.waiting_at(instance) == ["b"]
    office.engine.migrations.migrate(instance, plan, actor=ANALYST, **REASON)
    assert_rebuilt_alike(office, instance)


# ------------------------------------------------------------------------ refusals


def refused(
    office: Office, instance: str, content: str, *changes: tuple[str, str]
) -> list[MigrationReason]:
    """The reasons by which the instance is refused; it stays as it was."""
    plan = plan_to(office, instance, content, *changes)
    before = office.engine.instances.instance(instance, actor=AUDITOR)
    found = reasons(office, instance, plan)
    with pytest.raises(MigrationRefused):
        office.engine.migrations.migrate(instance, plan, actor=ANALYST, **REASON)
    assert office.engine.instances.instance(instance, actor=AUDITOR) == before
    return found


def test_a_place_without_a_counterpart_refuses(office: Office) -> None:
    instance = office.start(office.deploy(OLD))

    gone = process(start(), user("z"), end(), line("s", "z", "e"))
    assert refused(office, instance, gone) == [MigrationReason.UNMAPPED]


def test_another_kind_of_step_refuses_the_plan(office: Office) -> None:
    instance = office.start(office.deploy(OLD))
    other = process(start(), user("a", each("daftar")), end(), line("s", "a", "e"))
    plan = plan_to(office, instance, other, ("a", "a"))

    (fault,) = office.engine.migrations.validate(plan, actor=ANALYST)
    assert fault.reason is MigrationReason.KIND_CHANGED
    with pytest.raises(MigrationRefused):
        office.engine.migrations.migrate(instance, plan, actor=ANALYST, **REASON)


@pytest.mark.parametrize(
    ("instruction", "reason"),
    [
        (("zz", "a"), MigrationReason.SOURCE_UNKNOWN),
        (("b", "zz"), MigrationReason.TARGET_UNKNOWN),
    ],
)
def test_elements_that_do_not_exist_refuse_the_plan(
    office: Office, instruction: tuple[str, str], reason: MigrationReason
) -> None:
    instance = office.start(office.deploy(OLD))
    plan = plan_to(office, instance, OLD + "<!-- 2 -->", instruction)

    found = office.engine.migrations.validate(plan, actor=ANALYST)
    assert [fault.reason for fault in found] == [reason]
    assert instruction[0] in found[0].message or instruction[1] in found[0].message


def test_other_events_beside_the_step_refuse(office: Office) -> None:
    instance = office.start(office.deploy(OLD))
    guarded = process(
        start(),
        user("a"),
        boundary("t", "a", timer()),
        user("b"),
        end(),
        line("s", "a", "b", "e"),
        line("t", "b"),
    )

    assert refused(office, instance, guarded) == [MigrationReason.BOUNDARY_EVENTS_DIFFER]


def forked(*branches: str) -> str:
    return process(
        start(),
        parallel("f"),
        *[user(node) for node in branches],
        parallel("j"),
        end(),
        line("s", "f"),
        *[line("f", node, "j") for node in branches],
        line("j", "e"),
    )


def test_a_join_that_would_wait_for_ever_refuses(office: Office) -> None:
    instance = office.start(office.deploy(forked("a", "b")))

    assert refused(office, instance, forked("a", "b", "c")) == [MigrationReason.WAITS_FOR_EVER]


def test_two_branches_that_would_come_to_one_step_refuse(office: Office) -> None:
    old = process(
        start(),
        parallel("f"),
        user("a"),
        user("b"),
        parallel("j"),
        user("c"),
        end(),
        line("s", "f", "a", "j", "c", "e"),
        line("f", "b", "j"),
    )
    new = process(
        start(),
        exclusive("f"),
        user("a"),
        user("b"),
        exclusive("j"),
        user("c"),
        end(),
        line("s", "f"),
        flow("f", "a", "${mana}"),
        flow("f", "b", "${not mana}"),
        line("a", "j", "c", "e"),
        line("b", "j"),
    )
    instance = office.start(office.deploy(old))

    assert refused(office, instance, new) == [MigrationReason.DONE_TWICE]


def test_two_steps_at_work_do_not_become_one(office: Office) -> None:
    instance = office.start(office.deploy(forked("a", "b")))

    merged = process(start(), user("a"), end(), line("s", "a", "e"))
    found = refused(office, instance, merged, ("b", "a"))
    assert found == [MigrationReason.DONE_TWICE]


def test_what_kind_a_step_is_is_told_in_words_of_bpmn(office: Office) -> None:
    def guarded(inner: str) -> str:
        return process(
            start(),
            user("a"),
            boundary("t", "a", inner, interrupts=False),
            user("b"),
            end(),
            end("e2"),
            line("s", "a", "e"),
            line("t", "b", "e2"),
            before=named("message", m="surat"),
        )

    instance = office.start(office.deploy(guarded(timer())))
    plan = plan_to(office, instance, guarded(message("m")), ("t", "t"))

    (fault,) = [
        each
        for each in office.engine.migrations.validate(plan, actor=ANALYST)
        if each.reason is MigrationReason.KIND_CHANGED
    ]
    assert fault.expected == "boundaryEvent, DurationTimer, non-interrupting"
    assert (fault.found or "").startswith("boundaryEvent")
    assert "Behaving" not in fault.message


def test_a_token_at_a_join_by_a_flow_that_is_gone_refuses(office: Office) -> None:
    def forked(between: str) -> str:
        return process(
            start(),
            parallel("f"),
            user("a"),
            user("b"),
            user(between),
            parallel("j"),
            end(),
            line("s", "f", "a", between, "j", "e"),
            line("f", "b", "j"),
        )

    instance = office.start(office.deploy(forked("c")))
    office.complete(instance, "a")
    office.complete(instance, "c")

    assert refused(office, instance, forked("z")) == [MigrationReason.FLOW_MISSING]


def test_what_has_ended_and_what_is_elsewhere_refuse(office: Office) -> None:
    first = office.deploy(OLD)
    ended, other = office.start(first), office.start(first)
    finish(office, ended)
    plan = plan_to(office, other, OLD + "<!-- 2 -->")
    office.engine.migrations.migrate(other, plan, actor=ANALYST, **REASON)

    assert reasons(office, ended, plan) == [MigrationReason.INSTANCE_ENDED]
    assert reasons(office, other, plan) == [MigrationReason.OTHER_VERSION]


def test_versions_of_two_processes_are_refused(office: Office) -> None:
    first = office.deploy(OLD)
    other = office.deploy(process(start(), end(), line("s", "e"), key="lain"), "lain.bpmn")

    with pytest.raises(InvalidInput, match="expected one of p"):
        office.engine.migrations.generate(first.definition_id, other.definition_id, actor=ANALYST)
    with pytest.raises(InvalidInput, match="already"):
        office.engine.migrations.generate(first.definition_id, first.definition_id, actor=ANALYST)


@pytest.mark.parametrize("missing", ["reason", "basis"])
def test_a_reason_and_a_basis_are_obligatory(office: Office, missing: str) -> None:
    instance = office.start(office.deploy(OLD))
    plan = plan_to(office, instance, OLD + "<!-- 2 -->")

    with pytest.raises(InvalidInput) as caught:
        office.engine.migrations.migrate(instance, plan, actor=ANALYST, **{**REASON, missing: "  "})
    assert list(caught.value.fields) == [missing]


@pytest.mark.parametrize("actor", [staff("Bidang"), AUDITOR])
def test_staff_and_auditors_move_nothing(office: Office, actor: Any) -> None:
    instance = office.start(office.deploy(OLD))
    plan = plan_to(office, instance, OLD + "<!-- 2 -->")

    with pytest.raises(Forbidden):
        office.engine.migrations.migrate(instance, plan, actor=actor, **REASON)
    with pytest.raises(Forbidden):
        office.engine.migrations.preview(plan, actor=actor)


def test_warnings_tell_what_changes_for_those_who_work_on_it(office: Office) -> None:
    old = process(
        start(),
        user("a", form(field("isi"))),
        end(),
        line("s", "a", "e"),
        lanes={"Bidang": ["s", "a", "e"]},
    )
    new = process(
        start(),
        user("a", form(field("nomor", required=True))),
        end(),
        line("s", "a", "e"),
        lanes={"Kadis": ["s", "a", "e"]},
    )
    instance = office.start(office.deploy(old))
    plan = plan_to(office, instance, new)

    found = office.engine.migrations.validate(plan, actor=ANALYST)
    assert [fault.reason for fault in found if fault.source == "a"] == [
        MigrationReason.LANE_CHANGED,
        MigrationReason.FIELDS_REMOVED,
        MigrationReason.FIELDS_REQUIRED,
    ]
    assert not any(fault.refuses for fault in found)


def test_what_is_sealed_stays_personal_in_the_new_version(office: Office) -> None:
    def asking(is_personal: str) -> str:
        told = f'<camunda:property id="pribadi" value="{is_personal}"/></camunda:properties>'
        fields = form(field("alamat")).replace(
            "</camunda:formField>", f"<camunda:properties>{told}</camunda:formField>"
        )
        return process(start(), user("a", fields), user("b"), end(), line("s", "a", "b", "e"))

    instance = office.start(office.deploy(asking("true")))
    plan = plan_to(office, instance, asking("false"))

    found = office.engine.migrations.validate(plan, actor=ANALYST)

    refusing = [fault for fault in found if fault.refuses]
    assert [(fault.reason, fault.found) for fault in refusing] == [
        (MigrationReason.PERSONAL_NO_MORE, "alamat")
    ]
    assert "alamat" in refusing[0].message


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
