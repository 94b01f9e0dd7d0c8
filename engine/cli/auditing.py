"""`alur history`, `alur replay` and `alur verify`: what happened, and whether that is true."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from engine.cli.exit_codes import OK, REFUSED
from engine.cli.invocation import Invocation
from engine.cli.words import Commands
from engine.errors import InvalidInput
from engine.model import Fault, HistoryEvent, Verification
from engine.playback.frames import Frame
from engine.process_engine import ProcessEngine
from engine.sources import Clock

_FAULT = ("instance", "sequence", "check", "what is wrong…", "expected…", "found…")
#: A check that lasts longer than this says how far it is.
_PATIENCE = timedelta(seconds=2)


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    reading = commands.add(
        "history",
        history,
        about="""Show every event of an instance: who gave which input, and what followed.""",
        example="alur history 0d8cdb52-3a9b-4a55-8f36-0a5ad2f1f9a1 --as auditor",
    )
    reading.add_argument("instance", metavar="INSTANCE", help="the instance's id")
    replaying = commands.add(
        "replay",
        replay,
        about="""Show an instance step by step, and run its recorded inputs again.

        Each row is one step: its input, the sequence flows taken, and the variables that changed.
        Ends with 1 when running the inputs again does not give what was recorded.""",
        example="alur replay 0d8cdb52-3a9b-4a55-8f36-0a5ad2f1f9a1 --as auditor",
    )
    replaying.add_argument("instance", metavar="INSTANCE", help="the instance's id")
    verifying = commands.add(
        "verify",
        verify,
        about="""Check that history is what happened; show every fault at its instance and event.

        Checks the hash chain, runs the recorded inputs again through the recorded diagram, and
        compares the state kept beside history. Ends with 1 when there is a fault. --all is for
        auditors and admins, and checks the log of accounts too.""",
        example="alur verify --all --as auditor",
    )
    verifying.add_argument("instance", nargs="?", metavar="INSTANCE", help="the instance's id")
    verifying.add_argument("--all", action="store_true", help="every instance, running or ended")


# ---------------------------------------------------------------------- history


def history(call: Invocation) -> int:
    """Show the events."""
    with call.engine() as engine:
        events = engine.history.events(call.words.instance, actor=call.actor(engine))
    call.printer.json(events)
    call.printer.table(
        ("sequence", "time", "kind", "who", "element", "details…"),
        [_event_row(event) for event in events],
    )
    return OK


def _event_row(event: HistoryEvent) -> tuple[object, ...]:
    return (
        event.sequence,
        event.at,
        event.kind,
        _who(event),
        event.activity_id,
        in_words(event.payload),
    )


def _who(given: HistoryEvent | Frame) -> str | None:
    return f"{given.actor} ({given.capacity})" if given.actor else None


def in_words(payload: Mapping[str, Any]) -> str:
    """The payload of an event on one line."""
    return ", ".join(
        f"{name}: {in_words(value) or '-'}"
        if isinstance(value, Mapping)
        else f"{name}={json.dumps(value, ensure_ascii=False)}"
        for name, value in payload.items()
        if value is not None
    )


# ----------------------------------------------------------------------- replay


def replay(call: Invocation) -> int:
    """Show the steps, and run them again."""
    with call.engine() as engine:
        actor = call.actor(engine)
        frames = engine.history.frames(call.words.instance, actor=actor)
        checked = engine.history.verify(call.words.instance, actor=actor)
    call.printer.json({"frames": frames, "verification": checked})
    call.printer.table(
        ("step", "time", "who", "input", "element", "flows taken…", "changes…"),
        [_frame_row(frame) for frame in frames],
    )
    return _judge(call, [checked])


def _frame_row(frame: Frame) -> tuple[object, ...]:
    changes = {name: change["after"] for name, change in frame.changes.items()}
    said = [in_words(changes)] if changes else []
    said += [f"incident: {message}" for message in frame.incidents]
    said += ["the instance ends"] if frame.ends_instance else []
    return (
        frame.number,
        frame.at,
        _who(frame),
        frame.kind,
        frame.activity_id,
        " ".join(frame.flows),
        "; ".join(said),
    )


# ----------------------------------------------------------------------- verify


def verify(call: Invocation) -> int:
    """Verify one instance, or all."""
    if call.words.all == bool(call.words.instance):
        raise InvalidInput("verify: expected either INSTANCE or --all")
    with call.engine() as engine:
        results = _verified(call, engine)
        summary = _Summary()
        for result in results:
            summary.add(result)
        if call.words.all:
            summary.add_log(engine.account_log.verify(actor=call.actor(engine)))
    call.printer.json(summary)
    code = _judge(call, [summary])
    if call.words.all:
        call.printer.say(f"{summary.account_events} events of the log of accounts compared")
    return code


def _verified(call: Invocation, engine: ProcessEngine) -> Iterable[Verification]:
    actor = call.actor(engine)
    if call.words.all:
        return engine.history.verify_all(actor=actor, on_progress=_Progress(engine.clock))
    return [engine.history.verify(call.words.instance, actor=actor)]


@dataclass(slots=True)
class _Summary:
    """All verifications together; only the faults are kept."""

    instances: int = 0
    events: int = 0
    inputs: int = 0
    account_events: int = 0
    faults: list[Fault] = field(default_factory=list)

    def add(self, result: Verification) -> None:
        self.instances += 1
        self.events += result.events
        self.inputs += result.inputs
        self.faults += result.faults

    def add_log(self, result: Verification) -> None:
        self.account_events = result.events
        self.faults += result.faults


class _Progress:
    """How far a long check is: on stderr, at a terminal or when it takes long."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said_at: datetime = clock.now()

    def __call__(self, done: int, total: int) -> None:
        now = self._clock.now()
        if sys.stderr.isatty():
            end = "\n" if done >= total else ""
            print(f"\ralur: checked {done} of {total}", end=end, file=sys.stderr, flush=True)
        elif now - self._said_at > _PATIENCE:
            self._said_at = now
            print(f"alur: checked {done} of {total}", file=sys.stderr, flush=True)


def _judge(call: Invocation, results: Sequence[Verification | _Summary]) -> int:
    """Say what was checked and show what is wrong; the exit code."""
    faults = [fault for result in results for fault in result.faults]
    if faults:
        call.printer.table(_FAULT, [_fault_row(fault) for fault in faults])
    events = sum(result.events for result in results)
    inputs = sum(result.inputs for result in results)
    call.printer.say(f"{inputs} inputs run again, {events} events compared: {len(faults)} faults")
    return REFUSED if faults else OK


def _fault_row(fault: Fault) -> tuple[object, ...]:
    return (
        fault.instance_id,
        fault.sequence,
        fault.check,
        fault.message,
        fault.expected,
        fault.found,
    )
