"""The step: the only moment in which the workflow library may see the time, mint ids or move.

SpiffWorkflow 3.2.0 reads the clock and mints ids through three module names, and moves every task
through one method. All four are bound here, once, to the step that is under way in this thread.
Outside a step they raise, so that forgetting is impossible. tests/engine/spiff/test_stepping.py
searches the installed library for any other source of time or ids.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, tzinfo
from hashlib import sha1
from typing import Any

import SpiffWorkflow.bpmn.specs.event_definitions.timer as spiff_timer
import SpiffWorkflow.task as spiff_task

from engine.errors import DamagedRow, UnboundStep
from engine.sources import ordered_uuid, uuid_text

#: How far the 12 bits count that stand between the time and the version's other bits. Ids of a step
#: that mints more are as unlike each other, but sort by chance.
_LARGEST_NUMBER = 2**12 - 1


class Step:
    """One step of one instance: its time, its ids, and who listens to the tasks that move.

    Ids are made of the instance, the revision and a counter, so that a replay mints the same. They
    begin as that of the instance does, and lie beside it, when that is a time (RFC 9562 §5.8), and
    the ids of a step sort as they were minted: people read the tasks of a list in its order. Else,
    as in histories of older versions, they are uuid5.
    """

    def __init__(
        self,
        *,
        now: datetime,
        instance_id: str,
        revision: int,
        recorded_stops: Mapping[str, str] | None = None,
    ) -> None:
        self.now = now
        #: In a replay: activity instance id -> why the sandbox stopped its code then. None: live.
        self.recorded_stops = recorded_stops
        self.on_transition: Callable[[Any, int, int], None] = lambda *_: None
        try:
            of_instance = uuid.UUID(instance_id)
        except ValueError as error:
            raise DamagedRow(f"instance {instance_id!r}: expected a UUID for its id") from error
        self._namespace = of_instance.bytes
        #: Whether the instance's id begins with its time, or with that of an instance that called.
        self._is_ordered = of_instance.version in {7, 8}
        self._revision = revision
        self._minted = 0

    def mint(self) -> str:
        """The next id of this step."""
        self._minted += 1
        named = self._namespace + f"{self._revision}.{self._minted}".encode()
        digest = sha1(named, usedforsecurity=False).digest()
        if self._is_ordered:
            number = min(self._minted, _LARGEST_NUMBER).to_bytes(2)
            return ordered_uuid(self._namespace[:6], number + digest[8:16], version=8)
        return _uuid5(digest)


def _uuid5(digest: bytes) -> str:
    """str(uuid.uuid5(...)), RFC 9562 §5.5, in a third of its time: a step mints several."""
    found = bytearray(digest[:16])
    found[6] = found[6] & 0x0F | 0x50
    found[8] = found[8] & 0x3F | 0x80
    return uuid_text(found)


_current: ContextVar[Step | None] = ContextVar("alur_step", default=None)


def current_step() -> Step:
    """The step under way. Raises UnboundStep outside `with step(...)`."""
    step_under_way = _current.get()
    if step_under_way is None:
        raise UnboundStep
    return step_under_way


@contextmanager
def step(
    *,
    now: datetime,
    instance_id: str,
    revision: int,
    recorded_stops: Mapping[str, str] | None = None,
) -> Iterator[Step]:
    """Bind the library's time and ids to this step of this instance. Steps do not nest."""
    if _current.get() is not None:
        raise UnboundStep("a step is already under way in this thread")
    bound = Step(now=now, instance_id=instance_id, revision=revision, recorded_stops=recorded_stops)
    token = _current.set(bound)
    try:
        yield bound
    finally:
        _current.reset(token)


class _StepDatetime(datetime):
    """`datetime` as timer.py sees it: `now` is the step's."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return current_step().now.astimezone(tz)


class _StepTime:
    """`time` as task.py sees it: `time()` is the step's."""

    @staticmethod
    def time() -> float:
        return current_step().now.timestamp()


def _set_state(task: Any, value: int) -> None:
    """Task._set_state, told to the step; without the library's log record per transition."""
    listener = current_step().on_transition
    former = task._state
    task._state = value
    listener(task, former, value)


# The library tells every move with the task's data, which may be personal.
logging.getLogger("spiff").setLevel(logging.WARNING)

spiff_task.uuid4 = lambda: current_step().mint()
spiff_task.time = _StepTime
spiff_timer.datetime = _StepDatetime
spiff_task.Task._set_state = _set_state
