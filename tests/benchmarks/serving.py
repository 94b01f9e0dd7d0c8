"""A server to measure: `alur serve` as a program of its own, or one within this process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from engine.process_engine import ProcessEngine
from engine.settings import Settings
from tests.serving import served
from webhooks import create_app

ROOT = Path(__file__).resolve().parents[2]
_NOTHING: Mapping[str, str] = {}


@contextmanager
def serving(
    url: str, *, processes: int = 1, settings: Mapping[str, str] = _NOTHING
) -> Iterator[list[str]]:
    """The addresses of that many servers on one database, the first of which works beside.

    settings: variables of the environment, beside those that every measured server has.
    """
    with ExitStack() as open_ones:
        addresses = []
        for number in range(processes):
            options = [] if number == 0 else ["--no-worker"]
            server = running(url, "serve", "--port", "0", *options, settings=settings)
            addresses.append(address_of(open_ones.enter_context(server)))
        yield addresses


@contextmanager
def running(
    url: str, *words: str, settings: Mapping[str, str] = _NOTHING
) -> Iterator[subprocess.Popen[str]]:
    """`alur` as a program of its own, stopped in the end."""
    environ = {**os.environ, "ALUR_DATABASE_URL": url, "ALUR_LOG_LEVEL": "WARNING", **settings}
    # One key for all of them, and no file of one beside a database that is thrown away.
    environ["ALUR_SECRET_KEY"] = "kunci-dari-pengukuran-yang-tidak-menjaga-apa-pun"
    program = subprocess.Popen(
        [sys.executable, "-m", "engine", *words],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield program
    finally:
        program.terminate()
        program.communicate(timeout=60)


def address_of(server: subprocess.Popen[str]) -> str:
    """Where the server listens; waits until it does."""
    assert server.stdout is not None
    return server.stdout.readline().split()[3]


@contextmanager
def in_this_process(engine: ProcessEngine) -> Iterator[str]:
    """The address of a server over the engine, whose SQL statements can be counted here."""
    with served(create_app(engine, Settings())) as address:
        yield address
