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

from engine.errors import UnboundStep


class Step:
    """One step of one instance: its time, its ids, and who listens to the tasks that move.

    Ids are uuid5 of the instance, the revision and a counter, so that a replay mints the same.
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
        self._namespace = uuid.UUID(instance_id).bytes
        self._revision = revision
        self._minted = 0

    def mint(self) -> str:
        """The next id of this step."""
        self._minted += 1
        return _uuid5(self._namespace, f"{self._revision}.{self._minted}")


def _uuid5(namespace: bytes, name: str) -> str:
    """str(uuid.uuid5(...)), RFC 9562 §5.5, in a third of its time: a step mints several."""
    found = bytearray(sha1(namespace + name.encode(), usedforsecurity=False).digest()[:16])
    found[6] = found[6] & 0x0F | 0x50
    found[8] = found[8] & 0x3F | 0x80
    text = found.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


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
