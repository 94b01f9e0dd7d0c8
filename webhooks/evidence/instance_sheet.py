"""One instance as a paper: what it was, its run, the diagram with its way, records, and the proof.

It is Indonesian in every language that its reader chose, as the SOP is that it tells of.
"""

from __future__ import annotations

from engine.checkpoint_proof import Covering
from engine.history_codes import code_of
from engine.model import Actor, EventKind, InstanceState, ProcessDefinition
from engine.playback.story import Story
from webhooks.evidence.instance_records import (
    comments_table,
    files_table,
    incidents_table,
    papers_table,
    trail_table,
)
from webhooks.evidence.instance_visits import visits_table
from webhooks.evidence.pictures import pictures_of
from webhooks.evidence.sheets import Cell, Facts, Section, Sheet, Text
from webhooks.language import told
from webhooks.pages import messages
from webhooks.pages.dates import moment_text
from webhooks.pages.people import person
from webhooks.pages.periods import reporting_period
from webhooks.pages.values import NOTHING, fields_of
from webhooks.rest.context import current_engine, current_settings


def instance_sheet(instance_id: str, *, actor: Actor) -> Sheet:
    """The paper of the instance as it is now; its history is verified for it.

    Raises NotFound, Forbidden.
    """
    engine = current_engine()
    story = engine.playback.story(instance_id, actor=actor, is_fresh=True)
    definition = engine.definitions.definition(story.instance.definition_id, actor=actor)
    covering = engine.checkpoint_proof.covering(instance_id, actor=actor)
    image = engine.playback.image(story, len(story.steps), key="gambar", actor=actor, say=told)
    words = "Diagram alur dengan jalur yang dilalui; isinya sama dengan tabel riwayat."
    return Sheet(
        title="Riwayat Pelaksanaan SOP",
        subtitle=_name(story, definition),
        letterhead=letterhead(story.model.properties.get("sop:satuanKerja", "")),
        footer=f"Kode verifikasi {_code(story)}",
        made_at=story.checked_at,
        sections=(
            Section("Identitas", (*_warnings(story), _identity(story, definition))),
            Section("Hasil pemeriksaan keutuhan", (_proof(story, covering, actor),)),
            Section("Pelaksanaan langkah", (visits_table(story),), is_wide=True),
            Section("Diagram dengan jalurnya", pictures_of(image, words), is_wide=True),
            Section("Riwayat lengkap dan isian", (trail_table(story),), is_wide=True),
            Section("Paraf dan tanda tangan", (papers_table(story),)),
            Section("Dokumen dan lampiran", (files_table(story),)),
            Section("Komentar", (comments_table(story),)),
            Section("Gangguan", (incidents_table(story),)),
        ),
    )


def letterhead(office: str) -> tuple[str, ...]:
    """The names of the office, as the SOP's sheet has them; of none, that it says none."""
    lines = tuple(line.strip() for line in office.splitlines() if line.strip())
    return lines or ("Satuan kerja tidak disebut dalam SOP",)


def _name(story: Story, definition: ProcessDefinition) -> str:
    key = story.instance.business_key
    return f"{definition.name} ({key})" if key else definition.name


def _code(story: Story) -> str:
    return code_of(story.instance.instance_id, story.instance.head_hash)


def _warnings(story: Story) -> tuple[Text, ...]:
    """What is wrong with the history, before anything is told from it."""
    faults = story.verification.faults
    if not faults:
        return ()
    lines = [f"Catatan {each.sequence}: {messages.fault_text(each)}" for each in faults]
    shown = f"Yang diceritakan di sini hanya {len(story.steps)} dari {story.recorded} langkah."
    return (Text("\n".join(("RIWAYAT TIDAK UTUH", *lines, shown)), is_warning=True),)


def _identity(story: Story, definition: ProcessDefinition) -> Facts:
    instance, by = story.instance, person(story.instance.started_by)
    rows = [
        ("Nama SOP", Cell(definition.name, is_strong=True)),
        ("Nomor SOP", Cell(_said(story, "sop:nomorSop"))),
        ("Tanggal efektif", Cell(_said(story, "sop:tanggalEfektif"))),
        ("Versi proses", Cell(f"{definition.key}, versi {definition.version}")),
        ("SHA-256 diagram BPMN", Cell(definition.digest, is_code=True)),
        ("Kunci berkas", Cell(instance.business_key or NOTHING, is_strong=True)),
        ("Nomor berkas proses", Cell(instance.instance_id, is_code=True)),
        ("Periode", Cell(_period(story) or NOTHING)),
        ("Dimulai", Cell(f"{moment_text(instance.started_at)}, oleh {by}")),
        ("Keadaan", Cell(messages.STATES[instance.state], is_strong=True)),
        ("Berakhir", Cell(moment_text(instance.ended_at) or NOTHING)),
    ]
    if instance.state is InstanceState.CANCELLED:
        rows.append(("Pembatalan", Cell(_cancelled(story))))
    return Facts(tuple(rows))


def _said(story: Story, name: str) -> str:
    return story.model.properties.get(name, "").strip() or NOTHING


def _period(story: Story) -> str:
    """The period that the start form said."""
    given = story.steps[0].frame.payload.get("variables") if story.steps else None
    return reporting_period(given or {}, fields_of(story.model))


def _cancelled(story: Story) -> str:
    by = next(
        (s.frame.actor for s in story.steps if s.frame.kind is EventKind.INSTANCE_CANCELLED), None
    )
    return f"oleh {person(by)}, alasan: {story.instance.end_reason or NOTHING}"


# --------------------------------------------------------------------------- proof


def _proof(story: Story, covering: Covering | None, actor: Actor) -> Facts:
    instance, verification = story.instance, story.verification
    verdict = "UTUH" if verification.is_sound else "TIDAK UTUH"
    checked = (
        f"{verdict}: rantai hash, putar ulang masukan, tenggat, paraf, dan dokumen diperiksa "
        f"{moment_text(story.checked_at)}, atas permintaan {person(actor.account)}"
    )
    return Facts(
        (
            ("Hasil", Cell(checked, is_strong=True)),
            ("Jumlah catatan", Cell(f"{instance.last_sequence} catatan, {story.recorded} langkah")),
            ("Hash catatan terakhir", Cell(instance.head_hash, is_code=True)),
            *_covered(covering),
            ("Kode verifikasi", Cell(_code(story), is_code=True, is_strong=True)),
            ("Cara memeriksa", Cell(_how_to_check())),
        )
    )


def _covered(covering: Covering | None) -> tuple[tuple[str, Cell], ...]:
    if covering is None:
        return (("Titik periksa", Cell("Belum ada titik periksa yang memuat berkas ini.")),)
    verdict = "cocok" if covering.is_sound else "TIDAK COCOK"
    said = (
        f"Nomor {covering.number}, {moment_text(covering.at) or NOTHING}: memuat catatan sampai "
        f"nomor {covering.sequence}, {verdict}"
    )
    return (
        ("Titik periksa terakhir", Cell(said)),
        ("Sidik kunci penanda tangan", Cell(covering.fingerprint or NOTHING, is_code=True)),
    )


def _how_to_check() -> str:
    base = current_settings().base_url
    place = f"{base.rstrip('/')}/periksa" if base else "halaman /periksa di Alur"
    return (
        f"Masukkan kode ini pada {place}, atau jalankan: alur verify --code KODE. Jawabannya "
        "menyebut apakah riwayat berkas ini masih memuat catatan terakhir tersebut."
    )
