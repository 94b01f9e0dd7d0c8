"""Does a piece of work in a process that is killed (-9) at one of its points.

The points of a piece of work: before and after each SQL statement, each commit, and each write,
sync, rename and removal of a file. Nothing of the process runs after the kill, as in a real one.
"""

from __future__ import annotations

import gc
import mmap
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

#: Statements that change nothing.
_ASKING = ("SELECT", "PRAGMA", "BEGIN", "SHOW", "SET ", "COMMIT", "ROLLBACK")

_FAILED = 3

# Forked from a process that has imported what tests need and has done nothing else: the sandbox's
# workers do not survive a fork of a process that has used them.
_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["tests.crashes.workplace"])


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
        return self._told((fatal, False, arguments))[0]

    def killed_from(self, fatal: int, *arguments: object) -> int | None:
        """Likewise at the first point from that one on from which something may be left: at which.

        Before the first statement that writes nothing can be left: those points are all alike.
        """
        is_killed, point = self._told((fatal, True, arguments))
        return point if is_killed else None

    def points_of(self, *arguments: object) -> int:
        """Do the work in a child that lives; how many points it had."""
        return self._told((0, False, arguments))[1]

    def _told(self, order: tuple[int, bool, tuple[object, ...]]) -> tuple[bool, int]:
        """Whether the child was killed, and how many points it passed."""
        self._orders.send(order)
        code, points = self._orders.recv()
        assert code in (0, -signal.SIGKILL), "the work failed in the child; it said why above"
        return code != 0, points

    def close(self) -> None:
        self._orders.close()
        self._process.join()


def _serve(orders: Connection, prepare: Preparing, *arguments: object) -> None:
    # A module that is compiled on the way would be a file that is written.
    sys.dont_write_bytecode = True
    point = _Point()
    _watch(point)
    work = prepare(*arguments)
    # Who collects garbage would copy all pages of this process in each child.
    gc.freeze()
    while True:
        try:
            fatal, waits, given = orders.recv()
        except EOFError:
            return
        child = os.fork()
        if child == 0:
            point.arm(fatal, waits=waits)
            _do_and_leave(partial(work, *given))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        orders.send((code, point.passed))


def _do_and_leave(work: Callable[[], object]) -> None:
    """Without what an interpreter does at its end: nothing there is to be killed."""
    code = _FAILED
    try:
        work()
        code = 0
    except BaseException:  # noqa: BLE001 - the parent is told by the exit code
        traceback.print_exc()
    finally:
        os._exit(code)


class _Point:
    """Counts the points of this process, and kills it at the one that was chosen."""

    def __init__(self) -> None:
        # Who forks the child reads it when the child is dead.
        self._passed = mmap.mmap(-1, 8)
        self._fatal, self._waits = 0, False

    @property
    def passed(self) -> int:
        """How many points the last one that was armed has passed."""
        return int.from_bytes(self._passed[:8], "big")

    def arm(self, fatal: int, *, waits: bool = False) -> None:
        """fatal: counted from 1, from now on; 0 lets the process live.

        waits: until something is about to be written.
        """
        self._passed[:8] = bytes(8)
        self._fatal, self._waits = fatal, waits

    def __call__(self) -> None:
        passed = self.passed + 1
        self._passed[:8] = passed.to_bytes(8, "big")
        if 0 < self._fatal <= passed and not self._waits:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, statement: str) -> None:
        """A point before a statement of SQL."""
        self._waits = self._waits and statement.lstrip().upper().startswith(_ASKING)
        self()

    def writing(self) -> None:
        """A point at which a file is written."""
        self._waits = False
        self()


def _watch(point: _Point) -> None:
    event.listen(Engine, "before_cursor_execute", lambda *told: point.before(told[2]))
    event.listen(Engine, "after_cursor_execute", lambda *_: point())
    event.listen(Engine, "do_connect", _around_commits(point))
    sync = os.fsync

    def synced(descriptor: Any) -> None:
        point()
        sync(descriptor)
        point()

    os.fsync = synced

    def audited(name: str, arguments: tuple[Any, ...]) -> None:
        if name in _FILE_EVENTS or (name == "open" and _is_writing(arguments)):
            point.writing()

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
