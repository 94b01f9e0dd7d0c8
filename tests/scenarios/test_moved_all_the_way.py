"""Every kind of waiting, moved to another version before each single step: nothing else changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.messages import Message
from engine.model import Actor, EventKind, Role
from engine.queries import EventSubscriptionQuery, TopicSubscription
from tests.diagrams import (
    boundary,
    catch,
    each,
    end,
    event_gateway,
    exclusive,
    flow,
    inclusive,
    line,
    message,
    named,
    parallel,
    process,
    receive,
    start,
    subprocess,
    timer,
    user,
)
from tests.office import ADMIN, ANALYST, AUDITOR, Office

ROBOT = Actor("robot", frozenset({Role.WORKER}))
SERVICE = '<bpmn:serviceTask id="x" camunda:type="external" camunda:topic="surel"/>'
_MOVES = {EventKind.INSTANCE_MIGRATED, EventKind.ACTIVITY_MIGRATED}


def listening(*parts: str) -> str:
    """An event sub-process."""
    return f'<bpmn:subProcess id="q" triggeredByEvent="true">{"".join(parts)}</bpmn:subProcess>'


def starting_by_timer(node: str, *, interrupts: bool) -> str:
    return (
        f'<bpmn:startEvent id="{node}" isInterrupting="{str(interrupts).lower()}">{timer()}'
        "</bpmn:startEvent>"
    )


ZOO: dict[str, str] = {
    "tasks one after the other": process(
        start(), user("a"), user("b"), user("c"), end(), line("s", "a", "b", "c", "e")
    ),
    "branches that join": process(
        start(),
        parallel("f"),
        user("a"),
        user("b"),
        user("c"),
        parallel("j"),
        user("z"),
        end(),
        line("s", "f", "a", "j", "z", "e"),
        line("f", "b", "j"),
        line("f", "c", "j"),
    ),
    "branches of which some are taken": process(
        start(),
        inclusive("f"),
        user("a"),
        user("b"),
        user("c"),
        inclusive("j"),
        user("z"),
        end(),
        line("s", "f"),
        flow("f", "a", "${ya}"),
        flow("f", "b", "${ya}"),
        flow("f", "c", "${not ya}"),
        line("a", "j", "z", "e"),
        line("b", "j"),
        line("c", "j"),
    ),
    "branches that end apart": process(
        start(),
        parallel("f"),
        user("a"),
        user("b"),
        end("e1"),
        end("e2"),
        line("s", "f", "a", "e1"),
        line("f", "b", "e2"),
    ),
    "several at once": process(
        start(), user("a", each("daftar")), user("b"), end(), line("s", "a", "b", "e")
    ),
    "several in turn": process(
        start(),
        user("a", each("daftar", sequential=True)),
        user("b"),
        end(),
        line("s", "a", "b", "e"),
    ),
    "an event that interrupts": process(
        start(),
        user("a"),
        boundary("t", "a", message("m")),
        user("b"),
        end(),
        end("e2"),
        line("s", "a", "e"),
        line("t", "b", "e2"),
        before=named("message", m="surat"),
    ),
    "an event beside a step": process(
        start(),
        user("a"),
        boundary("t", "a", timer(), interrupts=False),
        user("b"),
        end(),
        end("e2"),
        line("s", "a", "e"),
        line("t", "b", "e2"),
    ),
    "a timer, a worker and a message": process(
        start(),
        catch("t", timer()),
        SERVICE,
        receive("r", "m"),
        user("z"),
        end(),
        line("s", "t", "x", "r", "z", "e"),
        before=named("message", m="surat"),
    ),
    "the first of several events": process(
        start(),
        event_gateway("g"),
        catch("m1", message("m")),
        catch("t1", timer()),
        user("a"),
        user("b"),
        end(),
        end("e2"),
        line("s", "g", "m1", "a", "e"),
        line("g", "t1", "b", "e2"),
        before=named("message", m="surat"),
    ),
    "a sub-process in a sub-process": process(
        start(),
        subprocess(
            "k",
            start("s1"),
            subprocess(
                "l", start("s2"), user("a"), user("b"), end("e2"), line("s2", "a", "b", "e2")
            ),
            end("e1"),
            line("s1", "l", "e1"),
        ),
        user("z"),
        end(),
        line("s", "k", "z", "e"),
    ),
    "an event sub-process that interrupts": process(
        start(),
        user("a"),
        end(),
        line("s", "a", "e"),
        listening(
            starting_by_timer("qs", interrupts=True), user("b"), end("qe"), line("qs", "b", "qe")
        ),
    ),
    "an event sub-process beside the rest": process(
        start(),
        user("a"),
        end(),
        line("s", "a", "e"),
        listening(
            starting_by_timer("qs", interrupts=False), user("b"), end("qe"), line("qs", "b", "qe")
        ),
    ),
    "a loop that comes round": process(
        start(),
        exclusive("m"),
        user("a"),
        exclusive("x"),
        end(),
        line("s", "m", "a", "x"),
        flow("x", "m", "${putaran &lt; 1}"),
        flow("x", "e", "${putaran &gt; 0}"),
    ),
}


def due(office: Office, instance: str) -> bool:
    office.clock.advance(hours=2)
    return office.engine.instances.fire_due(instance)


def done_by_worker(office: Office, _: str) -> bool:
    topic = TopicSubscription("surel", lock_duration_ms=60_000)
    tasks = office.engine.external_tasks
    locked = tasks.fetch_and_lock("robot", [topic], max_tasks=1, actor=ROBOT)
    for each_task in locked:
        tasks.complete(each_task.task.external_task_id, "robot", {}, actor=ROBOT)
    return bool(locked)


def heard(office: Office, instance: str) -> bool:
    query = EventSubscriptionQuery(instance_id=instance)
    if not office.engine.messages.subscriptions(query, actor=AUDITOR):
        return False
    office.engine.messages.correlate(Message("surat"), actor=ADMIN)
    return True


def completed(office: Office, instance: str) -> bool:
    waiting = office.waiting_at(instance)
    if waiting:
        round_ = len(office.kinds(instance, "task_completed"))
        office.complete(instance, waiting[0], putaran=round_)
    return bool(waiting)


#: What may happen, in the order in which it is tried: events before people, or people first.
ORDERS: dict[str, tuple[Callable[[Office, str], bool], ...]] = {
    "people first": (completed, done_by_worker, heard, due),
    "events first": (heard, due, done_by_worker, completed),
}


def went(office: Office, instance: str, order: str, before: Callable[[], None]) -> list[object]:
    """Take the instance to its end; what history says of that, moves aside."""
    for _ in range(12):
        if office.state(instance) != "ACTIVE":
            break
        before()
        assert any(deed(office, instance) for deed in ORDERS[order])
    events = office.engine.history.events(instance, actor=AUDITOR)
    told = [(str(e.kind), e.activity_id) for e in events if e.kind not in _MOVES]
    return [told, office.variables(instance), office.state(instance)]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", ZOO)
def test_moving_before_every_step_changes_nothing_else(
    office: Office, kind: str, order: str
) -> None:
    values = {"daftar": ["p", "q"], "ya": True, "putaran": 0}
    versions = [office.deploy(ZOO[kind]), office.deploy(ZOO[kind] + "<!-- revisi -->")]
    stayed = office.start(versions[0], **values)
    expected = went(office, stayed, order, lambda: None)
    moved = office.start(versions[0], **values)

    def move() -> None:
        old, new = (each.definition_id for each in versions)
        plan = office.engine.migrations.generate(old, new, actor=ANALYST)
        office.engine.migrations.migrate(
            moved, plan, reason="revisi", basis="SK 1/2026", actor=ANALYST
        )
        versions.reverse()

    assert went(office, moved, order, move) == expected
    assert expected[2] == "COMPLETED"
    office.assert_sound(moved)
