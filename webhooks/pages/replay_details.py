"""All that one step of a replay was: texts, values before and after, flows, documents, notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import url_for
from flask_babel import gettext

from engine.model import Document, EventKind, HistoryEvent, Json, documents_of
from engine.playback.story import Step, Story, Taken
from webhooks.language import size_words
from webhooks.pages.changing import change_in_words
from webhooks.pages.dates import iso_text
from webhooks.pages.instance_places import node_name
from webhooks.pages.replay_rows import Row
from webhooks.pages.values import NOTHING, Fields, value_text

if TYPE_CHECKING:
    from engine.bpmn.elements import ProcessModel


@dataclass(frozen=True, slots=True)
class Change:
    """One value before and after a step. `kind` says in a word or two what that means."""

    label: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class Passage:
    """One flow that a step took."""

    order: int
    source: str
    target: str
    name: str
    is_return: bool


@dataclass(frozen=True, slots=True)
class File:
    """A document that a step brought."""

    name: str
    size: str
    sha256: str
    href: str | None


@dataclass(frozen=True, slots=True)
class Note:
    """Something that followed from a step; `href` leads to what it is about."""

    text: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Details:
    """All that one step was. `texts`: what somebody wrote, under its label."""

    row: Row
    lane: str
    texts: tuple[tuple[str, str], ...]
    changes: tuple[Change, ...]
    passages: tuple[Passage, ...]
    files: tuple[File, ...]
    notes: tuple[Note, ...]


def details_of(story: Story, step: Step, row: Row, fields: Fields) -> Details:
    """All that the step was."""
    number = step.frame.number
    model = story.at(number).model
    return Details(
        row=row,
        lane=" › ".join(step.visit.as_of(number).lane_path) if step.visit else "",
        texts=tuple(_texts(step.frame.payload)),
        changes=tuple(_changes(step, fields)),
        passages=tuple(_passage(model, taken) for taken in step.taken),
        files=tuple(_files(step)),
        notes=tuple(note for event in step.events if (note := _note(event, model))),
    )


def _texts(payload: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """What somebody wrote beside the form."""
    labels = {
        "reason": gettext("Alasan"),
        "basis": gettext("Dasar"),
        "message": gettext("Pesan"),
        "description": gettext("Keterangan"),
        "url": gettext("Tautan"),
        "code": gettext("Kode"),
    }
    for name, label in labels.items():
        if isinstance(payload.get(name), str) and payload[name]:
            yield label, payload[name]
    if isinstance(payload.get("changes"), dict):
        yield from change_in_words(payload["changes"]).items()
    for name, label in (("paraf", gettext("Paraf")), ("signature", gettext("Tanda tangan"))):
        if isinstance(payload.get(name), dict):
            yield label, _endorsement_text(payload[name])
    if payload.get("link"):
        yield gettext("Cara"), gettext("lewat tautan dalam pesan, tanpa masuk")


def _endorsement_text(told: Mapping[str, Json]) -> str:
    """Of which version of which paper."""
    return gettext(
        "%(document)s, versi %(version)s, SHA-256 %(digest)s",
        document=told["document"],
        version=told["version"],
        digest=told["digest"],
    )


def _changes(step: Step, fields: Fields) -> Iterator[Change]:
    """What was submitted and what scripts set, in the order of the fields."""
    changed = step.frame.changes
    given: dict[str, Json] = dict(step.frame.payload.get("variables") or {})
    given |= {name: change["after"] for name, change in changed.items()}
    order = {name: place for place, name in enumerate(fields)}
    for name in sorted(given, key=lambda each: (order.get(each, len(order)), each)):
        label, after = _label(name, fields), _lines(given[name], name, fields)
        if name in changed:
            yield _changed(label, changed[name], after, name, fields)
        elif step.visit is not None and step.visit.is_local:
            # It stays with this item: there is nothing before it that it could be compared with.
            yield Change(label, (NOTHING,), after, gettext("hanya pada butir ini"))
        else:
            yield Change(label, after, after, gettext("tetap"))


def _changed(
    label: str, change: Mapping[str, Json], after: tuple[str, ...], name: str, fields: Fields
) -> Change:
    if "before" not in change:
        return Change(label, (NOTHING,), after, gettext("baru"))
    before = _lines(change["before"], name, fields)
    kind = gettext("dihapus") if after == (NOTHING,) else gettext("diubah")
    return Change(label, before, after, kind)


def _label(name: str, fields: Fields) -> str:
    return fields[name].label if name in fields else name


def _lines(value: Json, name: str, fields: Fields) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(value_text(each, name, fields) for each in value) or (NOTHING,)
    return (value_text(value, name, fields),)


def _passage(model: ProcessModel, taken: Taken) -> Passage:
    flow = model.flows.get(taken.flow_id)
    if flow is None:
        return Passage(taken.order, taken.flow_id, "", "", taken.is_return)
    return Passage(
        order=taken.order,
        source=node_name(model, flow.source),
        target=node_name(model, flow.target),
        name=flow.name or "",
        is_return=taken.is_return,
    )


def _files(step: Step) -> Iterator[File]:
    given = step.events[0]
    for document in documents_of(given.payload):
        yield File(
            document.name, size_words(document.size), document.sha256, _address(given, document)
        )


def _address(given: HistoryEvent, document: Document) -> str | None:
    """Where the document is downloaded; an attachment may have been withdrawn since."""
    instance_id = given.instance_id
    if given.kind is EventKind.ATTACHMENT_ADDED:
        return url_for(
            "pages.download_attachment_of_instance",
            instance_id=instance_id,
            attachment_id=given.payload["attachment"],
        )
    return url_for(
        "pages.download_of_instance",
        instance_id=instance_id,
        document_id=document.document_id,
    )


def _note(event: HistoryEvent, model: ProcessModel) -> Note | None:
    """What the event is worth telling beside the flows; None for the rest."""
    payload = event.payload
    place = node_name(model, (event.activity_id or "").removesuffix("#multiInstanceBody"))
    texts = {
        EventKind.ACTIVITY_CANCELLED: lambda: gettext("Dibatalkan: %(place)s.", place=place),
        EventKind.INCIDENT_RAISED: lambda: gettext(
            "Gangguan di %(place)s: %(message)s", place=place, message=payload["message"]
        ),
        EventKind.INCIDENT_RESOLVED: lambda: gettext("Gangguan di %(place)s diatasi.", place=place),
        EventKind.TIMER_SCHEDULED: lambda: gettext(
            "%(place)s menunggu sampai %(at)s.", place=place, at=iso_text(payload["dueAt"])
        ),
        EventKind.SERVICE_REQUESTED: lambda: gettext(
            "%(place)s menunggu layanan %(topic)s.", place=place, topic=payload["topic"]
        ),
        EventKind.EVENT_AWAITED: lambda: gettext(
            "%(place)s menunggu %(name)s.", place=place, name=payload["name"]
        ),
        EventKind.SIGNAL_THROWN: lambda: gettext("Sinyal dikirim: %(name)s.", name=payload["name"]),
        EventKind.ERROR_THROWN: lambda: gettext(
            "Galat di %(place)s: %(code)s.", place=place, code=payload["code"]
        ),
        EventKind.ESCALATION_THROWN: lambda: gettext(
            "Eskalasi di %(place)s: %(code)s.", place=place, code=payload["code"]
        ),
        EventKind.CALL_REQUESTED: lambda: gettext("%(place)s memanggil proses lain.", place=place),
        EventKind.DEADLINE_SET: lambda: _deadline_text(payload, place),
    }
    if event.kind not in texts:
        return None
    call = payload.get("call") if event.kind is EventKind.CALL_REQUESTED else None
    href = url_for("pages.show_replay", instance_id=call) if call else None
    return Note(texts[event.kind](), href)


def _deadline_text(payload: Mapping[str, Json], place: str) -> str:
    if payload["dueAt"] is None:
        return gettext("Tenggat %(place)s dicabut.", place=place)
    return gettext(
        "Tenggat %(place)s: %(at)s, menurut kalender %(calendar)s revisi %(revision)s.",
        place=place,
        at=iso_text(payload["dueAt"]),
        calendar=payload["calendar"],
        revision=payload["revision"],
    )
