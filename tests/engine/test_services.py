"""External tasks: fetched and held by one worker, done once, failed with retries and incidents."""

from __future__ import annotations

import pytest

from engine.errors import DeploymentRejected, Forbidden, InvalidInput, LockedByAnother, NotFound
from engine.model import Actor, EventKind, Role
from engine.queries import ExternalTaskQuery, TopicSubscription
from engine.services import FetchedTask
from tests.diagrams import boundary, each, end, line, process, properties, start, timer, user
from tests.office import ADMIN, ANALYST, AUDITOR, Office, staff
from tests.scenarios.test_races import at_once

WORKER = Actor("robot", frozenset({Role.WORKER}))
MAIL = TopicSubscription("kirim", 60_000)


def service(node: str = "k", inner: str = "", topic: str = "kirim", **attributes: str) -> str:
    more = "".join(f' camunda:{name}="{value}"' for name, value in attributes.items())
    return (
        f'<bpmn:serviceTask id="{node}" name="{node}" camunda:type="external" '
        f'camunda:topic="{topic}"{more}>{inner}</bpmn:serviceTask>'
    )


def a_case(office: Office, activity: str | None = None, *more: str, **variables: object) -> str:
    definition = office.deploy(
        process(start(), activity or service(), user("z"), end(), *more, line("s", "k", "z", "e"))
    )
    return office.start(definition, **variables)


def fetch(office: Office, worker: str = "w1", limit: int = 10) -> list[FetchedTask]:
    return office.engine.external_tasks.fetch_and_lock(
        worker, [MAIL], max_tasks=limit, actor=WORKER
    )


def test_a_worker_fetches_and_completes(office_on_both: Office) -> None:
    office = office_on_both
    instance = a_case(office, kepada="Kadis")
    [fetched] = fetch(office)

    assert (fetched.task.topic, fetched.task.worker_id) == ("kirim", "w1")
    assert fetched.variables == {"kepada": "Kadis"}
    assert fetch(office, "w2") == []
    office.engine.external_tasks.complete(
        fetched.task.external_task_id, "w1", {"terkirim": True}, actor=WORKER
    )

    assert office.waiting_at(instance) == ["z"]
    assert office.variables(instance) == {"kepada": "Kadis", "terkirim": True}
    assert fetch(office) == []
    with pytest.raises(NotFound):
        office.engine.external_tasks.complete(fetched.task.external_task_id, "w1", {}, actor=WORKER)
    office.assert_sound(instance)


def test_a_worker_that_slept_through_its_lock_is_refused(office: Office) -> None:
    instance = a_case(office)
    [first] = fetch(office, "w1")
    task_id = first.task.external_task_id
    office.clock.advance(seconds=61)
    [second] = fetch(office, "w2")
    assert second.task.external_task_id == task_id

    tasks = office.engine.external_tasks
    with pytest.raises(LockedByAnother, match="w2"):
        tasks.complete(task_id, "w1", {}, actor=WORKER)
    with pytest.raises(LockedByAnother):
        tasks.extend_lock(task_id, "w1", 1000, actor=WORKER)
    tasks.extend_lock(task_id, "w2", 600_000, actor=WORKER)
    office.clock.advance(seconds=120)
    tasks.complete(task_id, "w2", {}, actor=WORKER)

    assert office.waiting_at(instance) == ["z"]
    office.assert_sound(instance)


def test_failures_with_retries_wait_and_without_become_an_incident(office: Office) -> None:
    instance = a_case(office)
    tasks = office.engine.external_tasks
    [fetched] = fetch(office)
    task_id = fetched.task.external_task_id
    tasks.fail(task_id, "w1", actor=WORKER, message="jaringan", retries=1, retry_after_ms=5000)

    assert fetch(office) == []
    assert office.incidents(instance) == []
    office.clock.advance(seconds=6)
    [again] = fetch(office)
    assert again.task.retries == 1
    tasks.fail(task_id, "w1", actor=WORKER, message="jaringan putus", retries=0)

    assert fetch(office) == []
    assert office.incidents(instance) == ["jaringan putus"]
    tasks.set_retries(task_id, 2, actor=ADMIN)
    assert office.incidents(instance) == []
    [healed] = fetch(office)
    assert healed.task.retries == 2
    tasks.complete(task_id, "w1", {}, actor=WORKER)
    assert office.waiting_at(instance) == ["z"]
    assert office.kinds(instance, "service_failed") == [("service_failed", "k")] * 2
    office.assert_sound(instance)


def test_a_business_error_that_nobody_catches_is_an_incident(office: Office) -> None:
    instance = a_case(office)
    [fetched] = fetch(office)
    office.engine.external_tasks.bpmn_error(
        fetched.task.external_task_id, "w1", "ALAMAT", actor=WORKER, message="tidak ada"
    )

    [message] = office.incidents(instance)
    assert "ALAMAT" in message
    office.assert_sound(instance)


def test_locks_can_be_given_back(office: Office) -> None:
    a_case(office)
    tasks = office.engine.external_tasks
    [fetched] = fetch(office, "w1")
    tasks.unlock(fetched.task.external_task_id, actor=WORKER)
    tasks.lock(fetched.task.external_task_id, "w2", 1000, actor=WORKER)

    with pytest.raises(LockedByAnother):
        tasks.lock(fetched.task.external_task_id, "w1", 1000, actor=WORKER)
    assert tasks.count_tasks(ExternalTaskQuery(is_locked=True), actor=AUDITOR) == 1
    office.clock.advance(seconds=2)
    assert tasks.count_tasks(ExternalTaskQuery(is_locked=True), actor=AUDITOR) == 0


def test_many_workers_share_the_work_without_doing_any_twice(office_on_both: Office) -> None:
    office = office_on_both
    loop = properties(kumpulkan="semua") + each("${daftar}", element="nomor")
    instance = a_case(office, service(inner=loop), daftar=list(range(12)))

    def work(worker: int) -> list[int]:
        done = []
        while fetched := fetch(office, f"w{worker}", limit=2):
            for one in fetched:
                done.append(one.variables["nomor"])
                office.engine.external_tasks.complete(
                    one.task.external_task_id, f"w{worker}", {"oleh": worker}, actor=WORKER
                )
        return done

    results = at_once(4, work)

    assert sorted(number for done in results for number in done) == list(range(12))
    rows = office.variables(instance)["semua"]
    assert [row["nomor"] for row in rows] == list(range(12))
    assert office.waiting_at(instance) == ["z"]
    office.assert_sound(instance)


def test_a_timer_on_the_task_takes_it_from_the_worker(office: Office) -> None:
    instance = a_case(office, service() + boundary("b", "k", timer()), end("e2"), line("b", "e2"))
    [fetched] = fetch(office)
    office.clock.advance(hours=2)
    office.engine.instances.fire_due(instance)

    with pytest.raises(NotFound):
        office.engine.external_tasks.complete(fetched.task.external_task_id, "w1", {}, actor=WORKER)
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_local_variables_feed_the_outputs_and_stay_local(office: Office) -> None:
    inner = (
        "<bpmn:extensionElements><camunda:inputOutput>"
        '<camunda:inputParameter name="alamat">${kepada}@kantor</camunda:inputParameter>'
        '<camunda:outputParameter name="nomor">${resi}</camunda:outputParameter>'
        "</camunda:inputOutput></bpmn:extensionElements>"
    )
    instance = a_case(office, service(inner=inner), kepada="kadis")
    [fetched] = fetch(office)
    assert fetched.variables["alamat"] == "kadis@kantor"
    office.engine.external_tasks.complete(
        fetched.task.external_task_id, "w1", {}, actor=WORKER, local_variables={"resi": "R-7"}
    )

    assert office.variables(instance) == {"kepada": "kadis", "nomor": "R-7"}
    office.assert_sound(instance)


def test_higher_priority_goes_first(office: Office) -> None:
    for priority in (10, 90, 50):
        a_case(office, service(taskPriority="${p}"), p=priority)
    fetched = office.engine.external_tasks.fetch_and_lock(
        "w1", [MAIL], max_tasks=3, actor=WORKER, by_priority=True
    )

    assert [one.task.priority for one in fetched] == [90, 50, 10]


def test_only_workers_work(office: Office) -> None:
    a_case(office)
    tasks = office.engine.external_tasks
    for actor in (staff("Kadis"), ANALYST, AUDITOR):
        with pytest.raises(Forbidden):
            tasks.fetch_and_lock("w1", [MAIL], max_tasks=1, actor=actor)
    with pytest.raises(InvalidInput):
        tasks.fetch_and_lock("", [MAIL], max_tasks=1, actor=WORKER)
    with pytest.raises(InvalidInput):
        tasks.fetch_and_lock("w", [TopicSubscription("kirim", 0)], max_tasks=1, actor=WORKER)


def test_the_snapshot_may_be_lost_between_failure_and_retry(office: Office) -> None:
    instance = a_case(office)
    [fetched] = fetch(office)
    task_id = fetched.task.external_task_id
    office.engine.external_tasks.fail(task_id, "w1", actor=WORKER, retries=0)
    office.erase_snapshot(instance)
    [incident] = office.engine.instances.incidents(actor=ADMIN, instance_id=instance)
    office.engine.instances.retry_incident(incident.incident_id, actor=ADMIN)
    office.erase_snapshot(instance)
    [again] = fetch(office)
    office.engine.external_tasks.complete(again.task.external_task_id, "w1", {}, actor=WORKER)

    assert office.waiting_at(instance) == ["z"]
    kinds = [e.kind for e in office.engine.history.events(instance, actor=AUDITOR)]
    assert kinds.count(EventKind.SERVICE_REQUESTED) == 2
    office.assert_sound(instance)


@pytest.mark.parametrize(
    "activity", ['<bpmn:serviceTask id="k" name="k"/>', service(topic=" "), service(topic="${a(}")]
)
def test_a_service_that_nobody_can_perform_is_refused(office: Office, activity: str) -> None:
    with pytest.raises(DeploymentRejected) as refused:
        a_case(office, activity)

    assert {f.element_id for f in refused.value.findings if f.severity != "warning"} == {"k"}


def test_retries_heal_the_incident_of_that_very_task(office: Office) -> None:
    loop = properties(kumpulkan="semua") + each("${daftar}", element="nomor")
    instance = a_case(office, service(inner=loop), daftar=[1, 2])
    tasks = office.engine.external_tasks
    by_number = {one.variables["nomor"]: one.task.external_task_id for one in fetch(office)}
    for number, task_id in by_number.items():
        tasks.fail(task_id, "w1", actor=WORKER, message=f"salah {number}", retries=0)
    with pytest.raises(InvalidInput):
        tasks.lock(by_number[1], "w1", 1000, actor=WORKER)

    tasks.set_retries(by_number[1], 2, actor=ADMIN)

    assert office.incidents(instance) == ["salah 2"]
    [healed] = fetch(office)
    assert healed.task.external_task_id == by_number[1]
    tasks.complete(by_number[1], "w1", {}, actor=WORKER)
    office.assert_sound(instance)


def test_the_oldest_or_most_urgent_of_all_topics_goes_first(office: Office) -> None:
    for topic, priority in (("kirim", 10), ("cetak", 90)):
        a_case(office, service(topic=topic, taskPriority=str(priority)))
        office.clock.advance(seconds=1)
    topics = [TopicSubscription("cetak", 1000), TopicSubscription("kirim", 1000)]

    def first(*, by_priority: bool) -> str:
        [one] = office.engine.external_tasks.fetch_and_lock(
            "w1", topics, max_tasks=1, actor=WORKER, by_priority=by_priority
        )
        office.engine.external_tasks.unlock(one.task.external_task_id, actor=WORKER)
        return one.task.topic

    assert first(by_priority=False) == "kirim"
    assert first(by_priority=True) == "cetak"


def test_a_long_stack_trace_is_shortened_not_refused(office: Office) -> None:
    a_case(office)
    [fetched] = fetch(office)
    tasks = office.engine.external_tasks
    tasks.fail(fetched.task.external_task_id, "w1", actor=WORKER, details="x" * 400_000, retries=1)

    kept = tasks.task(fetched.task.external_task_id, actor=AUDITOR).error_details
    assert kept is not None
    assert 1000 < len(kept) < 100_000


def thrown(kind: str, node: str, **attributes: str) -> str:
    more = "".join(f' camunda:{name}="{value}"' for name, value in attributes.items())
    definition = f'<bpmn:messageEventDefinition messageRef="m"{more}/>'
    return f'<bpmn:{kind} id="{node}">{definition}</bpmn:{kind}>'


def test_a_thrown_message_is_work_for_a_worker(office: Office) -> None:
    work = {"type": "external", "topic": "kirim"}
    diagram = process(
        start(),
        thrown("intermediateThrowEvent", "t", **work),
        user("z"),
        thrown("endEvent", "e", **work, taskPriority="${1 + 6}"),
        line("s", "t", "z", "e"),
        before='<bpmn:message id="m" name="surat keluar"/>',
    )
    instance = office.start(office.deploy(diagram), kepada="Kadis")
    [first] = fetch(office)
    assert (first.task.activity_id, first.variables) == ("t", {"kepada": "Kadis"})
    office.engine.external_tasks.complete(
        first.task.external_task_id, "w1", {"nomor": 1}, actor=WORKER
    )
    office.erase_snapshot(instance)
    office.complete(instance, "z")
    [second] = fetch(office)

    assert (second.task.activity_id, second.task.priority) == ("e", 7)
    assert office.state(instance) == "ACTIVE"
    office.engine.external_tasks.complete(second.task.external_task_id, "w1", {}, actor=WORKER)

    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_a_message_that_nobody_sends_is_refused(office: Office) -> None:
    for work in ({}, {"type": "external"}):
        with pytest.raises(DeploymentRejected, match="external"):
            office.deploy(
                process(
                    start(),
                    thrown("endEvent", "e", **work),
                    line("s", "e"),
                    before='<bpmn:message id="m" name="surat keluar"/>',
                )
            )
