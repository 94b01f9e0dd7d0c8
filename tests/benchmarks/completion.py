"""One completion: Alur beside its floor and its peers, alternating, in one run."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks.contestants import Contestant
from tests.benchmarks.contestants.alur import alur
from tests.benchmarks.contestants.crowd import Crowd
from tests.benchmarks.contestants.floor import floor
from tests.benchmarks.contestants.naive_spiff import naive_spiff
from tests.benchmarks.contestants.programs import JvmEngine, NodeEngine, Unavailable
from tests.benchmarks.figures import Series, table
from tests.databases import PostgresqlServer

_HEAD = ("", "p50 ms", "p99 ms", "per second", "SQL", "bytes each", "× floor p50")


def on_sqlite(rounds: int, instances: int) -> str:
    """SQLite in WAL mode with synchronous=FULL: one client, as an office of one VM has it."""
    with tempfile.TemporaryDirectory(prefix="alur-bench-") as name, ExitStack() as open_ones:
        folder = Path(name)

        def url(label: str) -> str:
            return f"sqlite:///{folder / label}.db"

        found, missing = _present(
            open_ones,
            [
                lambda: floor(url("floor")),
                lambda: alur(url("alur")),
                lambda: alur(url("alur-login"), with_login=True),
                lambda: naive_spiff(url("naive")),
                lambda: NodeEngine(folder),
            ],
        )
        rows = _race(found, rounds=rounds, instances=instances, clients=1)
    title = "One completion of a 10-step SOP on SQLite (WAL, synchronous=FULL), 1 client"
    return table(title, _HEAD, rows) + missing


def on_postgresql(
    server: PostgresqlServer, rounds: int, instances: int, *, clients: Sequence[int], cores: int
) -> str:
    """PostgreSQL with its defaults (fsync and synchronous_commit on), 1 and more clients.

    Python's contestants have a process for each core, as `alur serve` of several processes has;
    the JVM uses all cores in one.
    """
    with tempfile.TemporaryDirectory(prefix="alur-bench-") as name, ExitStack() as open_ones:
        folder = Path(name)
        databases = _databases(server, open_ones)
        found, missing = _present(
            open_ones,
            [
                lambda: floor(next(databases), processes=cores),
                lambda: alur(next(databases), processes=cores),
                lambda: alur(next(databases), with_login=True, processes=cores),
                lambda: naive_spiff(next(databases), processes=cores),
                lambda: JvmEngine("Operaton", next(databases), folder),
                lambda: JvmEngine("Flowable", next(databases), folder),
            ],
        )
        tables = []
        for count in clients:
            rows = _race(found, rounds=rounds, instances=max(instances, count), clients=count)
            title = f"One completion of a 10-step SOP on PostgreSQL, {count} clients, {cores} cores"
            tables.append(table(title, _HEAD, rows))
    return "\n".join(tables) + missing


def _race(
    contestants: Sequence[Contestant], *, rounds: int, instances: int, clients: int
) -> list[list[object]]:
    """A row for each, the floor first.

    They take turns, so that whatever else the machine does meets all alike.
    """
    taken = {each.name: Series() for each in contestants}
    sizes: dict[str, list[float]] = {each.name: [] for each in contestants}
    for number in range(rounds + 1):
        for each in contestants:
            before = each.bytes_used()
            series = each.round(instances=instances, clients=clients)
            # The first round warms caches and compilers.
            if number:
                taken[each.name].add(series)
                if before is not None:
                    grown = (each.bytes_used() or 0) - before
                    sizes[each.name].append(grown / len(series.seconds))
    lowest = taken[contestants[0].name].p50_ms
    return [_row(each, taken[each.name], sizes[each.name], lowest) for each in contestants]


def _row(
    contestant: Contestant, taken: Series, sizes: Sequence[float], lowest: float
) -> list[object]:
    counted = contestant.statements() if isinstance(contestant, Crowd) else []
    return [
        contestant.name,
        taken.p50_ms,
        taken.p99_ms,
        round(taken.per_second),
        statistics.mode(counted) if counted else None,
        round(statistics.mean(sizes)) if sizes else None,
        taken.p50_ms / lowest,
    ]


def _present(
    open_ones: ExitStack, openers: Sequence[Callable[[], Contestant]]
) -> tuple[list[Contestant], str]:
    """Who could be opened, and a line for each who could not."""
    found: list[Contestant] = []
    missing = ""
    for opener in openers:
        try:
            contestant = opener()
        except Unavailable as error:
            missing += f"\n(left out: {error})"
            continue
        open_ones.callback(contestant.close)
        found.append(contestant)
    return found, missing


def _databases(server: PostgresqlServer, open_ones: ExitStack) -> Iterator[str]:
    """Empty databases, dropped in the end."""
    while True:
        url = server.create(template="template0")
        open_ones.callback(server.drop, url)
        yield url
