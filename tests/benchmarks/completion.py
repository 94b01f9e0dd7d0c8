"""One completion: Alur beside its floor and its peers, alternating, in one run."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks.aims import Result, aims
from tests.benchmarks.contestants import Contestant
from tests.benchmarks.contestants.alur import Way, alur
from tests.benchmarks.contestants.floor import floor
from tests.benchmarks.contestants.naive_spiff import naive_spiff
from tests.benchmarks.contestants.programs import WARM_UP, JvmEngine, NodeEngine, Unavailable
from tests.benchmarks.figures import Series, table
from tests.benchmarks.sizes import settings_of
from tests.databases import PostgresqlServer

_HEAD = ("", "p50 ms", "p99 ms", "per second", "SQL", "bytes each", "Alur / it, p50", "per second")


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
                lambda: alur(url("alur-login"), way=Way.LOGIN),
                lambda: naive_spiff(url("naive")),
                lambda: NodeEngine(folder),
            ],
        )
        results = _race(found, rounds=rounds, instances=instances, clients=1)
    title = "One completion of a 10-step SOP on SQLite (WAL, synchronous=FULL), 1 client"
    return _told(title, results) + missing


def on_postgresql(
    server: PostgresqlServer,
    rounds: int,
    instances: int,
    *,
    clients: Sequence[int],
    cores: int,
    warm_up: int = WARM_UP,
) -> str:
    """PostgreSQL with its defaults (fsync and synchronous_commit on), 1 and more clients.

    Python's contestants have a process for each core, as `alur serve` of several processes has;
    the JVM uses all cores in one. warm_up: completions of each JVM before anything is measured.
    """
    with tempfile.TemporaryDirectory(prefix="alur-bench-") as name, ExitStack() as open_ones:
        folder = Path(name)
        databases = _databases(server, open_ones)
        found, missing = _present(
            open_ones,
            [
                lambda: floor(next(databases), processes=cores),
                lambda: alur(next(databases), processes=cores),
                lambda: alur(next(databases), way=Way.FOUND, processes=cores),
                lambda: alur(next(databases), way=Way.LOGIN, processes=cores),
                lambda: naive_spiff(next(databases), processes=cores),
                lambda: JvmEngine("Operaton", next(databases), folder, warm_up=warm_up),
                lambda: JvmEngine("Flowable", next(databases), folder, warm_up=warm_up),
            ],
        )
        tables = [f"\nPostgreSQL: {settings_of(server.url)}"]
        for count in clients:
            # Two for each client at least: how long the last one is alone must not count for much.
            started = max(instances, 2 * count)
            results = _race(found, rounds=rounds, instances=started, clients=count)
            title = f"One completion of a 10-step SOP on PostgreSQL, {count} clients, {cores} cores"
            tables.append(_told(title, results))
    return "\n".join(tables) + missing


def _race(
    contestants: Sequence[Contestant], *, rounds: int, instances: int, clients: int
) -> list[Result]:
    """They take turns, so that whatever else the machine does meets all alike."""
    taken = {each.name: Series() for each in contestants}
    grown = dict.fromkeys(taken, 0)
    for number in range(rounds + 1):
        for each in contestants:
            before = each.bytes_used()
            series = each.round(instances=instances, clients=clients)
            # The first round warms caches.
            if number:
                taken[each.name].add(series)
                grown[each.name] += (each.bytes_used() or 0) - (before or 0)
    return [
        Result(
            each.name,
            taken[each.name],
            each.statements(),
            round(grown[each.name] / len(taken[each.name].seconds)) or None,
        )
        for each in contestants
    ]


def _told(title: str, results: Sequence[Result]) -> str:
    [own] = [each for each in results if each.name == "Alur"]
    rows = [_row(each, own) for each in results]
    return "\n".join([table(title, _HEAD, rows), aims(results)])


def _row(result: Result, own: Result) -> list[object]:
    taken = result.series
    return [
        result.name,
        taken.p50_ms,
        taken.p99_ms,
        round(taken.per_second),
        statistics.mode(result.statements) if result.statements else None,
        result.bytes_each,
        own.series.p50_ms / taken.p50_ms,
        own.series.per_second / taken.per_second,
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
