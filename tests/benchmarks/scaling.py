"""What more processes on one PostgreSQL bring, and what bounds them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks.contestants.alur import alur
from tests.benchmarks.contestants.crowd import Crowd
from tests.benchmarks.contestants.floor import floor
from tests.benchmarks.figures import Series, table
from tests.databases import PostgresqlServer

#: Enough for each process to have somebody waiting.
_CLIENTS = 16


def on_postgresql(
    server: PostgresqlServer, rounds: int, instances: int, processes: Sequence[int]
) -> str:
    """Completions per second by so many processes, all on this machine and beside its database."""
    with ExitStack() as open_ones:
        rows = [_measured(server, open_ones, rounds, instances, number) for number in processes]
    head = ("", "Alur per s", "p50 ms", "p99 ms", "floor per s", "Alur / floor", "busy cores")
    title = f"Completions by processes on one PostgreSQL, {_CLIENTS} clients"
    return table(title, head, rows)


def _measured(
    server: PostgresqlServer, open_ones: ExitStack, rounds: int, instances: int, processes: int
) -> list[object]:
    contestants: list[Crowd] = []
    for opener in (alur, floor):
        url = server.create(template="template0")
        open_ones.callback(server.drop, url)
        contestant: Crowd = opener(url, processes=processes)
        open_ones.callback(contestant.close)
        contestants.append(contestant)
    taken = [Series(), Series()]
    busy_s = 0.0
    for number in range(rounds + 1):
        for series, contestant in zip(taken, contestants, strict=True):
            before = _busy_s()
            found = contestant.round(instances=max(instances, _CLIENTS), clients=_CLIENTS)
            # The first round warms caches.
            if number:
                series.add(found)
                busy_s += _busy_s() - before if contestant is contestants[0] else 0
    own, lowest = taken
    return [
        f"{processes} processes",
        round(own.per_second),
        own.p50_ms,
        own.p99_ms,
        round(lowest.per_second),
        own.per_second / lowest.per_second,
        busy_s / own.elapsed_s,
    ]


def _busy_s() -> float:
    """Seconds that all processors of this machine have worked, those of the database too."""
    line = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0]
    user, nice, system = (int(each) for each in line.split()[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")
