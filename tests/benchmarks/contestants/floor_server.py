"""The floor through HTTP: Flask, waitress, and a bare transaction of the rows of a completion."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from typing import Any

from flask import Flask, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.engine import make_url
from waitress.server import create_server

from tests.benchmarks.contestants.floor import FloorDoer, Recording, Statement, floor_opener


@contextmanager
def floor_serving(url: str, *, processes: int = 1) -> Iterator[list[str]]:
    """The addresses of that many servers. url: an empty database, which is migrated here."""
    spawning = multiprocessing.get_context("spawn")
    is_alone = make_url(url).get_backend_name() == "sqlite"
    opener = floor_opener(url)
    servers, addresses = [], []
    try:
        for _ in range(processes):
            near, far = spawning.Pipe()
            server = spawning.Process(target=_serve, args=(opener, is_alone, far), daemon=True)
            server.start()
            servers.append(server)
            addresses.append(near.recv())
        yield addresses
    finally:
        for server in servers:
            server.terminate()
            server.join()


def floor_app(doer: FloorDoer, *, is_alone: bool) -> Flask:
    """is_alone: writers take turns in the process, as they do at Alur's SQLite."""
    app = Flask(__name__)
    begun: list[Recording] = []
    turn = threading.Lock()
    writers = threading.local()

    def write(statements: list[Statement]) -> None:
        if not hasattr(writers, "write"):
            # For as long as the thread lives, that is the server.
            writers.held = ExitStack()
            writers.write = writers.held.enter_context(doer.connection())
        if not is_alone:
            writers.write(statements)
            return
        with turn:
            writers.write(statements)

    @app.post("/start")
    def start() -> ResponseReturnValue:
        begun.extend(doer.start(1))
        return jsonify(name=str(len(begun) - 1))

    @app.post("/complete/<int:name>/<int:step>")
    def complete(name: int, step: int) -> ResponseReturnValue:
        write(begun[name].completions[step])
        return jsonify(done=True)

    return app


def _serve(opener: Callable[[], FloorDoer], is_alone: bool, pipe: Connection) -> None:
    app = floor_app(opener(), is_alone=is_alone)
    server: Any = create_server(app, host="127.0.0.1", port=0, threads=8)
    pipe.send(f"http://127.0.0.1:{server.effective_port}")
    server.run()
