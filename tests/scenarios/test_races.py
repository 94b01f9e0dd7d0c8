"""Many people at once: one wins, the others are told who did, and no instance is harmed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from engine.errors import Conflict, EngineError, NotFound, TaskNotOpen
from engine.model import Actor, Role
from engine.queries import DefinitionQuery, TopicSubscription
from tests.desk import ARRIVED, Desk
from tests.diagrams import end, line, parallel, process, start, user
from tests.office import ADMIN, ANALYST, AUDITOR, Office
from tests.scenarios.test_workers import reminded


def at_once(number: int, deed: Callable[[int], Any]) -> list[Any]:
    """What each of `number` threads got, or the engine's refusal."""
    results: list[Any] = [None] * number
    ready = threading.Barrier(number)

    def work(index: int) -> None:
        ready.wait()
        try:
            results[index] = deed(index)
        except EngineError as error:
            results[index] = error

    threads = [threading.Thread(target=work, args=(i,)) for i in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_fifty_people_complete_one_task(office_on_both: Office) -> None:
    office = office_on_both
    definition = office.deploy(
        process(start(), user("a"), user("b"), end(), line("s", "a", "b", "e"))
    )
    instance = office.start(definition)
    task = office.task(instance, "a").task_id

    results = at_once(50, lambda i: office.engine.tasks.complete(task, {"siapa": i}, actor=ADMIN))

    winners = [r for r in results if not isinstance(r, EngineError)]
    assert len(winners) == 1
    losers = [r for r in results if isinstance(r, EngineError)]
    assert all(isinstance(r, TaskNotOpen) and r.ended_by == "admin" for r in losers)
    assert office.kinds(instance, "task_completed") == [("task_completed", "a")]
    assert office.waiting_at(instance) == ["b"]
    office.assert_sound(instance)


def test_ten_people_complete_ten_tasks_of_one_instance(office_on_both: Office) -> None:
    office = office_on_both
    names = [f"t{i}" for i in range(10)]
    definition = office.deploy(
        process(
            start(),
            parallel("f"),
            *(user(name) for name in names),
            parallel("j"),
            end(),
            line("s", "f"),
            *(line("f", name, "j") for name in names),
            line("j", "e"),
        )
    )
    instance = office.start(definition)
    tasks = [office.task(instance, name).task_id for name in names]

    results = at_once(
        10, lambda i: office.engine.tasks.complete(tasks[i], {f"v{i}": i}, actor=ADMIN)
    )

    assert not [r for r in results if isinstance(r, EngineError)]
    assert office.state(instance) == "COMPLETED"
    assert office.variables(instance) == {f"v{i}": i for i in range(10)}
    office.assert_sound(instance)


def test_one_request_sent_by_ten_connections_is_done_once(office_on_both: Office) -> None:
    office = office_on_both
    definition = office.deploy(process(start(), user("a"), end(), line("s", "a", "e")))

    started = at_once(
        10,
        lambda _: (
            office.engine.instances.start(
                definition, {"n": 1}, actor=ADMIN, idempotency_key="sama"
            ).instance.instance_id
        ),
    )
    assert len(set(started)) == 1, started

    task = office.task(started[0], "a").task_id
    done = at_once(
        10,
        lambda _: (
            office.engine.tasks.complete(
                task, {"m": 2}, actor=ADMIN, idempotency_key="selesai"
            ).sequence
        ),
    )
    assert len(set(done)) == 1, done


def test_two_workers_fire_one_timer_once(office_on_both: Office) -> None:
    office = office_on_both
    (instance,) = reminded(office, 1)
    office.clock.advance(hours=2)

    fired = at_once(8, lambda _: office.engine.instances.fire_due(instance))

    assert sorted(fired) == [False] * 7 + [True]
    assert office.waiting_at(instance) == ["a", "c"]
    office.assert_sound(instance)


def test_a_claim_race_has_one_winner(office_on_both: Office) -> None:
    from tests.office import staff

    office = office_on_both
    definition = office.deploy(
        process(start(), user("a"), end(), line("s", "a", "e"), lanes={"Bidang": ["s", "a", "e"]})
    )
    instance = office.start(definition)
    task = office.task(instance, "a").task_id
    people = [staff("Bidang", f"bidang-{i}") for i in range(10)]

    results = at_once(10, lambda i: office.engine.tasks.claim(task, actor=people[i]))

    winners = [r for r in results if not isinstance(r, EngineError)]
    assert len(winners) == 1
    assert all(isinstance(r, Conflict) for r in results if isinstance(r, EngineError))
    assert office.task(instance, "a").assignee == winners[0].assignee
    office.assert_sound(instance)


# ----------------------------------------------------------------------- programs

ROBOT = Actor("robot", frozenset({Role.WORKER}))


def test_two_workers_fetch_one_external_task_once_and_finish_it_once(
    office_on_both: Office,
) -> None:
    office = office_on_both
    send = '<bpmn:serviceTask id="k" name="k" camunda:type="external" camunda:topic="surel"/>'
    definition = office.deploy(process(start(), send, user("z"), end(), line("s", "k", "z", "e")))
    instance = office.start(definition)
    tasks, topic = office.engine.external_tasks, TopicSubscription("surel", 60_000)

    fetched = at_once(8, lambda i: tasks.fetch_and_lock(f"w{i}", [topic], max_tasks=1, actor=ROBOT))
    [held] = [each for found in fetched for each in found]
    task_id, worker = held.task.external_task_id, str(held.task.worker_id)
    done = at_once(8, lambda _: tasks.complete(task_id, worker, {}, actor=ROBOT))

    refusals = [each for each in done if isinstance(each, EngineError)]
    assert len(refusals) == 7
    assert all(isinstance(each, NotFound) for each in refusals)
    assert office.kinds(instance, "service_completed") == [("service_completed", "k")]
    office.assert_sound(instance)


def test_workers_that_race_for_one_delivery_send_it_once(desk_on_both: Desk) -> None:
    desk = desk_on_both
    delivery = desk.one()

    taken = at_once(8, lambda _: desk.engine.deliveries.take(delivery.delivery_id))
    [mine] = [each for each in taken if each is not None]
    at_once(4, lambda _: desk.engine.deliveries.settle(*mine, ARRIVED))

    assert [each.is_delivered for each in desk.attempts(delivery)] == [True]


def test_one_file_that_is_deployed_by_six_at_once_is_one_version(office_on_both: Office) -> None:
    office = office_on_both
    diagram = process(start(), user("a"), end(), line("s", "a", "e")).encode()

    deployed = at_once(
        6, lambda _: office.engine.definitions.deploy("p", {"p.bpmn": diagram}, actor=ANALYST)
    )

    assert [each.is_new for each in deployed].count(True) == 1, deployed
    [only] = office.engine.definitions.definitions(DefinitionQuery(), actor=AUDITOR)
    assert {each.definitions[0].definition_id for each in deployed} == {only.definition_id}


def test_one_completes_what_another_moves(office_on_both: Office) -> None:
    """Whoever comes second finds what the first has left, and is told when nothing is to do."""
    office = office_on_both
    content = process(start(), user("a"), user("b"), end(), line("s", "a", "b", "e"))
    old = office.deploy(content)
    instance = office.start(old)
    task = office.task(instance, "a").task_id
    new = office.deploy(content + "<!-- revisi -->")
    migrations = office.engine.migrations
    plan = migrations.generate(old.definition_id, new.definition_id, actor=ANALYST)

    def move() -> Any:
        return migrations.migrate(
            instance, plan, reason="SOP direvisi", basis="SK 1/2026", actor=ANALYST
        )

    def deed(index: int) -> Any:
        return office.engine.tasks.complete(task, {}, actor=ADMIN) if index % 2 else move()

    results = at_once(6, deed)

    won = [each for each in results if not isinstance(each, EngineError)]
    assert 1 <= len(won) <= 2
    assert len(office.kinds(instance, "task_completed")) <= 1
    assert len(office.kinds(instance, "instance_migrated")) <= 1
    assert all(isinstance(each, Conflict) for each in results if isinstance(each, EngineError))
    if not office.kinds(instance, "task_completed"):
        office.complete(instance, "a")
    if not office.kinds(instance, "instance_migrated"):
        move()
    assert office.waiting_at(instance) == ["b"]
    assert office.task(instance, "b").definition_id == new.definition_id
    office.assert_sound(instance)


def test_one_request_to_move_that_comes_twice_at_once_is_answered_alike(
    office_on_both: Office,
) -> None:
    office = office_on_both
    content = process(start(), user("a"), end(), line("s", "a", "e"))
    old = office.deploy(content)
    instance = office.start(old)
    new = office.deploy(content + "<!-- revisi -->")
    migrations = office.engine.migrations
    plan = migrations.generate(old.definition_id, new.definition_id, actor=ANALYST)

    def move(_index: int) -> Any:
        return migrations.migrate(
            instance,
            plan,
            reason="SOP direvisi",
            basis="SK 1/2026",
            actor=ANALYST,
            idempotency_key="k",
        )

    moved = at_once(6, move)

    assert [each.definition_id for each in moved] == [new.definition_id] * 6
    assert len(office.kinds(instance, "instance_migrated")) == 1
