"""A row that cannot be read takes nobody else's work with it, and is named."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.due_timers import DueTimers
from engine.errors import DamagedRow
from engine.model import EventKind
from engine.process_engine import ProcessEngine, build_engine
from engine.queries import (
    ActivityQuery,
    DeliveryQuery,
    EventQuery,
    EventSubscriptionQuery,
    ExternalTaskQuery,
    InstanceQuery,
    OverviewQuery,
    TaskQuery,
    TopicSubscription,
)
from engine.settings import Settings
from engine.sources import RandomIds
from engine.store import Store
from tests.crashes import operations
from tests.crashes.operations import KADIS, ROBOT, Subject
from tests.crashes.sweep import CLOCK
from tests.diagrams import end, line, process, start, user
from tests.office import ADMIN, ANALYST, AUDITOR
from tests.soak.specimen import Specimen, specimen

BROKEN_JSON, LATE, NO_TEXT = "'{\"rusak'", "99999999999999999", "CAST(x'ff7b' AS TEXT)"
#: (table, column, value), and whether `verify` reads the row.
DAMAGES = [
    ("process_instance", "started_at", LATE, True),
    ("process_instance", "head_hash", NO_TEXT, True),
    ("process_instance", "state", "'RUSAK'", True),
    ("process_instance", "snapshot", "x'00ff'", True),
    ("user_task", "lane_path", BROKEN_JSON, True),
    ("user_task", "preceded_by", "'[1]'", True),
    ("user_task", "name", NO_TEXT, True),
    ("user_task", "state", "'rusak'", True),
    ("event_subscription", "created_at", LATE, True),
    ("external_task", "created_at", LATE, False),
    ("external_task", "activity_id", NO_TEXT, False),
    ("incident", "raised_at", LATE, False),
    ("announcement", "facts", BROKEN_JSON, False),
    ("delivery", "facts", BROKEN_JSON, False),
    ("delivery", "tries", "'banyak'", False),
]
_ON_BOTH = (0, 4, 8, 9, 11, 12, 13)
CASES = [("sqlite", *each) for each in DAMAGES] + [
    pytest.param("postgresql", *DAMAGES[number], marks=pytest.mark.postgresql)
    for number in _ON_BOTH
]


@dataclass(frozen=True)
class Work:
    """Instances of one office at the places where others wait for them."""

    person: Subject
    incident: Subject
    timer: Subject
    program: Subject
    message: Subject

    @property
    def instance_ids(self) -> list[str]:
        subjects = (self.person, self.incident, self.timer, self.program, self.message)
        return [each.instance_id for each in subjects]


def work_of(engine: ProcessEngine) -> Work:
    return Work(
        operations.started(engine),
        operations.failed(engine),
        operations.waiting_for_time(engine),
        operations.waiting_for_worker(engine),
        operations.waiting_for_message(engine),
    )


def damage(store: Store, table: str, change: str, instance_ids: list[str]) -> None:
    """Change the rows of these instances as no program would, whatever the tables allow."""
    with store._engine.begin() as connection:
        if store.dialect == "sqlite":
            connection.execute(text("PRAGMA ignore_check_constraints = ON"))
        for instance_id in instance_ids:
            statement = f"UPDATE {table} SET {change} WHERE instance_id = :instance"
            connection.execute(text(statement), {"instance": instance_id})


def go_on(engine: ProcessEngine, work: Work) -> None:
    """All that people, programs and workers do with this work succeeds."""
    engine.tasks.complete(work.person.task_id, operations.FORWARD, actor=KADIS)
    engine.instances.retry_incident(work.incident.other_id, actor=ADMIN)
    operations.send(engine, work.message)
    CLOCK.advance(hours=2)
    DueTimers(engine.instances, CLOCK).turn(lambda: False)
    topic = TopicSubscription("surel", 60_000)
    for fetched in engine.external_tasks.fetch_and_lock("w", [topic], max_tasks=50, actor=ROBOT):
        engine.external_tasks.complete(fetched.task.external_task_id, "w", {}, actor=ROBOT)
    engine.deliveries.expand()
    while due := engine.deliveries.due(100):
        for delivery_id, _ in due:
            taken = engine.deliveries.take(delivery_id)
            if taken is not None:
                engine.deliveries.settle(*taken, operations.ARRIVED)
    engine.measuring.turn(lambda: False)


def has_happened(engine: ProcessEngine, instance_id: str, kind: EventKind) -> bool:
    events = engine.history.events(instance_id, actor=AUDITOR)
    return any(each.kind is kind for each in events)


def look_at_all(engine: ProcessEngine) -> set[str]:
    """Every listing is given; the instances in those of tasks and instances."""
    everything = {"actor": AUDITOR}
    engine.history.find_events(EventQuery(), **everything)
    engine.history.activities(ActivityQuery(), **everything)
    engine.instances.incidents(**everything)
    engine.external_tasks.tasks(ExternalTaskQuery(), **everything)
    engine.messages.subscriptions(EventSubscriptionQuery(), **everything)
    engine.deliveries.deliveries(DeliveryQuery(), **everything)
    engine.overviews.overview(OverviewQuery(), **everything)
    tasks = engine.tasks.tasks(TaskQuery(), **everything)
    instances = engine.instances.instances(InstanceQuery(), **everything)
    return {each.instance_id for each in tasks} | {each.instance_id for each in instances}


@pytest.mark.parametrize(("dialect", "table", "column", "value", "is_verified"), CASES)
def test_damaged_row_is_named_and_the_others_go_on(
    store: Store, table: str, column: str, value: str, is_verified: bool
) -> None:
    engine = build_engine(store, CLOCK, RandomIds(), Settings(secret_key=("k" * 40,)))
    engine.definitions.deploy("k", {"k.bpmn": operations.DIAGRAM.encode()}, actor=ANALYST)
    operations.subscribe(engine)
    sick, sound = work_of(engine), work_of(engine)
    if table == "delivery":
        engine.deliveries.expand()

    damage(store, table, f"{column} = {value}", sick.instance_ids)
    seen = look_at_all(engine)
    go_on(engine, sound)

    assert set(sound.instance_ids) <= seen
    assert has_happened(engine, sound.timer.instance_id, EventKind.TIMERS_DUE)
    assert has_happened(engine, sound.program.instance_id, EventKind.SERVICE_COMPLETED)
    found = {each.instance_id: each for each in engine.history.verify_all(actor=AUDITOR)}
    assert all(found[each].is_sound for each in sound.instance_ids)
    if is_verified:
        faulty = {each for each in found if not found[each].is_sound}
        assert faulty
        assert faulty <= set(sick.instance_ids)
    if column != "snapshot":
        named = " ".join(store.quarantine.rows)
        assert f"a row of {table}" in named or is_verified
        [rows] = [each for each in engine.health.checks() if each.name == "rows"]
        assert rows.is_well == (not named)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Specimen:
    return specimen(tmp_path_factory.mktemp("specimen"))


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("process_instance", "instance_id"),
        ("user_task", "instance_id"),
        ("user_task", "task_id"),
        ("user_task", "name"),
        ("search_entry", "words"),
        ("task_time", "lane"),
        ("instance_time", "course_digest"),
    ],
)
def test_what_is_no_text_takes_no_other_instance_with_it(
    sound: Specimen, tmp_path: Path, table: str, column: str
) -> None:
    copy = sound.copied(tmp_path / "alur.db")
    with closing(sqlite3.connect(copy.file)) as db:
        [first] = db.execute(f"SELECT min(rowid) FROM {table}").fetchone()
        db.execute(f"UPDATE {table} SET {column} = {NO_TEXT} WHERE rowid = ?", (first,))
        db.commit()

    with copy.opened() as engine:
        seen = look_at_all(engine)
        found = list(engine.history.verify_all(actor=AUDITOR))
        engine.reindexing.rebuild(actor=ADMIN)
        after = list(engine.history.verify_all(actor=AUDITOR))

    assert len(seen) >= 6
    assert any(each.faults for each in found)
    assert sum(each.is_sound for each in found) >= 6
    if table not in ("process_instance", "user_task"):
        assert all(each.is_sound for each in after)


def test_diagram_that_lost_an_element_is_named_and_another_process_goes_on(store: Store) -> None:
    engine = build_engine(store, CLOCK, RandomIds(), Settings(secret_key=("k" * 40,)))
    engine.definitions.deploy("k", {"k.bpmn": operations.DIAGRAM.encode()}, actor=ANALYST)
    other = process(start(), user("a"), end(), line("s", "a", "e"), key="lain")
    deployed = engine.definitions.deploy("l", {"l.bpmn": other.encode()}, actor=ANALYST)
    sick, sound = operations.started(engine), deployed.definitions[0]
    changed = operations.DIAGRAM.replace('"isi"', '"isian"').replace(">isi<", ">isian<").encode()
    with store._engine.begin() as connection:
        change = text("UPDATE resource SET content = :content WHERE name = 'k.bpmn'")
        connection.execute(change, {"content": changed})
    again = build_engine(store, CLOCK, RandomIds(), Settings(secret_key=("k" * 40,)))

    with pytest.raises(DamagedRow, match="process kerja has no element 'isi'"):
        again.tasks.complete(sick.task_id, operations.FORWARD, actor=KADIS)
    begun = again.instances.start(sound, {}, actor=ADMIN)
    again.tasks.complete(begun.opened[0].task_id, {}, actor=ADMIN)

    assert {each.instance_id for each in again.tasks.tasks(TaskQuery(), actor=AUDITOR)} == {
        sick.instance_id
    }
    faulty = [each for each in again.history.verify_all(actor=AUDITOR) if not each.is_sound]
    assert [each.instance_id for each in faulty] == [sick.instance_id]
