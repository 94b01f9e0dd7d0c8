"""What many instances cost: the same work in a database that grows."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.model import Actor, InstanceState
from engine.process_engine import ProcessEngine
from engine.queries import InstanceQuery, Page, SortOrder, TaskQuery
from engine.sources import SystemClock
from tests.benchmarks import workload
from tests.benchmarks.contestants.alur import AlurDoer, prepared
from tests.benchmarks.figures import percentile, table
from tests.benchmarks.seeding import Population
from tests.benchmarks.sizes import database_bytes
from tests.databases import PostgresqlServer

Sorting = tuple[tuple[str, SortOrder], ...]

_SOONEST = (("due_at", SortOrder.ASC), ("created_at", SortOrder.ASC))
_PAGE = Page(0, 20, _SOONEST)
_LATEST = Page(0, 20, (("started_at", SortOrder.DESC),))
_BY_PRIORITY = (("priority", SortOrder.DESC), *_SOONEST)
_OLDEST = (("created_at", SortOrder.ASC),)
_LANE = workload.LANES[1]
_READER = workload.person(_LANE)


def on_sqlite(sizes: Sequence[int], rounds: int) -> str:
    with tempfile.TemporaryDirectory(prefix="alur-bench-") as name:
        return _measured("SQLite", f"sqlite:///{Path(name) / 'many.db'}", sizes, rounds)


def on_postgresql(server: PostgresqlServer, sizes: Sequence[int], rounds: int) -> str:
    url = server.create(template="template0")
    try:
        return _measured("PostgreSQL", url, sizes, rounds)
    finally:
        server.drop(url)


def _measured(database: str, url: str, sizes: Sequence[int], rounds: int) -> str:
    engine = prepared(url)
    population = Population(engine, url)
    columns: list[dict[str, float]] = []
    for size in sizes:
        begun = time.perf_counter()
        population.grow(size)
        filled = {"seconds to fill": time.perf_counter() - begun}
        columns.append(filled | _figures(engine, url, rounds, size))
    population.close()
    rows: list[list[object]] = [
        [name, *(column[name] for column in columns), columns[-1][name] / columns[0][name]]
        for name in columns[0]
    ]
    head = ("", *(f"{size:,}" for size in sizes), "× first")
    title = f"Work in a database of so many instances, each with one open task, on {database}"
    return table(title, head, rows)


def _figures(engine: ProcessEngine, url: str, rounds: int, size: int) -> dict[str, float]:
    """Milliseconds by what is done, the median of `rounds` turns."""
    doer = AlurDoer(url)
    doer.complete(doer.start(1))
    completions = doer.complete(doer.start(rounds))
    tasks, instances = engine.tasks, engine.instances
    inbox = TaskQuery(candidate_groups=(_LANE,))
    one, rare = str(size - 2), f"nomor{size - 2}"

    def of_inbox(sorting: Sorting = _SOONEST, **filters: Any) -> Callable[[], object]:
        query, page = replace(inbox, **filters), Page(0, 20, sorting)
        return lambda: tasks.tasks(query, page, actor=_READER)

    def of_all(**filters: Any) -> Callable[[], object]:
        query = InstanceQuery(**filters)
        return lambda: instances.instances(query, _LATEST, actor=workload.ADMIN)

    def searched(words: str, actor: Actor = workload.ADMIN) -> Callable[[], object]:
        return lambda: engine.search.find(words, actor=actor)

    asked: dict[str, Callable[[], object]] = {
        "inbox, first page of 20": lambda: tasks.tasks(inbox, _PAGE, actor=_READER),
        "inbox, page 10": lambda: tasks.tasks(inbox, Page(180, 20, _SOONEST), actor=_READER),
        "inbox by priority": of_inbox(_BY_PRIORITY),
        "inbox, the oldest first": of_inbox(_OLDEST),
        "inbox by name of the step": of_inbox(name_contains="langkah_2"),
        "inbox by a key": of_inbox(key_words=(one,)),
        "inbox by a word of all keys": of_inbox(key_words=("uji",)),
        "inbox by SOP": of_inbox(definition_key=workload.KEY),
        "inbox, in hand": of_inbox(is_assigned=True, include_assigned=True),
        "inbox, put off": of_inbox(follow_up_after=SystemClock().now()),
        "inbox of an admin": lambda: tasks.tasks(TaskQuery(), _PAGE, actor=workload.ADMIN),
        "inbox, number of tasks as pages count": lambda: engine.tasks.count_tasks(
            inbox, actor=_READER, at_most=1_001
        ),
        "inbox, exact number of tasks": lambda: engine.tasks.count_tasks(inbox, actor=_READER),
        "instances, first page of 20": of_all(),
        "instance by business key": of_all(business_key=f"uji-{size - 2}"),
        "instances by a word of their key": of_all(key_words=(one,)),
        "instances by SOP": of_all(definition_key=workload.KEY),
        "instances by state": of_all(states=frozenset({InstanceState.ACTIVE})),
        "instances by lane": of_all(open_lane=_LANE),
        "instances with an incident": of_all(has_incident=True),
        "instances, exact number": lambda: instances.count_instances(
            InstanceQuery(), actor=workload.ADMIN
        ),
        "search, a word of one instance": searched(rare),
        "search, a word of all": searched("contoh"),
        "search, a word of all, by staff": searched("contoh", _READER),
        "search, a step": searched("langkah_2"),
        "search, a step and a key": searched(f"langkah {one}"),
    }
    return {
        "completion p50 ms": percentile(completions, 50) * 1e3,
        "completion p99 ms": percentile(completions, 99) * 1e3,
        **{name: _median_ms(question, rounds) for name, question in asked.items()},
        "bytes of an instance": database_bytes(url) / size,
    }


def _median_ms(question: Callable[[], object], rounds: int) -> float:
    question()
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        question()
        taken.append(time.perf_counter() - begun)
    return percentile(taken, 50) * 1e3
