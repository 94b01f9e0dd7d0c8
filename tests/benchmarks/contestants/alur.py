"""Alur itself, at the level of its engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial

from sqlalchemy import event
from sqlalchemy.engine import Engine

from engine.model import ProcessDefinition, Role
from engine.process_engine import ProcessEngine, build_engine, open_engine
from engine.queries import Page, TaskQuery
from engine.settings import Settings
from engine.sources import RandomIds, SystemClock
from engine.store import Store
from tests.benchmarks import workload
from tests.benchmarks.contestants.crowd import Crowd

_INBOX = Page(max_results=20)

#: Lane -> secret of the access token of somebody who works in it.
Secrets = dict[str, str]


class Way(StrEnum):
    """How somebody comes to the task that he completes."""

    #: He knows it.
    KNOWN = "Alur"
    #: He asks for that of the instance which his lane is offered, as the JVM's engines are asked.
    FOUND = "Alur, task found by group"
    #: He proves who he is by an access token, and reads the first 20 rows of his inbox.
    LOGIN = "Alur, with login and inbox"


def alur(url: str, *, way: Way = Way.KNOWN, processes: int = 1) -> Crowd:
    """url: an empty database, which is migrated here."""
    engine = prepared(url)
    deployed(engine)
    secrets = peopled(engine) if way is Way.LOGIN else None
    return Crowd(way.value, url, partial(AlurDoer, url, way, secrets), processes)


class AlurDoer:
    """An engine, and people who work with it."""

    def __init__(self, url: str, way: Way = Way.KNOWN, secrets: Secrets | None = None) -> None:
        self._way = way
        self._engine = open_engine(Settings(database_url=url))
        self._secrets = secrets or {}
        self._definition = self._engine.definitions.latest_definition(
            workload.KEY, actor=workload.ANALYST
        )

    def start(self, instances: int) -> list[tuple[str, str]]:
        """The ids of instances and of their first tasks."""
        return [self._begin() for _ in range(instances)]

    def complete(self, begun: Sequence[tuple[str, str]]) -> list[float]:
        seconds: list[float] = []
        for instance_id, first in begun:
            task_id: str | None = first
            number = 0
            while task_id is not None:
                task_id, took = self._come(instance_id, task_id, number)
                seconds.append(took)
                number += 1
        return seconds

    def statements(self) -> list[int]:
        counts: list[int] = []
        instance_id, first = self._begin()
        task_id: str | None = first
        while task_id is not None:
            with StatementCounter() as counter:
                task_id, _ = self._come(instance_id, task_id, len(counts))
            counts.append(counter.count)
        return counts

    def _begin(self) -> tuple[str, str]:
        started = self._engine.instances.start(self._definition, {}, actor=workload.ADMIN)
        return started.instance.instance_id, started.opened[0].task_id

    def _come(self, instance_id: str, task_id: str, number: int) -> tuple[str | None, float]:
        """What one person does at the step: the next task's id, and the seconds it took."""
        lane = workload.lane_of(number)
        values = workload.submission(f"langkah_{number + 1}")
        begun = time.perf_counter()
        actor = workload.person(lane)
        if self._way is Way.LOGIN:
            actor = self._engine.access_tokens.authenticate(self._secrets[lane]).account.as_actor()
            self._engine.tasks.tasks(TaskQuery(candidate_groups=(lane,)), _INBOX, actor=actor)
        elif self._way is Way.FOUND:
            wanted = TaskQuery(instance_id=instance_id, candidate_groups=(lane,))
            [found] = self._engine.tasks.tasks(wanted, _INBOX, actor=actor)
            task_id = found.task_id
        done = self._engine.tasks.complete(task_id, values, actor=actor)
        took = time.perf_counter() - begun
        return (done.opened[0].task_id if done.opened else None), took


class StatementCounter:
    """Counts the SQL statements of the process while it is entered."""

    def __init__(self) -> None:
        self.count = 0
        self._listener: Callable[..., None] = self._add

    def __enter__(self) -> StatementCounter:
        event.listen(Engine, "before_cursor_execute", self._listener)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(Engine, "before_cursor_execute", self._listener)

    def _add(self, *_: object) -> None:
        self.count += 1


def prepared(url: str) -> ProcessEngine:
    """An engine on a new database at this URL."""
    store = Store.open(url)
    store.migrate()
    return build_engine(store, SystemClock(), RandomIds(), Settings(database_url=url))


def deployed(engine: ProcessEngine, diagram: str | None = None) -> ProcessDefinition:
    files = {"sop.bpmn": (diagram or workload.sop()).encode()}
    return engine.definitions.deploy("sop", files, actor=workload.ANALYST).definitions[0]


def peopled(engine: ProcessEngine) -> Secrets:
    """Somebody for each lane, with an access token."""
    for lane in workload.LANES:
        engine.accounts.add(
            lane.lower(), display_name=lane, roles=[Role.STAFF], lanes=[lane], actor=workload.ADMIN
        )
    return {
        lane: engine.access_tokens.create(lane.lower(), "bench", actor=workload.ADMIN)[1]
        for lane in workload.LANES
    }
