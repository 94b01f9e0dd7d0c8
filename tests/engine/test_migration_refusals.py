"""What an instance may not be moved to another version for, each refusal with its reason."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import Forbidden, InvalidInput, MigrationRefused
from engine.model import MigrationReason
from tests.diagrams import (
    boundary,
    each,
    end,
    exclusive,
    field,
    flow,
    form,
    line,
    message,
    named,
    parallel,
    process,
    start,
    timer,
    user,
)
from tests.engine.moving import OLD, REASON, finish, plan_to, reasons
from tests.office import ANALYST, AUDITOR, Office, staff


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
