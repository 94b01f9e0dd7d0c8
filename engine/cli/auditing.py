"""`alur history` and `alur replay`: what happened, event by event and step by step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engine.cli.exit_codes import OK, REFUSED
from engine.cli.invocation import Invocation
from engine.cli.verifying import show_faults, what_was_run
from engine.cli.words import Commands
from engine.model import HistoryEvent
from engine.playback.frames import Frame


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
    show_faults(call, checked.faults)
    call.printer.say(what_was_run(checked))
    return REFUSED if checked.faults else OK


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
