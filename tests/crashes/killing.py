"""Does a piece of work in a process that is killed (-9) at one of its points.

The points of a piece of work: before and after each SQL statement, each commit, and each write,
sync, rename and removal of a file. Nothing of the process runs after the kill, as in a real one.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.engine.interfaces import DBAPIConnection

#: What is called to do the work, and what calls it into being.
Work = Callable[..., object]
Preparing = Callable[..., Work]

#: What the interpreter tells of files before it does it.
_FILE_EVENTS = frozenset(
    {"os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "os.truncate"}
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT

_FAILED = 3

# Forked from a process that has imported what tests need and has done nothing else: the sandbox's
# workers do not survive a fork of a process that has used them.
_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["tests.crashes.test_crash_sweep"])


class Workshop:
    """A process that is ready to work and forks a child for each try, so that a try is cheap.

    A child has connections and sandbox of its own; parsed diagrams it has from the process.
    """

    def __init__(self, prepare: Preparing, *arguments: object) -> None:
        """prepare: called there with the arguments, gives what does the work."""
        self._orders, theirs = _FORKING.Pipe()
        self._process = _FORKING.Process(target=_serve, args=(theirs, prepare, *arguments))
        self._process.start()
        theirs.close()

    def killed_at(self, fatal: int, *arguments: object) -> bool:
        """Do the work in a child that dies at its `fatal`-th point; False: it had fewer, and lived.

        Raises AssertionError when the work fails by itself.
        """
        return self._told((fatal, arguments)) is None

    def points_of(self, *arguments: object) -> int:
        """Do the work in a child that lives; how many points it had."""
        points = self._told((0, arguments))
        assert points is not None
        return points

    def _told(self, order: tuple[int, tuple[object, ...]]) -> int | None:
        self._orders.send(order)
        code, points = self._orders.recv()
        assert code in (0, -signal.SIGKILL), "the work failed in the child; it said why above"
        return points if code == 0 else None

    def close(self) -> None:
        self._orders.close()
        self._process.join()


def _serve(orders: Connection, prepare: Preparing, *arguments: object) -> None:
    # A module that is compiled on the way would be a file that is written.
    sys.dont_write_bytecode = True
    point = _Point()
    _watch(point)
    work = prepare(*arguments)
    while True:
        try:
            fatal, given = orders.recv()
        except EOFError:
            return
        child = os.fork()
        if child == 0:
            point.arm(fatal)
            _do_and_leave(partial(work, *given), told=lambda: orders.send((0, point.passed)))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code != 0:
            orders.send((code, 0))


def _do_and_leave(work: Callable[[], object], told: Callable[[], object]) -> None:
    """Without what an interpreter does at its end: nothing there is to be killed."""
    code = _FAILED
    try:
        work()
        told()
        code = 0
    except BaseException:  # noqa: BLE001 - the parent is told by the exit code
        traceback.print_exc()
    finally:
        os._exit(code)


class _Point:
    """Counts the points of this process, and kills it at the one that was chosen."""

    def __init__(self) -> None:
        self.passed = self._fatal = 0

    def arm(self, fatal: int) -> None:
        """fatal: counted from 1, from now on; 0 lets the process live."""
        self.passed, self._fatal = 0, fatal

    def __call__(self, *_: object) -> None:
        self.passed += 1
        if self.passed == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)


def _watch(point: _Point) -> None:
    event.listen(Engine, "before_cursor_execute", point)
    event.listen(Engine, "after_cursor_execute", point)
    event.listen(Engine, "do_connect", _around_commits(point))
    sync = os.fsync

    def synced(descriptor: Any) -> None:
        point()
        sync(descriptor)
        point()

    os.fsync = synced

    def audited(name: str, arguments: tuple[Any, ...]) -> None:
        if name in _FILE_EVENTS or (name == "open" and _is_writing(arguments)):
            point()

    sys.addaudithook(audited)


def _is_writing(arguments: tuple[Any, ...]) -> bool:
    _, _, flags = arguments
    return isinstance(flags, int) and bool(flags & _WRITING)


def _around_commits(point: _Point) -> Callable[..., None]:
    """A listener that puts points around the commits of each dialect, the first time it is seen."""
    seen: set[int] = set()

    def connecting(dialect: Dialect, *_: object) -> None:
        if id(dialect) in seen:
            return
        seen.add(id(dialect))
        commit = dialect.do_commit

        def committed(connection: DBAPIConnection) -> None:
            point()
            commit(connection)
            point()

        dialect.do_commit = committed  # type: ignore[method-assign]

    return connecting
