"""Every write operation of the engine, as the sweep tries it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from engine.correlation import Message
from engine.errors import InstanceEnded, NotFound
from engine.model import (
    Actor,
    DeliveryState,
    EventKind,
    Role,
    Sent,
    Superior,
    Upload,
    Variables,
)
from engine.process_engine import ProcessEngine
from engine.queries import (
    DefinitionQuery,
    DeliveryQuery,
    InstanceQuery,
    TaskQuery,
    TopicSubscription,
)
from engine.webhook_subscriptions import Wishes
from tests.crashes.sweep import CLOCK, Operation
from tests.diagrams import (
    end,
    exclusive,
    flow,
    line,
    named,
    process,
    receive,
    script,
    start,
    timer,
    user,
)
from tests.office import ADMIN, ANALYST, AUDITOR

KEY = "kerja"
#: One process in which every operation has its place.
DIAGRAM = process(
    start("mulai"),
    user("isi"),
    script("hitung", "jumlah = 6 / pembagi"),
    exclusive("baik"),
    f'<bpmn:intermediateCatchEvent id="besok">{timer("PT1H")}</bpmn:intermediateCatchEvent>',
    '<bpmn:serviceTask id="kirim" name="kirim" camunda:type="external" camunda:topic="surel"/>',
    receive("tunggu", "surat"),
    user("arsip"),
    end("selesai"),
    line("mulai", "isi", "hitung", "baik"),
    flow("baik", "isi", "putusan == 'kembalikan'"),
    flow("baik", "besok", "putusan == 'setujui'"),
    line("besok", "kirim", "tunggu", "arsip", "selesai"),
    key=KEY,
    before=named("message", surat="SURAT"),
    lanes={"Kadis": ["mulai", "isi", "arsip", "selesai"]},
)

ROBOT = Actor("robot", frozenset({Role.WORKER}))
KADIS = Actor("kadis", frozenset({Role.STAFF}), frozenset({"Kadis"}))
FORWARD: Variables = {"putusan": "setujui", "pembagi": 2}
ARRIVED = Sent(is_delivered=True, status=200, duration_ms=7)

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Subject:
    """What one try is about. `name`: business key of its instance, and part of every key."""

    name: str
    instance_id: str = ""
    task_id: str = ""
    #: Of whatever else it is about.
    other_id: str = ""


def new_subject() -> Subject:
    return Subject(f"uji-{next(_numbers)}")


def started(engine: ProcessEngine) -> Subject:
    """A new instance at its first task."""
    subject = new_subject()
    definition = engine.definitions.latest_definition(KEY, actor=ADMIN)
    done = engine.instances.start(definition, {}, business_key=subject.name, actor=ADMIN)
    return replace(subject, instance_id=done.instance.instance_id, task_id=done.opened[0].task_id)


def waiting_for_time(engine: ProcessEngine) -> Subject:
    return to_time(engine, started(engine))


def waiting_for_worker(engine: ProcessEngine) -> Subject:
    return to_worker(engine, started(engine))


def waiting_for_message(engine: ProcessEngine) -> Subject:
    return to_message(engine, started(engine))


def to_time(engine: ProcessEngine, subject: Subject) -> Subject:
    engine.tasks.complete(subject.task_id, FORWARD, actor=KADIS)
    return subject


def to_worker(engine: ProcessEngine, subject: Subject) -> Subject:
    to_time(engine, subject)
    CLOCK.advance(hours=2)
    engine.instances.fire_due(subject.instance_id)
    task = engine.external_tasks.fetch_and_lock(
        "robot", [_topic(subject)], max_tasks=1, actor=ROBOT
    )[0]
    return replace(subject, other_id=task.task.external_task_id)


def to_message(engine: ProcessEngine, subject: Subject) -> Subject:
    fetched = to_worker(engine, subject)
    engine.external_tasks.complete(fetched.other_id, "robot", {}, actor=ROBOT)
    return fetched


def failed(engine: ProcessEngine) -> Subject:
    """An instance with an incident whose cause is gone."""
    subject = started(engine)
    engine.tasks.complete(subject.task_id, {"putusan": "setujui", "pembagi": 0}, actor=KADIS)
    engine.instances.change_variables(subject.instance_id, {"pembagi": 2}, actor=ADMIN)
    [incident] = engine.instances.incidents(instance_id=subject.instance_id, actor=AUDITOR)
    return replace(subject, other_id=incident.incident_id)


def overdue(engine: ProcessEngine) -> Subject:
    """A task of Kadis that is to go up to Bupati."""
    subject, seen = started(engine), engine.superiors.current().revision
    engine.superiors.change({"Kadis": Superior("Bupati", "PT1H")}, seen=seen, actor=ADMIN)
    engine.task_changes.change(
        subject.task_id, {"due_at": CLOCK.now() + timedelta(hours=1)}, reason="rapat", actor=ADMIN
    )
    CLOCK.advance(days=9)
    return subject


def announced(engine: ProcessEngine) -> Subject:
    """A delivery that is due."""
    return _delivery_of(engine, started(engine))


def _delivery_of(engine: ProcessEngine, subject: Subject) -> Subject:
    engine.deliveries.expand()
    found = engine.deliveries.deliveries(DeliveryQuery(), actor=AUDITOR)
    mine = [each for each in found if each.instance_id == subject.instance_id]
    return replace(subject, other_id=mine[0].delivery_id)


def _topic(subject: Subject) -> TopicSubscription:
    return TopicSubscription("surel", 60_000, business_key=subject.name)


def subscribe(engine: ProcessEngine) -> None:
    """Somebody is told of everything, so that every step has an outbox to fill."""
    engine.webhook_subscriptions.add(
        Wishes("gerbang", "https://gerbang.dinas.test/"), actor=ANALYST
    )


def done_of(kind: EventKind) -> Callable[[ProcessEngine, Subject], int]:
    """How many events of the kind the instance has."""

    def count(engine: ProcessEngine, subject: Subject) -> int:
        events = engine.history.events(subject.instance_id, actor=AUDITOR)
        return sum(event.kind is kind for event in events)

    return count


def _unless_over(act: Callable[[ProcessEngine, Subject], object]) -> Any:
    """For deeds without a key: who tries again is told that it is over."""

    def tried(engine: ProcessEngine, subject: Subject) -> str:
        with suppress(InstanceEnded, NotFound):
            act(engine, subject)
        return "over"

    return tried


def _deploy(engine: ProcessEngine, subject: Subject) -> str:
    content = process(start(), user("a"), end(), line("s", "a", "e"), key=f"p{subject.name}")
    files = {"p.bpmn": content.replace("-", "").encode()}
    return engine.definitions.deploy("uji", files, actor=ANALYST).definitions[0].definition_id


def _deployed(engine: ProcessEngine, subject: Subject) -> int:
    query = DefinitionQuery(key=f"p{subject.name}".replace("-", ""))
    return len(engine.definitions.definitions(query, actor=AUDITOR))


def start_once(engine: ProcessEngine, subject: Subject) -> str:
    definition = engine.definitions.latest_definition(KEY, actor=ADMIN)
    done = engine.instances.start(
        definition,
        {"berkas": Upload("surat.txt", subject.name.encode(), "text/plain")},
        business_key=subject.name,
        idempotency_key=subject.name,
        actor=ADMIN,
    )
    return done.instance.instance_id


def _instances(engine: ProcessEngine, subject: Subject) -> int:
    return engine.instances.count_instances(InstanceQuery(business_key=subject.name), actor=AUDITOR)


def _complete(values: Variables) -> Callable[[ProcessEngine, Subject], object]:
    def act(engine: ProcessEngine, subject: Subject) -> object:
        done = engine.tasks.complete(
            subject.task_id, values, actor=KADIS, idempotency_key=subject.name
        )
        return done.sequence, done.variables

    return act


def _fire(engine: ProcessEngine, subject: Subject) -> str:
    """Two hours after the timer was set; it was set at a time of its own for each subject."""
    instance = engine.instances.instance(subject.instance_id, actor=AUDITOR)
    if instance.next_due_at is not None:
        CLOCK.advance(hours=2)
        engine.instances.fire_due(subject.instance_id)
    return "fired"


def _escalate(engine: ProcessEngine, subject: Subject) -> str:
    engine.escalations.escalate(subject.task_id)
    return "looked at"


def _is_claimed(engine: ProcessEngine, subject: Subject) -> int:
    [task] = engine.tasks.tasks(TaskQuery(instance_id=subject.instance_id), actor=AUDITOR)
    return int(task.assignee == KADIS.account)


def _fetch(engine: ProcessEngine, subject: Subject) -> str:
    engine.external_tasks.fetch_and_lock("robot-2", [_topic(subject)], max_tasks=1, actor=ROBOT)
    return "asked"


def _is_locked(engine: ProcessEngine, subject: Subject) -> int:
    return int(engine.external_tasks.task(subject.other_id, actor=ADMIN).worker_id == "robot-2")


def unlocked(engine: ProcessEngine) -> Subject:
    subject = waiting_for_worker(engine)
    engine.external_tasks.unlock(subject.other_id, actor=ROBOT)
    return subject


def send(engine: ProcessEngine, subject: Subject) -> object:
    letter = Message("SURAT", business_key=subject.name, variables={"nomor": "1/2026"})
    done = engine.messages.correlate(letter, actor=ROBOT, idempotency_key=subject.name)
    return [each.instance.instance_id for each in done.results]


def _expand(engine: ProcessEngine, _: Subject) -> str:
    engine.deliveries.expand()
    return "empty"


def _deliveries(engine: ProcessEngine, subject: Subject) -> int:
    found = engine.deliveries.deliveries(DeliveryQuery(), actor=AUDITOR)
    return len({each.kind for each in found if each.instance_id == subject.instance_id}) and 1


def deliver(engine: ProcessEngine, delivery_id: str, sent: Sent) -> str:
    """As a worker does: a lease that a dead one holds is over after a while."""
    taken = engine.deliveries.take(delivery_id)
    if taken is None:
        CLOCK.advance(hours=1)
        taken = engine.deliveries.take(delivery_id)
    if taken is not None:
        engine.deliveries.settle(*taken, sent)
    return "delivered"


def _is_delivered(engine: ProcessEngine, subject: Subject) -> int:
    query = DeliveryQuery(delivery_id=subject.other_id)
    [found] = engine.deliveries.deliveries(query, actor=AUDITOR)
    return int(found.state is DeliveryState.DELIVERED)


OPERATIONS = (
    Operation("deploy", lambda _: new_subject(), _deploy, _deployed),
    Operation("start", lambda _: new_subject(), start_once, _instances),
    Operation(
        "claim",
        started,
        lambda engine, subject: engine.tasks.claim(subject.task_id, actor=KADIS).assignee,
        _is_claimed,
    ),
    Operation("complete", started, _complete(FORWARD), done_of(EventKind.TASK_COMPLETED)),
    Operation(
        "return",
        started,
        _complete({**FORWARD, "putusan": "kembalikan"}),
        done_of(EventKind.TASK_COMPLETED),
    ),
    Operation(
        "incident",
        started,
        _complete({**FORWARD, "pembagi": 0}),
        done_of(EventKind.INCIDENT_RAISED),
    ),
    Operation(
        "retry",
        failed,
        _unless_over(lambda e, s: e.instances.retry_incident(s.other_id, actor=ADMIN)),
        done_of(EventKind.INCIDENT_RETRIED),
    ),
    Operation("timer", waiting_for_time, _fire, done_of(EventKind.TIMERS_DUE)),
    Operation("escalation", overdue, _escalate, done_of(EventKind.TASK_ESCALATED)),
    Operation("fetch and lock", unlocked, _fetch, _is_locked),
    Operation(
        "external task",
        waiting_for_worker,
        _unless_over(lambda e, s: e.external_tasks.complete(s.other_id, "robot", {}, actor=ROBOT)),
        done_of(EventKind.SERVICE_COMPLETED),
    ),
    Operation("message", waiting_for_message, send, done_of(EventKind.MESSAGE_RECEIVED)),
    Operation("outbox", started, _expand, _deliveries),
    Operation(
        "delivery",
        announced,
        lambda engine, subject: deliver(engine, subject.other_id, ARRIVED),
        _is_delivered,
        has_lease=True,
    ),
    Operation(
        "cancel",
        started,
        _unless_over(
            lambda e, s: e.instances.cancel(s.instance_id, reason="Salah berkas", actor=ADMIN)
        ),
        done_of(EventKind.INSTANCE_CANCELLED),
    ),
)
