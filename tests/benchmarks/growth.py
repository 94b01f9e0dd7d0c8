"""What a long life costs: an instance that goes round and round, and one of many steps."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, select

from engine.process_engine import ProcessEngine
from engine.store.connection import open_engine
from engine.store.tables import history_event, process_instance
from tests.benchmarks import workload
from tests.benchmarks.contestants.alur import deployed, prepared
from tests.benchmarks.figures import percentile, table
from tests.benchmarks.sizes import database_bytes
from tests.diagrams import end, exclusive, field, flow, form, line, parallel, process, start, user

#: Completions in one round of the loop.
_A_ROUND = 4
_SAMPLE = 100


def rework() -> str:
    """A step, two at the same time that join, and a decision that gives it all back."""
    steps = ("susun", "isi_a", "isi_b", "periksa")
    lanes = {lane: [step] for lane, step in zip(workload.LANES, steps, strict=True)}
    lanes[workload.LANES[0]] += ["s", "pisah", "gabung", "layak", "e"]
    tasks = [user(step, form(field(f"{step}_isian"))) for step in steps[:3]]
    return process(
        start(), *tasks, user("periksa", form(field("layak_terbit", "boolean"))),
        parallel("pisah"), parallel("gabung"), exclusive("layak"), end(),
        line("s", "susun", "pisah"), flow("pisah", "isi_a"), flow("pisah", "isi_b"),
        flow("isi_a", "gabung"), flow("isi_b", "gabung"), line("gabung", "periksa", "layak"),
        flow("layak", "e", "${layak_terbit}"), flow("layak", "susun", "${!layak_terbit}"),
        key="sop_berulang", lanes=lanes,
    )  # fmt: skip


def on_sqlite(completions: int) -> str:
    with tempfile.TemporaryDirectory(prefix="alur-bench-") as name:
        loop = _loop(f"sqlite:///{Path(name) / 'loop.db'}", completions)
        long = _long(f"sqlite:///{Path(name) / 'long.db'}")
    return f"{loop}\n{long}"


def _loop(url: str, completions: int) -> str:
    engine = prepared(url)
    going_round = _rounds(engine)
    places = sorted({_SAMPLE, completions // 10, completions // 2, completions})
    rows: list[list[object]] = []
    taken: list[float] = []
    for done in range(1, completions + 1):
        taken.append(next(going_round))
        if done in places:
            window = taken[-_SAMPLE:]
            rows.append([f"completion {done:,}", *_window(window), *_kept(url, done)])
    first, last = rows[0][1], rows[-1][1]
    assert isinstance(first, float)
    assert isinstance(last, float)
    head = ("", "p50 ms", "p99 ms", "snapshot bytes", "events", "database bytes each")
    title = f"A rework loop with a join, {completions:,} completions in one instance, on SQLite"
    return table(title, head, rows) + f"\nlast p50 / first p50: {last / first:.2f}"


def _rounds(engine: ProcessEngine) -> Iterator[float]:
    """The seconds of each completion of one instance, without an end."""
    definition = deployed(engine, rework())
    opened = list(engine.instances.start(definition, {}, actor=workload.ADMIN).opened)
    while True:
        task = opened.pop(0)
        is_check = task.activity_id == "periksa"
        values = {"layak_terbit": False} if is_check else {f"{task.activity_id}_isian": "contoh"}
        actor = workload.person(str(task.lane))
        begun = time.perf_counter()
        done = engine.tasks.complete(task.task_id, values, actor=actor)
        yield time.perf_counter() - begun
        opened += done.opened


def _long(url: str) -> str:
    """One instance of 40 steps after the other."""
    engine = prepared(url)
    definition = deployed(engine, workload.sop(40))
    by_step: list[list[float]] = [[] for _ in range(40)]
    for _ in range(10):
        task_id = engine.instances.start(definition, {}, actor=workload.ADMIN).opened[0].task_id
        for number, taken in enumerate(by_step):
            values = workload.submission(f"langkah_{number + 1}")
            actor = workload.person(workload.lane_of(number))
            begun = time.perf_counter()
            done = engine.tasks.complete(task_id, values, actor=actor)
            taken.append(time.perf_counter() - begun)
            if done.opened:
                task_id = done.opened[0].task_id
    rows: list[list[object]] = [
        [
            f"steps {first + 1} to {first + 10}",
            *_window([t for s in by_step[first : first + 10] for t in s]),
        ]
        for first in range(0, 40, 10)
    ]
    return table("One straight SOP of 40 steps, on SQLite", ("", "p50 ms", "p99 ms"), rows)


def _window(seconds: list[float]) -> tuple[float, float]:
    return percentile(seconds, 50) * 1e3, percentile(seconds, 99) * 1e3


def _kept(url: str, done: int) -> tuple[int, int, int]:
    database = open_engine(url)
    with database.connect() as connection:
        size = connection.execute(select(func.length(process_instance.c.snapshot))).scalar_one()
        events = connection.execute(select(func.count()).select_from(history_event)).scalar_one()
    database.dispose()
    return int(size), int(events), database_bytes(url) // done
