"""What Alur costs beside completions: starting, waiting, checking diagrams, proving histories.

Memory and the time of processes are read from /proc, so this benchmark runs on Linux only.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from lxml import etree

from engine.bpmn.drawing.interchange import with_layout
from engine.canonical_json import canonical_json
from engine.history import chain_faults
from engine.model import HistoryEvent
from engine.process_engine import ProcessEngine
from engine.queries import EventQuery
from tests.benchmarks import workload
from tests.benchmarks.contestants.alur import AlurDoer, deployed, prepared
from tests.benchmarks.figures import percentile, table
from tests.benchmarks.seeding import Population
from tests.benchmarks.serving import ROOT, address_of, running
from tests.benchmarks.shapes import NODES, shapes

#: What every server of this kind loads, whatever it does with it.
_LIBRARIES = "import flask, lxml.etree, marshmallow, sqlalchemy, waitress, SpiffWorkflow.bpmn"

#: A worker that takes less of a core rests; for how many looks that is waited for.
_RESTING, _MOST_RESTS = 0.1, 120


def on_sqlite(rounds: int, instances: int, waiting: int, idle_s: float) -> str:
    with tempfile.TemporaryDirectory(prefix="alur-bench-") as name:
        folder = Path(name)
        parts = [
            _starting(f"sqlite:///{folder / 'empty.db'}", rounds),
            _diagrams(f"sqlite:///{folder / 'diagrams.db'}", rounds),
            _proving(f"sqlite:///{folder / 'proof.db'}", instances),
            _waiting(f"sqlite:///{folder / 'waiting.db'}", waiting, idle_s),
        ]
    return "\n".join(parts)


# -------------------------------------------------------------------- starting


def _starting(url: str, rounds: int) -> str:
    engine = prepared(url)
    deployed(engine)
    libraries, servers, sizes = [], [], []
    for _ in range(rounds):
        libraries.append(_timed(lambda: _python(_LIBRARIES)))
        begun = time.perf_counter()
        with running(url, "serve", "--port", "0") as server:
            address_of(server)
            servers.append(time.perf_counter() - begun)
            sizes.append(_resident_bytes(server.pid))
    floor = int(_python(f"{_LIBRARIES}; {_OWN_SIZE}"))
    rows: list[list[object]] = [
        ["floor: Python with the libraries alone", _p50_ms(libraries), floor / 2**20],
        ["alur serve, until it listens", _p50_ms(servers), percentile(sizes, 50) / 2**20],
    ]
    return table("Starting, and the memory of a process", ("", "p50 ms", "MiB"), rows)


_OWN_SIZE = (
    "print([int(l.split()[1]) * 1024 for l in open('/proc/self/status') if l[:6] == 'VmRSS:'][0])"
)


def _python(program: str) -> str:
    words = [sys.executable, "-c", program]
    return subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def _resident_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [found] = [line.split()[1] for line in lines if line.startswith("VmRSS:")]
    return int(found) * 1024


# -------------------------------------------------------------------- diagrams


def _diagrams(url: str, rounds: int) -> str:
    engine = prepared(url)
    numbers = count()
    rows: list[list[object]] = []
    for name, diagram in shapes().items():
        content = diagram.encode()

        def deploy(content: bytes = content) -> None:
            # Another name each time: the same diagram again would be the same deployment.
            other = content.replace(b'id="p"', b'id="proses%d"' % next(numbers))
            engine.definitions.deploy("sop", {"sop.bpmn": other}, actor=workload.ANALYST)

        def check(content: bytes = content) -> None:
            engine.definitions.check({"sop.bpmn": content})

        def parse(content: bytes = content) -> None:
            etree.fromstring(content)

        def draw(content: bytes = content) -> None:
            with_layout("sop.bpmn", content)

        taken = [[_timed(deed) for _ in range(rounds)] for deed in (parse, check, deploy, draw)]
        rows.append([name, *map(_p50_ms, taken)])
    heads = ("p50 ms", "floor: lxml parses it", "check", "check and deploy", "lay out")
    return table(f"Diagrams of {NODES} nodes", heads, rows)


# --------------------------------------------------------------------- proving


def _proving(url: str, instances: int) -> str:
    engine = prepared(url)
    deployed(engine)
    doer = AlurDoer(url)
    doer.complete(doer.start(instances))
    histories = _histories(engine)
    events = sum(map(len, histories.values()))
    verified = []

    def verify_all() -> None:
        verified.extend(engine.history.verify_all(actor=workload.ADMIN))

    hashing = _timed(lambda: _hash(histories))
    chain = _timed(lambda: [chain_faults(each, found) for each, found in histories.items()])
    whole = _timed(verify_all)
    steps = sum(result.inputs for result in verified)
    assert not any(result.faults for result in verified)
    rows: list[list[object]] = [
        ["floor: canonical JSON and SHA-256", round(events / hashing), None],
        ["chain, events in memory", round(events / chain), None],
        [
            "verify --all, with reading, re-execution and state",
            round(events / whole),
            round(steps / whole),
        ],
    ]
    title = f"Proving {instances:,} instances with {events:,} events, {steps:,} steps"
    return table(title, ("", "events per s", "steps per s"), rows)


def _histories(engine: ProcessEngine) -> dict[str, list[HistoryEvent]]:
    found: dict[str, list[HistoryEvent]] = {}
    for event in engine.history.find_events(EventQuery(), actor=workload.ADMIN):
        found.setdefault(event.instance_id, []).append(event)
    return {each: sorted(events, key=lambda one: one.sequence) for each, events in found.items()}


def _hash(histories: dict[str, list[HistoryEvent]]) -> None:
    for events in histories.values():
        for event in events:
            hashlib.sha256(canonical_json(dict(event.payload)))


# --------------------------------------------------------------------- waiting


def _waiting(url: str, waiting: int, idle_s: float) -> str:
    rows: list[list[object]] = []
    engine = prepared(url)
    population = Population(engine, url)
    for size in (population.size, waiting):
        population.grow(size)
        at_first, idle = _worked_s(url, idle_s)
        rows.append([f"{size:,} instances wait", at_first, idle / idle_s * 100])
    population.close()
    title = f"A worker: what has come in, and then nothing to do for {idle_s:.0f} s"
    return table(title, ("", "s of a core at first", "% of a core then"), rows)


def _worked_s(url: str, idle_s: float) -> tuple[float, float]:
    """Seconds of a processor that a worker takes until it rests, and in that time after it.

    One that does not rest in ten minutes is measured all the same.
    """
    with running(url, "worker") as worker:
        pause = threading.Event()
        rest_s = min(5, idle_s)
        before = 0.0
        for _ in range(_MOST_RESTS):
            # All its duties come up within that time.
            pause.wait(rest_s)
            so_far = _cpu_s(worker.pid)
            if so_far - before < _RESTING * rest_s:
                break
            before = so_far
        pause.wait(idle_s)
        return so_far, _cpu_s(worker.pid) - so_far


def _cpu_s(pid: int) -> float:
    """proc(5), /proc/pid/stat: fields 14 and 15."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _timed(deed: Callable[[], object]) -> float:
    begun = time.perf_counter()
    deed()
    return time.perf_counter() - begun


def _p50_ms(seconds: list[float]) -> float:
    return percentile(seconds, 50) * 1e3
