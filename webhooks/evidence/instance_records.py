"""What an instance left behind, as tables: every step of its history, papers, files, comments.

All of it is read from the events of the story, which were proved; so all of it is of one moment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from engine.endorsements import PaperTrail
from engine.model import (
    DEFINITIVE,
    Endorsement,
    EndorsementKind,
    EventKind,
    HistoryEvent,
    Json,
    PaperVersion,
    documents_of,
)
from engine.playback.story import Story
from webhooks.evidence.instance_visits import basis_text
from webhooks.evidence.sheets import Cell, Column, Table
from webhooks.language import size_words
from webhooks.pages.dates import moment_text
from webhooks.pages.instance_places import node_name
from webhooks.pages.instance_steps import Step, step_of
from webhooks.pages.papers import METHODS, NAMES, VOIDINGS, shown_paper
from webhooks.pages.people import person
from webhooks.pages.replay_rows import capacity_text
from webhooks.pages.values import NOTHING, fields_of

#: Steps that the worker takes by itself.
_BY_NOBODY = frozenset({EventKind.TIMERS_DUE, EventKind.TASK_ESCALATED})
_TRAIL = (
    Column("No.", 0.5),
    Column("Waktu", 1.7),
    Column("Peristiwa", 3.2),
    Column("Oleh", 2.4),
    Column("Isian dan keterangan", 5.2),
    Column("Akibat", 2.6),
)
_FILES = (
    Column("Nama berkas", 3.4),
    Column("Ukuran", 1.1),
    Column("SHA-256", 5.2),
    Column("Dibawa oleh", 3.4),
)
_PAPERS = (
    Column("Dokumen", 2.4),
    Column("Versi", 4.8),
    Column("Paraf atau tanda tangan", 5.4),
)
_REMARKS = (Column("Waktu", 1.8), Column("Oleh", 2), Column("Langkah", 2.2), Column("Komentar", 6))
_INCIDENTS = (Column("Waktu", 1.8), Column("Langkah", 2.6), Column("Gangguan", 7.6))


# ------------------------------------------------------------------------ history


def trail_table(story: Story) -> Table:
    """Every step of history: who gave what, and what followed."""
    fields = fields_of(story.model)
    rows = (
        _trail_row(step_of(each.frame, story.model, fields), each.frame.payload, each.frame.kind)
        for each in story.steps
    )
    return Table(_TRAIL, tuple(rows), "Tidak ada langkah yang terbukti.")


def _trail_row(told: Step, payload: Mapping[str, Json], kind: EventKind) -> tuple[Cell, ...]:
    said = [f"{each.label}: {'; '.join(each.lines)}" for each in told.values]
    if told.return_note is not None:
        said.insert(0, f"DIKEMBALIKAN untuk perbaikan: {told.return_note or 'tanpa catatan'}")
    capacity = told.capacity or ("" if kind in _BY_NOBODY else DEFINITIVE)
    by = [told.by, capacity if told.by else "", basis_text(payload)]
    followed = [f"Keputusan: {', '.join(told.flows)}"] if told.flows else []
    followed += [f"Lanjut ke: {each}" for each in told.next]
    followed += ["Langkah berikutnya gagal dijalankan."] if told.has_incident else []
    followed += [told.end] if told.end else []
    return (
        Cell(str(told.number)),
        Cell(moment_text(told.at)),
        Cell(f"{told.deed}\n{_named(told)}" if told.activity else told.deed),
        Cell("\n".join(each for each in by if each)),
        Cell("\n".join(said) or NOTHING),
        Cell("\n".join(followed) or NOTHING),
    )


def _named(told: Step) -> str:
    return f"{told.activity} ({told.item})" if told.item else str(told.activity)


def incidents_table(story: Story) -> Table:
    """What failed, and whether it was mended."""
    resolved = {
        event.payload["incident"]: event.at
        for event in _events(story)
        if event.kind is EventKind.INCIDENT_RESOLVED
    }
    return Table(
        _INCIDENTS,
        tuple(
            (
                Cell(moment_text(event.at)),
                Cell(_place(story, event)),
                Cell(f"{event.payload['message']}\n{_mended(resolved, event)}"),
            )
            for event in _events(story)
            if event.kind is EventKind.INCIDENT_RAISED
        ),
        "Tidak ada gangguan.",
    )


def _mended(resolved: Mapping[str, datetime], event: HistoryEvent) -> str:
    at = resolved.get(event.payload["incident"])
    return f"Teratasi: {moment_text(at)}" if at else "Belum teratasi"


# -------------------------------------------------------------------------- papers


def papers_table(story: Story) -> Table:
    """Every version of what is initialled and signed, with what was put on it."""
    papers = PaperTrail(story.model).take_all(list(_events(story))).papers
    rows = [
        (Cell(shown.label), _version(each.version), _endorsements(each.endorsements))
        for shown in map(shown_paper, papers)
        for each in shown.versions
    ]
    return Table(_PAPERS, tuple(rows), "Tidak ada dokumen yang diparaf atau ditandatangani.")


def _version(version: PaperVersion) -> Cell:
    by = f", oleh {person(version.by)}" if version.by else ""
    text = f"Versi {version.number}, {moment_text(version.at)}{by}\nSHA-256 {version.digest}"
    return Cell(text)


def _endorsements(endorsements: Sequence[Endorsement]) -> Cell:
    return Cell("\n".join(line for each in endorsements for line in _lines(each)) or NOTHING)


def _lines(each: Endorsement) -> Iterator[str]:
    capacity = capacity_text(each.capacity)
    said = f"{NAMES[each.kind]}: {person(each.by)} ({capacity}), {moment_text(each.at)}"
    yield said + (f", {METHODS.get(each.method, each.method)}" if each.method else "")
    if each.is_waived:
        yield (
            "paraf tidak diperlukan: konseptor sama"
            if each.kind is EndorsementKind.PARAF
            else "paraf tidak diperlukan: dibuat oleh penanda tangan"
        )
    for digest in each.files:
        yield f"Berkas yang ditandatangani, SHA-256 {digest}"
    if each.voided is not None and each.voided_at is not None:
        yield f"{VOIDINGS[each.voided].upper()}, {moment_text(each.voided_at)}"


# ----------------------------------------------------------------- files and remarks


def files_table(story: Story) -> Table:
    """Every document with its size and SHA-256; withdrawn ones are marked."""
    withdrawn = {
        event.payload["attachment"]
        for event in _events(story)
        if event.kind is EventKind.ATTACHMENT_WITHDRAWN
    }
    return Table(
        _FILES,
        tuple(_file_rows(story, withdrawn)),
        "Tidak ada dokumen atau lampiran.",
    )


def _file_rows(story: Story, withdrawn: Collection[str]) -> Iterator[tuple[Cell, ...]]:
    for event in _events(story):
        if not event.is_input:
            continue
        is_attachment = event.kind is EventKind.ATTACHMENT_ADDED
        mark = "\n(ditarik)" if event.payload.get("attachment") in withdrawn else ""
        by = Cell(f"{person(event.actor)}, {moment_text(event.at)}\n{_place(story, event)}")
        if is_attachment and event.payload.get("url"):
            name = f"{event.payload['name']}\n{event.payload['url']}{mark}"
            yield Cell(name), Cell(NOTHING), Cell("alamat, tanpa isi yang disimpan"), by
        for each in documents_of(event.payload):
            kind = "\nLampiran" if is_attachment else ""
            yield (
                Cell(f"{each.name}{kind}{mark}"),
                Cell(size_words(each.size)),
                Cell(each.sha256, is_code=True),
                by,
            )


def comments_table(story: Story) -> Table:
    """What people remarked."""
    return Table(
        _REMARKS,
        tuple(
            (
                Cell(moment_text(event.at)),
                Cell(person(event.actor)),
                Cell(_place(story, event)),
                Cell(event.payload["message"]),
            )
            for event in _events(story)
            if event.kind is EventKind.COMMENT_ADDED
        ),
        "Tidak ada komentar.",
    )


# --------------------------------------------------------------------------- events


def _events(story: Story) -> Iterator[HistoryEvent]:
    return story.events_until(len(story.steps))


def _place(story: Story, event: HistoryEvent) -> str:
    """The step that the event is about."""
    if event.activity_id is None:
        return "Berkas proses"
    return node_name(story.model, event.activity_id)
