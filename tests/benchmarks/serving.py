"""A server to measure: `alur serve` as a program of its own, or one within this process."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from waitress.server import create_server

from engine.process_engine import ProcessEngine
from engine.settings import Settings
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
    app = create_app(engine, Settings())
    server = create_server(app, host="127.0.0.1", port=0, threads=4)

    def serve() -> None:
        # Closing from outside takes the socket from under the server's select.
        with contextlib.suppress(OSError, ValueError):
            server.run()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        # Its threads first: they tell the server of what they have answered.
        server.task_dispatcher.shutdown()
        server.close()
        thread.join(timeout=5)
        for channel in list(server.active_channels.values()):
            channel.close()
