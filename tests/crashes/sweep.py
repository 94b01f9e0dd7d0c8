"""The crash sweep: one write operation, killed at each of its points, and tried again.

After each kill the deed is whole or absent; tried again with the same key it is done once, the
answer stays the same, and the history of every instance can be replayed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from engine.process_engine import ProcessEngine
from engine.queries import InstanceQuery
from engine.sources import ManualClock
from tests.crashes.contents import FILES, Contents, contents
from tests.crashes.killing import Workshop
from tests.office import AUDITOR

#: More points than any operation has: a sweep that reaches it does not end.
_MANY = 400


#: The time of every engine here; a child's is set to its parent's.
CLOCK = ManualClock(datetime(2026, 1, 5, 0, 30, tzinfo=UTC))


@dataclass(frozen=True)
class Operation:
    """A write operation and its judge."""

    name: str
    #: Makes what is needed anew for each point, and gives what the others are called with.
    prepare: Callable[[ProcessEngine], Any]
    #: The operation, the same every time it is tried.
    act: Callable[[ProcessEngine, Any], object]
    #: How often the deed stands in the database.
    times_done: Callable[[ProcessEngine, Any], int]
    #: Whether it holds something for itself first, in a transaction of its own: a lease that ends.
    has_lease: bool = False
    #: What the answer says that must be the same when it is given again.
    likeness: Callable[[Any], object] = lambda answer: answer


@dataclass
class Report:
    """What a sweep found. `points`: how often the process was killed."""

    points: int = 0
    violations: list[str] = field(default_factory=list)


class Place:
    """Where operations are tried: an engine that stays, and the process of who is killed."""

    def __init__(
        self, engine: ProcessEngine, pool: Engine, files: Path, workshop: Workshop
    ) -> None:
        """pool, files: what is kept, to look at it. workshop: does an operation of this name."""
        self.engine = engine
        self._pool, self._files, self._workshop = pool, files, workshop

    def contents(self) -> Contents:
        return contents(self._pool, self._files)

    def killed_in(self, operation: Operation, subject: Any, fatal: int) -> int | None:
        """At which point from that one on it was killed, None when it ended alive."""
        return self._workshop.killed_from(fatal, operation.name, subject, CLOCK.now())


def sweep(operation: Operation, place: Place, *, every: int = 1) -> Report:
    """Kill the operation at its first point that may leave something, its second, and so on.

    Until it ends alive. every: 3 leaves out two of three points.

    A kill that leaves nothing is tried again by the next one, as a client would: so that only what
    leaves something is judged, and the last try.
    """
    report = Report()
    subject, before, fatal = None, Contents(), 1
    while fatal < _MANY:
        if subject is None:
            subject = operation.prepare(place.engine)
            before = place.contents()
        killed = place.killed_in(operation, subject, fatal)
        report.points += killed is not None
        changed = place.contents().unlike(before)
        if changed or killed is None:
            for fault in _judge(operation, place.engine, subject, changed):
                report.violations.append(f"{operation.name}, point {killed}: {fault}")
            subject = None
        if killed is None:
            return report
        fatal = killed + every
    report.violations.append(f"{operation.name} has no end")
    return report


def _judge(
    operation: Operation, engine: ProcessEngine, subject: Any, changed: list[str]
) -> list[str]:
    """What is wrong after a kill, before and after the client tries again."""
    faults = []
    done = operation.times_done(engine, subject)
    if done not in (0, 1):
        faults.append(f"done {done} times after the kill")
    # A file that nothing in the database speaks of is not there.
    changed = [each for each in changed if each != FILES]
    if done == 0 and changed and not operation.has_lease:
        faults.append(f"not done, but something was written: {', '.join(changed)}")
    first = operation.likeness(operation.act(engine, subject))
    if operation.times_done(engine, subject) != 1:
        faults.append(f"done {operation.times_done(engine, subject)} times after the retry")
    again = operation.likeness(operation.act(engine, subject))
    if first != again:
        faults.append(f"answers differ: {first} and then {again}")
    mine = InstanceQuery(business_key=subject.name)
    for instance in engine.instances.instances(mine, actor=AUDITOR):
        verification = engine.history.verify(instance.instance_id, actor=AUDITOR)
        faults += [str(fault) for fault in verification.faults]
    return faults
