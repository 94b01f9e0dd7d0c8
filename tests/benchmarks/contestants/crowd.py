"""Contestants written in Python: clients in threads, spread over processes of their own.

Processes of their own, because Alur binds SpiffWorkflow's clock and ids for the whole process, and
a plain SpiffWorkflow beside it would not run.
"""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any, Protocol

from tests.benchmarks.figures import Series
from tests.benchmarks.sizes import database_bytes


class Doer(Protocol):
    """Does the work in a process."""

    def start(self, instances: int) -> list[Any]:
        """Start instances; what `complete` needs of each."""
        ...

    def complete(self, begun: Sequence[Any]) -> list[float]:
        """Complete each to its end; the seconds of every completion. Called by several threads."""
        ...

    def statements(self) -> list[int]:
        """SQL statements of each completion of one more instance; empty when not counted."""
        ...


class Crowd:
    """A contestant whose clients are threads of `processes` processes."""

    def __init__(self, name: str, url: str, opener: Callable[[], Doer], processes: int = 1) -> None:
        """opener: run in each process. url: the database, to say how large it has become."""
        self.name = name
        self._url = url
        spawning = multiprocessing.get_context("spawn")
        self._pipes: list[Connection] = []
        self._processes = []
        for _ in range(processes):
            near, far = spawning.Pipe()
            process = spawning.Process(target=_serve, args=(opener, far), daemon=True)
            process.start()
            self._pipes.append(near)
            self._processes.append(process)
        self._answers(self._pipes)

    def round(self, *, instances: int, clients: int) -> Series:
        used = self._pipes[: min(clients, len(self._pipes))]
        for number, pipe in enumerate(used):
            pipe.send(("start", len(range(number, instances, len(used)))))
        self._answers(used)
        begun = time.perf_counter()
        for number, pipe in enumerate(used):
            pipe.send(("complete", len(range(number, clients, len(used)))))
        seconds = [each for part in self._answers(used) for each in part]
        return Series(seconds, time.perf_counter() - begun)

    def statements(self) -> list[int]:
        self._pipes[0].send(("statements", 0))
        [counts] = self._answers(self._pipes[:1])
        return counts

    def bytes_used(self) -> int | None:
        return database_bytes(self._url)

    def close(self) -> None:
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join()

    def _answers(self, pipes: Sequence[Connection]) -> list[Any]:
        answers = []
        for pipe in pipes:
            try:
                answers.append(pipe.recv())
            except EOFError:
                message = f"a process of {self.name} ended; what it wrote above says why"
                raise RuntimeError(message) from None
        return answers


def _serve(opener: Callable[[], Doer], pipe: Connection) -> None:
    doer = opener()
    pipe.send("ready")
    begun: list[Any] = []
    while (order := pipe.recv()) is not None:
        word, number = order
        if word == "start":
            begun = doer.start(number)
            pipe.send(len(begun))
        elif word == "complete":
            pipe.send(_in_threads(doer, begun, number))
        else:
            pipe.send(doer.statements())


def _in_threads(doer: Doer, begun: Sequence[Any], clients: int) -> list[float]:
    """The seconds of every completion. One client needs no thread."""
    if clients == 1:
        return doer.complete(begun)
    found: list[list[float]] = [[] for _ in range(clients)]

    def serve(number: int) -> None:
        found[number] = doer.complete(begun[number::clients])

    threads = [threading.Thread(target=serve, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [each for own in found for each in own]
