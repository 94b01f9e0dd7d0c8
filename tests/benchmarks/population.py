"""What many instances cost: the same work in a database that grows."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.process_engine import ProcessEngine
from engine.queries import InstanceQuery, Page, SortOrder, TaskQuery
from tests.benchmarks import workload
from tests.benchmarks.contestants.alur import AlurDoer, prepared
from tests.benchmarks.figures import percentile, table
from tests.benchmarks.seeding import Population
from tests.benchmarks.sizes import database_bytes
from tests.databases import PostgresqlServer

_SOONEST = (("due_at", SortOrder.ASC), ("created_at", SortOrder.ASC))
_PAGE = Page(0, 20, _SOONEST)
_LATEST = Page(0, 20, (("started_at", SortOrder.DESC),))
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
        population.grow(size)
        columns.append(_figures(engine, url, rounds, size))
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
    rare = f"nomor{size - 2}"
    asked: dict[str, Callable[[], object]] = {
        "inbox, first page of 20": lambda: tasks.tasks(inbox, _PAGE, actor=_READER),
        "inbox, page 10": lambda: tasks.tasks(inbox, Page(180, 20, _SOONEST), actor=_READER),
        "inbox, number of tasks as pages count": lambda: engine.tasks.count_tasks(
            inbox, actor=_READER, at_most=1_001
        ),
        "inbox, exact number of tasks": lambda: engine.tasks.count_tasks(inbox, actor=_READER),
        "instances, first page of 20": lambda: instances.instances(
            InstanceQuery(), _LATEST, actor=workload.ADMIN
        ),
        "instance by business key": lambda: instances.instances(
            InstanceQuery(business_key=f"uji-{size - 2}"), _LATEST, actor=workload.ADMIN
        ),
        "search, a word of one instance": lambda: engine.search.find(rare, actor=workload.ADMIN),
        "search, a word of all": lambda: engine.search.find("contoh", actor=workload.ADMIN),
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
