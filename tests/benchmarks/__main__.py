"""`python -m tests.benchmarks`: prints tables of figures beside those of peers and floors."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks import (
    chores,
    completion,
    growth,
    inbox,
    people,
    population,
    scaling,
    through_http,
)
from tests.benchmarks.contestants.programs import WARM_UP
from tests.databases import PostgresqlServer, open_server

_NAMES = (
    "sqlite",
    "postgresql",
    "http",
    "inbox",
    "people",
    "growth",
    "population",
    "chores",
    "scaling",
)


def main() -> int:
    """Run the benchmarks that were named, all of them when none was."""
    options = _options()
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    _say(f"Python {platform.python_version()}, {cores} cores, load {load:.1f} at the start")
    if load > 0.5:
        _say("Something else is at work on this machine: compare rows, not runs.")
    if "sqlite" in options.benchmarks:
        _say(completion.on_sqlite(options.rounds, options.instances))
    if "postgresql" in options.benchmarks:
        _say(
            _on_postgresql(
                lambda server: completion.on_postgresql(
                    server,
                    options.rounds,
                    options.instances,
                    clients=(1, 4, 16),
                    cores=cores,
                    warm_up=options.warm_up,
                )
            )
        )
    if "http" in options.benchmarks:
        _say(_through_http(options.rounds, options.instances, cores))
    if "inbox" in options.benchmarks:
        sizes = (1_000, options.tasks)
        _say(inbox.on_sqlite(options.rounds, sizes))
        _say(_on_postgresql(lambda server: inbox.on_postgresql(server, options.rounds, sizes)))
    if "people" in options.benchmarks:
        crowd = options.people, options.window
        _say(people.on_sqlite(*crowd))
        _say(_on_postgresql(lambda server: people.on_postgresql(server, *crowd, processes=cores)))
    if "growth" in options.benchmarks:
        _say(growth.on_sqlite(options.completions))
    if "population" in options.benchmarks:
        _population(options)
    if "chores" in options.benchmarks:
        _say(chores.on_sqlite(options.rounds, instances=500, waiting=100_000, idle_s=30))
    if "scaling" in options.benchmarks:
        rounds, instances = options.rounds, options.instances
        _say(
            _on_postgresql(
                lambda server: scaling.on_postgresql(server, rounds, instances, (1, 2, 4))
            )
        )
    return 0


def _population(options: argparse.Namespace) -> None:
    sizes, rounds, keep = options.population, options.rounds * 5, options.keep
    if "sqlite" in options.databases:
        _say(population.on_sqlite(sizes, rounds, keep=keep))
    if "postgresql" in options.databases:
        is_kept = keep is not None
        _say(
            _on_postgresql(
                lambda server: population.on_postgresql(server, sizes, rounds, is_kept=is_kept)
            )
        )


def _through_http(rounds: int, instances: int, cores: int) -> str:
    clients = (1, 4, 16)
    return through_http.on_sqlite(rounds, instances, clients=clients) + _on_postgresql(
        lambda server: through_http.on_postgresql(
            server, rounds, instances, clients=clients, processes=cores
        )
    )


def _on_postgresql(measured: Callable[[PostgresqlServer], str]) -> str:
    try:
        with open_server(is_durable=True) as server:
            return measured(server)
    except (pytest.skip.Exception, pytest.fail.Exception) as error:
        return f"\n(PostgreSQL left out: {error})"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("benchmarks", nargs="*", metavar="BENCHMARK", help=", ".join(_NAMES))
    parser.add_argument("--rounds", type=int, default=10, help="turns that each takes (10)")
    parser.add_argument(
        "--instances", type=int, default=8, help="instances of 10 completions in a turn (8)"
    )
    parser.add_argument(
        "--warm-up",
        type=int,
        default=WARM_UP,
        help=f"completions of each JVM before it is measured ({WARM_UP})",
    )
    parser.add_argument(
        "--tasks", type=int, default=100_000, help="open tasks of the inbox (100000)"
    )
    parser.add_argument("--people", type=int, default=200, help="people at once (200)")
    parser.add_argument(
        "--window", type=float, default=60, help="seconds in which each does one task (60)"
    )
    parser.add_argument(
        "--completions", type=int, default=10_000, help="completions in one instance (10000)"
    )
    parser.add_argument(
        "--population",
        type=lambda text: tuple(int(size) for size in text.split(",")),
        default=(1_000, 100_000),
        help="how many instances there are, by commas, from 8 on (1000,100000)",
    )
    parser.add_argument(
        "--databases",
        type=lambda text: tuple(text.split(",")),
        default=("sqlite", "postgresql"),
        help="on which the population is measured (sqlite,postgresql)",
    )
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="where the population's databases stay and are found again; those of PostgreSQL on "
        "the server that ALUR_TEST_POSTGRESQL_URL names",
    )
    options = parser.parse_args()
    if unknown := set(options.benchmarks) - set(_NAMES):
        parser.error(f"expected {', '.join(_NAMES)}; found {', '.join(sorted(unknown))}")
    options.benchmarks = options.benchmarks or list(_NAMES)
    return options


if __name__ == "__main__":
    sys.exit(main())
