"""People find, claim and complete tasks of their lanes, and of no others."""

from __future__ import annotations

import pytest

from engine.errors import (
    Forbidden,
    IdempotencyKeyReused,
    InstanceEnded,
    InvalidForm,
    InvalidInput,
    InvalidVariables,
    NotFound,
    TaskAlreadyClaimed,
    TaskNotOpen,
)
from engine.model import Actor, Role, TaskState
from engine.queries import ActivityQuery, EventQuery, TaskQuery
from tests.diagrams import end, field, form, line, process, start, user
from tests.office import ADMIN, ANALYST, AUDITOR, Office, staff

KADIS, BIDANG, OTHER_BIDANG = staff("Kadis"), staff("Bidang"), staff("Bidang", "bidang-2")


@pytest.fixture
def instance(office: Office) -> str:
    diagram = process(
        start(),
        user("a", form(field("nomor", required=True))),
        user("b"),
        end(),
        line("s", "a", "b", "e"),
        lanes={"Bidang": ["s", "a", "e"], "Kadis": ["b"]},
    )
    for actor in (BIDANG, OTHER_BIDANG, KADIS):
        office.engine.accounts.add(
            actor.account,
            display_name=actor.account,
            roles=actor.roles,
            lanes=actor.lanes,
            actor=ADMIN,
        )
    return office.start(office.deploy(diagram), BIDANG)


def test_a_person_sees_only_tasks_of_his_lanes(office: Office, instance: str) -> None:
    tasks = office.engine.tasks
    task = office.task(instance, "a")

    assert [t.task_id for t in tasks.tasks(TaskQuery(), actor=BIDANG)] == [task.task_id]
    assert tasks.tasks(TaskQuery(), actor=KADIS) == []
    assert tasks.count_tasks(TaskQuery(), actor=KADIS) == 0
    with pytest.raises(Forbidden):
        tasks.task(task.task_id, actor=KADIS)
    with pytest.raises(Forbidden):
        tasks.form(task.task_id, actor=KADIS)


@pytest.mark.parametrize("actor", [KADIS, AUDITOR, ANALYST, ADMIN])
def test_nobody_else_completes_or_claims_it(office: Office, instance: str, actor: Actor) -> None:
    task = office.task(instance, "a")

    with pytest.raises(Forbidden):
        office.engine.tasks.complete(task.task_id, {"nomor": "1"}, actor=actor)
    with pytest.raises(Forbidden):
        office.engine.tasks.claim(task.task_id, actor=actor)
    assert office.waiting_at(instance) == ["a"]


def test_a_claimed_task_is_in_one_hand(office: Office, instance: str) -> None:
    tasks, task = office.engine.tasks, office.task(instance, "a")

    assert tasks.claim(task.task_id, actor=BIDANG).assignee == "bidang"
    assert tasks.claim(task.task_id, actor=BIDANG).assignee == "bidang"
    with pytest.raises(TaskAlreadyClaimed, match="bidang"):
        tasks.claim(task.task_id, actor=OTHER_BIDANG)
    with pytest.raises(TaskAlreadyClaimed):
        tasks.complete(task.task_id, {"nomor": "1"}, actor=OTHER_BIDANG)
    with pytest.raises(Forbidden):
        tasks.unclaim(task.task_id, actor=OTHER_BIDANG)

    assert tasks.unclaim(task.task_id, actor=BIDANG).assignee is None
    assert tasks.claim(task.task_id, actor=OTHER_BIDANG).assignee == "bidang-2"
    assert office.kinds(instance, "task_claimed", "task_unclaimed") == [
        ("task_claimed", "a"),
        ("task_unclaimed", "a"),
        ("task_claimed", "a"),
    ]
    office.assert_sound(instance)


def test_a_claim_leaves_the_snapshot_alone(office: Office, instance: str) -> None:
    def snapshot() -> bytes | None:
        with office.store.reading() as tx:
            return tx.stored_instance(instance).snapshot

    before = snapshot()
    office.engine.tasks.claim(office.task(instance, "a").task_id, actor=BIDANG)

    assert before is not None
    assert snapshot() == before


def test_an_admin_assigns_only_to_people_who_can_do_it(office: Office, instance: str) -> None:
    tasks, task = office.engine.tasks, office.task(instance, "a")

    with pytest.raises(InvalidInput, match="kadis"):
        tasks.assign(task.task_id, "kadis", actor=ADMIN)
    with pytest.raises(InvalidInput, match="tidak-ada"):
        tasks.assign(task.task_id, "tidak-ada", actor=ADMIN)
    with pytest.raises(Forbidden):
        tasks.assign(task.task_id, "bidang-2", actor=BIDANG)
    with pytest.raises(Forbidden):
        tasks.colleagues(task.task_id, actor=BIDANG)

    assert tasks.assign(task.task_id, "bidang-2", actor=ADMIN).assignee == "bidang-2"
    assert tasks.assign(task.task_id, None, actor=ADMIN).assignee is None


def test_a_second_completion_says_who_was_faster_and_when(office: Office, instance: str) -> None:
    task = office.task(instance, "a")
    office.engine.tasks.complete(task.task_id, {"nomor": "1"}, actor=OTHER_BIDANG)

    with pytest.raises(TaskNotOpen) as refused:
        office.engine.tasks.complete(task.task_id, {"nomor": "2"}, actor=BIDANG)

    assert refused.value.ended_by == "bidang-2"
    assert refused.value.ended_at == office.clock.now()
    assert refused.value.state is TaskState.COMPLETED
    assert office.variables(instance) == {"nomor": "1"}
    office.assert_sound(instance)


def test_the_same_request_again_gets_the_first_answer(office: Office, instance: str) -> None:
    task = office.task(instance, "a")

    def complete(nomor: str, key: str | None = "kunci-1") -> tuple[int, bool]:
        done = office.engine.tasks.complete(
            task.task_id, {"nomor": nomor}, actor=BIDANG, idempotency_key=key
        )
        return done.sequence, done.is_repeat

    sequence, _ = complete("1")
    assert complete("1") == (sequence, True)
    with pytest.raises(IdempotencyKeyReused):
        complete("2")
    with pytest.raises(TaskNotOpen):
        complete("1", key="kunci-2")
    assert office.kinds(instance, "task_completed") == [("task_completed", "a")]


@pytest.mark.parametrize("key", ["k", "k" * 255])
def test_a_key_has_1_to_255_characters(office: Office, instance: str, key: str) -> None:
    task = office.task(instance, "a").task_id
    values = {"nomor": "1"}

    first = office.engine.tasks.complete(task, values, actor=BIDANG, idempotency_key=key)
    again = office.engine.tasks.complete(task, values, actor=BIDANG, idempotency_key=key)

    assert (again.sequence, again.is_repeat) == (first.sequence, True)


@pytest.mark.parametrize("key", ["", "k" * 256, "a\nb"])
def test_a_key_that_is_none_is_refused(office: Office, instance: str, key: str) -> None:
    task = office.task(instance, "a").task_id

    with pytest.raises(InvalidInput) as refused:
        office.engine.tasks.complete(task, {"nomor": "1"}, actor=BIDANG, idempotency_key=key)

    assert list(refused.value.fields) == ["Idempotency-Key"]
    assert office.waiting_at(instance) == ["a"]


def test_starting_twice_with_one_key_starts_once(office: Office) -> None:
    definition = office.deploy(process(start(), user("a"), end(), line("s", "a", "e")))
    ids = {
        office.engine.instances.start(
            definition, {"n": 1}, actor=ADMIN, idempotency_key="k"
        ).instance.instance_id
        for _ in range(3)
    }

    assert len(ids) == 1


def test_a_form_says_every_field_that_is_wrong(office: Office, instance: str) -> None:
    task = office.task(instance, "a")

    with pytest.raises(InvalidForm) as refused:
        office.engine.tasks.complete(task.task_id, {}, actor=BIDANG)

    assert set(refused.value.fields) == {"nomor"}
    assert office.waiting_at(instance) == ["a"]


def test_a_field_of_another_step_is_refused(office: Office) -> None:
    diagram = process(
        start(),
        user("a", form(field("nomor"))),
        user("b", form(field("keputusan"))),
        end(),
        line("s", "a", "b", "e"),
    )
    instance = office.start(office.deploy(diagram))

    with pytest.raises(InvalidForm) as refused:
        office.complete(instance, "a", keputusan="setujui")

    assert set(refused.value.fields) == {"keputusan"}


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), "\ud800", "a\0b", {"typename": "x"}, 2**60, (1, 2), {1: 2}],
)
def test_what_is_not_json_is_refused_at_every_entrance(office: Office, value: object) -> None:
    definition = office.deploy(process(start(), user("a"), end(), line("s", "a", "e")))
    with pytest.raises(InvalidVariables):
        office.start(definition, x=value)
    instance = office.start(definition)
    with pytest.raises(InvalidVariables):
        office.complete(instance, "a", x=[{"y": value}])
    with pytest.raises(InvalidVariables):
        office.engine.instances.change_variables(instance, {"x": value}, actor=ADMIN)

    assert office.variables(instance) == {}
    office.assert_sound(instance)


def test_a_task_without_lane_or_candidates_waits_for_starter_and_admins(office: Office) -> None:
    definition = office.deploy(process(start(), user("a"), end(), line("s", "a", "e")))
    instance = office.start(definition, ANALYST)
    task = office.task(instance, "a")

    with pytest.raises(Forbidden):
        office.engine.tasks.complete(task.task_id, {}, actor=BIDANG)
    assert office.engine.tasks.tasks(TaskQuery(), actor=ANALYST) == [task]
    office.engine.tasks.complete(task.task_id, {}, actor=ADMIN)


def test_a_cancelled_instance_keeps_its_reason_and_ends_its_tasks(
    office: Office, instance: str
) -> None:
    task = office.task(instance, "a")
    with pytest.raises(InvalidInput):
        office.engine.instances.cancel(instance, reason="  ", actor=BIDANG)
    with pytest.raises(Forbidden):
        office.engine.instances.cancel(instance, reason="salah", actor=KADIS)

    office.engine.instances.cancel(instance, reason="Berkas ganda", actor=BIDANG)

    assert office.state(instance) == "EXTERNALLY_TERMINATED"
    ended = office.engine.instances.instance(instance, actor=AUDITOR)
    assert ended.end_reason == "Berkas ganda"
    with pytest.raises(TaskNotOpen) as refused:
        office.engine.tasks.complete(task.task_id, {"nomor": "1"}, actor=BIDANG)
    assert refused.value.ended_by == "bidang"
    with pytest.raises(InstanceEnded):
        office.engine.instances.cancel(instance, reason="lagi", actor=BIDANG)
    office.assert_sound(instance)


def test_what_is_not_there_is_not_found(office: Office) -> None:
    with pytest.raises(NotFound):
        office.engine.tasks.task("00000000-0000-4000-8000-000000000000", actor=AUDITOR)
    with pytest.raises(NotFound):
        office.engine.instances.instance("tidak-ada", actor=AUDITOR)
    with pytest.raises(NotFound):
        office.engine.instances.retry_incident("tidak-ada", actor=ADMIN)


def test_auditors_start_nothing(office: Office) -> None:
    definition = office.deploy(process(start(), user("a"), end(), line("s", "a", "e")))

    with pytest.raises(Forbidden):
        office.start(definition, AUDITOR)
    with pytest.raises(Forbidden):
        office.engine.definitions.deploy("x", {"x.bpmn": b""}, actor=AUDITOR)


def test_an_outsider_sees_nothing_of_an_instance(office: Office, instance: str) -> None:
    stranger = Actor("tamu", frozenset({Role.STAFF}), frozenset({"Perencana"}))

    with pytest.raises(Forbidden):
        office.engine.instances.instance(instance, actor=stranger)
    with pytest.raises(Forbidden):
        office.engine.instances.variables(instance, actor=stranger)
    with pytest.raises(Forbidden):
        office.engine.history.events(instance, actor=stranger)


def test_whoever_started_an_instance_finds_it_in_every_listing(office: Office) -> None:
    diagram = process(
        start(), user("a"), end(), line("s", "a", "e"), lanes={"Kadis": ["s", "a", "e"]}
    )
    instance = office.start(office.deploy(diagram), ANALYST)
    history = office.engine.history

    for actor, found in ((ANALYST, True), (KADIS, True), (BIDANG, False)):
        assert bool(history.activities(ActivityQuery(instance_id=instance), actor=actor)) is found
        assert bool(history.find_events(EventQuery(instance_id=instance), actor=actor)) is found


def test_a_candidate_starter_sees_what_he_may_start(office: Office) -> None:
    diagram = process(
        start(), user("a"), end(), line("s", "a", "e"), lanes={"Kadis": ["s", "a", "e"]}
    ).replace('isExecutable="true"', 'isExecutable="true" camunda:candidateStarterUsers="bidang"')
    definition = office.deploy(diagram)
    definitions = office.engine.definitions

    assert definitions.definition(definition.definition_id, actor=BIDANG) == definition
    assert definitions.may_start(definition, actor=BIDANG)
    assert not definitions.may_start(definition, actor=KADIS)
    with pytest.raises(Forbidden):
        definitions.definition(definition.definition_id, actor=OTHER_BIDANG)
