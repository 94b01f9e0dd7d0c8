"""The run of an instance so far: who did what, when, in which capacity, and what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from flask import request, url_for
from flask_babel import gettext

from engine.forms import return_note
from engine.model import DEFINITIVE, EventKind, HistoryEvent
from engine.playback.frames import Frame
from engine.same_person import MARK as SAME_PERSON
from webhooks.language import Phrases, phrase
from webhooks.pages import messages
from webhooks.pages.changing import change_in_words
from webhooks.pages.dates import moment_text
from webhooks.pages.instance_places import node_name
from webhooks.pages.listings import Pager
from webhooks.pages.papers import endorsed_text
from webhooks.pages.people import person
from webhooks.pages.values import Fields, Labelled, fields_of, labelled, local_text

if TYPE_CHECKING:
    from engine.bpmn.elements import ProcessModel, SequenceFlow

#: How somebody acted, in the engine's words; a title such as Plt. Kadis is said as it is.
_WAYS = Phrases(
    {
        "command line": phrase("lewat baris perintah"),
        "by link": phrase("lewat tautan"),
        "by signed message": phrase("lewat pesan bertanda tangan"),
        "single sign-on": phrase("lewat SSO"),
    }
)
#: Steps on one page.
_LENGTH = 25


@dataclass(frozen=True, slots=True)
class Step:
    """One frame of history as its table row.

    `return_note`: why the work was sent back ("" without a reason); None when it was not.
    """

    number: int
    at: datetime
    by: str
    capacity: str | None
    activity: str | None
    #: What tells it from its siblings in a multi-instance, or "".
    item: str
    deed: str
    values: list[Labelled]
    #: What was decided on the way: the question of a gateway and the name of the flow taken.
    flows: tuple[str, ...]
    next: tuple[str, ...]
    has_incident: bool
    end: str | None
    return_note: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """The steps that are shown, in their order, and the way to the others."""

    steps: list[Step]
    pager: Pager


def run_of(instance_id: str, frames: list[Frame], model: ProcessModel) -> Run:
    """The latest steps, or those before them that `?riwayat=` asks for; page 1 is the latest."""
    pages = max(1, -(-len(frames) // _LENGTH))
    number = max(1, min(request.args.get("riwayat", 1, type=int), pages))
    last = len(frames) - (number - 1) * _LENGTH
    fields = fields_of(model)
    steps = [step_of(frame, model, fields) for frame in frames[max(0, last - _LENGTH) : last]]
    older = _address(instance_id, number + 1) if number < pages else None
    newer = _address(instance_id, number - 1) if number > 1 else None
    return Run(steps, Pager(number, pages, len(frames), older, newer))


def _address(instance_id: str, number: int) -> str:
    return url_for(
        "pages.show_instance", instance_id=instance_id, riwayat=number, _anchor="riwayat"
    )


def step_of(frame: Frame, model: ProcessModel, fields: Fields) -> Step:
    """The frame as a row; fields: every form field of the process."""
    note = _return_note(frame, model)
    values = labelled(_values(frame), fields)
    return Step(
        number=frame.number,
        at=frame.at,
        by=person(frame.actor),
        capacity=_capacity(frame),
        activity=activity_name(frame, model),
        item=local_text(frame.local_variables),
        deed=deed_text(frame),
        values=[each for each in values if not note or each.lines != (note,)],
        flows=tuple(
            _decision(model, model.flows[flow])
            for flow in frame.flows
            if flow in model.flows and model.flows[flow].name
        ),
        next=people_next(frame, model),
        has_incident=bool(frame.incidents),
        end=_end(frame),
        return_note=note,
    )


def _decision(model: ProcessModel, flow: SequenceFlow) -> str:
    """The flow by its name, after the question that it answers: several may fall in one step."""
    source = model.nodes[flow.source]
    if not source.name or not source.type.endswith("Gateway"):
        return flow.name or flow.id
    return f"{source.name}{'' if source.name.endswith('?') else ':'} {flow.name}"


def _capacity(frame: Frame) -> str | None:
    """In which standing and by which way, when it was not simply the holder of the post."""
    if frame.actor is None or frame.capacity in (None, DEFINITIVE):
        return None
    return ", ".join(_WAYS.get(part) or part for part in str(frame.capacity).split(", "))


def _return_note(frame: Frame, model: ProcessModel) -> str | None:
    node = model.nodes.get(frame.activity_id or "")
    if frame.kind is not EventKind.TASK_COMPLETED or node is None:
        return None
    return return_note(node.form, frame.payload.get("variables") or {})


def _values(frame: Frame) -> Mapping[str, object]:
    given: dict[str, object] = dict(frame.payload.get("variables") or {})
    if message := frame.payload.get("message") if frame.kind is EventKind.COMMENT_ADDED else None:
        given[gettext("Komentar")] = message
    if frame.kind is EventKind.ATTACHMENT_ADDED:
        given[gettext("Lampiran")] = frame.payload.get("url") or frame.payload["documents"]
    if frame.kind is EventKind.TASK_ESCALATED:
        due_at = datetime.fromisoformat(frame.payload["dueAt"])
        given[gettext("Tenggat yang terlewati")] = moment_text(due_at)
    if frame.kind is EventKind.TASK_CHANGED:
        given |= change_in_words(frame.payload["changes"])
    if reason := frame.payload.get("reason"):
        given[gettext("Alasan")] = reason
    if frame.kind is EventKind.INSTANCE_MIGRATED:
        given[gettext("Dasar")] = frame.payload["basis"]
    return given


def deed_text(frame: Frame) -> str:
    """What the step was, to whom a task was given, and what is to be known of it."""
    if frame.kind is EventKind.TASK_UNCLAIMED and (over := frame.payload.get("ended")):
        title = f"{over['kind']} {over['lane']}"
        return gettext("Tugas dilepas karena penggantian sebagai %(title)s berakhir", title=title)
    to = frame.payload.get("to")
    if frame.kind is EventKind.TASK_ASSIGNED and isinstance(to, str):
        return gettext("Tugas diberikan kepada %(who)s", who=person(to))
    if frame.kind is EventKind.TASK_ESCALATED:
        return gettext(
            "Tugas terlambat diteruskan ke atasan: %(lane)s (tingkat %(level)s)",
            lane=to,
            level=frame.payload["level"],
        )
    if frame.kind is EventKind.INSTANCE_MIGRATED:
        return gettext(
            "Dipindahkan dari versi %(old)s ke versi %(new)s",
            old=version_of(frame.payload["from"]),
            new=version_of(frame.payload["to"]),
        )
    lost = gettext("Langkah yang catatannya tidak lengkap")
    deed = endorsed_text(frame.payload) or messages.DEEDS.get(frame.kind, lost)
    if SAME_PERSON not in frame.payload:
        return deed
    return gettext("%(deed)s, oleh orang yang juga mengerjakan langkah sebelumnya", deed=deed)


def version_of(definition_id: str) -> str:
    """The number of a version, which its id has behind the key."""
    return definition_id.split(":")[1] if definition_id.count(":") > 1 else definition_id


def _end(frame: Frame) -> str | None:
    if not frame.ends_instance or frame.kind is EventKind.INSTANCE_CANCELLED:
        return None
    return gettext("Proses selesai.")


def activity_name(given: Frame | HistoryEvent, model: ProcessModel) -> str | None:
    """The element that an input was about; None for one about the whole instance."""
    if given.kind is EventKind.INSTANCE_STARTED:
        begun = given.payload.get("startEvent")
        # It began in the version of its time: its start event may be gone.
        node = model.nodes.get(begun) if isinstance(begun, str) else model.plain_start
        return node.name if node else None
    return node_name(model, given.activity_id) if given.activity_id else None


def people_next(frame: Frame, model: ProcessModel) -> tuple[str, ...]:
    """The human steps that this one led to, each once."""
    names = [
        node_name(model, each)
        for each in frame.entered
        if each in model.nodes and model.nodes[each].type == "userTask"
    ]
    return tuple(dict.fromkeys(names))
