"""Why work came back: the notes of decisions that sent it back, for whoever has it now."""

from __future__ import annotations

from collections.abc import Sequence

from engine.bpmn.elements import ProcessModel
from engine.forms import return_note
from engine.model import EventKind, HistoryEvent, ReturnNote


def notes_for(
    model: ProcessModel, events: Sequence[HistoryEvent], task_id: str
) -> list[ReturnNote]:
    """The notes that the task is to read, the latest first.

    A return is open until the step that sent back has decided anew; every step that opens until
    then reads its note, and so does that step itself.
    """
    entered = {
        event.activity_instance_id: event.revision
        for event in events
        if event.kind is EventKind.ACTIVITY_ENTERED
    }
    opened = entered.get(task_id, 0)
    found: dict[int, tuple[HistoryEvent, str]] = {}
    for event in events:
        if event.kind is not EventKind.TASK_COMPLETED or event.revision > opened:
            continue
        found = {
            revision: (given, text)
            for revision, (given, text) in found.items()
            if given.activity_id != event.activity_id
            # Beside a repeat's other instances, which decided with it and not anew.
            or entered.get(event.activity_instance_id, 0) < revision
        }
        node = model.nodes.get(event.activity_id or "")
        text = return_note(node.form, event.payload["variables"]) if node else None
        if text:
            found[event.revision] = (event, text)
    return [_note(model, *found[revision]) for revision in sorted(found, reverse=True)]


def _note(model: ProcessModel, given: HistoryEvent, text: str) -> ReturnNote:
    activity_id = given.activity_id or ""
    name = model.nodes[activity_id].name or activity_id
    return ReturnNote(text, given.actor, given.capacity, given.at, activity_id, name)
