"""The report of a package of evidence as a paper: figures of the period, and what proves them.

LKE of PermenPAN-RB 88/2021, component 2 (Pengukuran Kinerja), asks for a mechanism that gathers
performance data, the leader's part in it, and an application. It names no person but who made it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.model import ProcessDefinition, ReportedSop, SopReport
from webhooks.evidence import sheets
from webhooks.evidence.akip_tables import leaders_table, versions_table
from webhooks.evidence.sheets import Cell, Column, Facts, Section, Sheet, Signature, Text
from webhooks.pages.dates import day_text, moment_text
from webhooks.pages.people import person
from webhooks.pages.report_tables import (
    Share,
    Table,
    lanes_table,
    overview_table,
    returns_table,
    share_text,
    steps_table,
)
from webhooks.rest.context import current_engine, current_settings

_CRITERIA = (
    (
        "2.a.3",
        "Terdapat mekanisme yang jelas terhadap pengumpulan data kinerja yang dapat diandalkan",
        "Diagram setiap SOP yang dijalankan dengan SHA-256 (Versi SOP yang dijalankan); "
        "kesesuaian pelaksanaan dengan langkah SOP; riwayat yang dapat diuji.",
    ),
    (
        "2.b.1",
        "Pimpinan selalu terlibat sebagai pengambil keputusan",
        "Keterlibatan pimpinan: langkah yang dikerjakan dan pengembalian untuk perbaikan.",
    ),
    (
        "2.b.4",
        "Pengumpulan data kinerja dilakukan secara berkala",
        "Berkas yang dimulai dan selesai dalam periode, dengan waktunya (tabel/berkas.csv).",
    ),
    (
        "2.b.5",
        "Pengumpulan data kinerja dilakukan secara berjenjang",
        "Beban lajur: langkah yang dikerjakan setiap jenjang.",
    ),
    (
        "2.b.6",
        "Pengumpulan data kinerja telah memanfaatkan Teknologi Informasi (Aplikasi)",
        "Seluruh angka dihitung dari riwayat yang dicatat Alur saat langkah dikerjakan.",
    ),
)


@dataclass(slots=True)
class Period:
    """What was found of a period; it grows while its instances are looked at.

    verified: None when the histories were not verified. checkpoint: the newest that lists one.
    """

    label: str
    first: datetime
    last: datetime
    made_at: datetime
    made_by: str
    sops: list[ReportedSop]
    reports: list[SopReport]
    office: tuple[str, ...]
    instances: int = 0
    covered: int = 0
    verified: int | None = None
    faulty: list[str] = field(default_factory=list)
    checkpoints: set[int] = field(default_factory=set)
    definitions: dict[str, ProcessDefinition] = field(default_factory=dict)
    fingerprint: str = ""


def akip_sheet(found: Period) -> Sheet:
    """The report of the period."""
    lanes = current_engine().evidence_packages.leader_lanes
    leading = leaders_table(found.reports, lanes)
    criteria = tuple(tuple(map(Cell, row)) for row in _CRITERIA)
    columns = (Column("Nomor", 0.8), Column("Kriteria", 5), Column("Bukti dalam paket ini", 6))
    return Sheet(
        title="Paket Bukti AKIP",
        subtitle=f"Pelaksanaan SOP, {found.label}",
        letterhead=found.office,
        footer=f"Paket Bukti AKIP, {found.label}",
        made_at=found.made_at,
        sections=(
            Section("Ringkasan", (_summary(found, leading), *_warnings(found))),
            Section("Kriteria LKE", (sheets.Table(columns, criteria, ""),)),
            Section("Bukti keutuhan", (_proof(found), Signature("Kepala Dinas", ""))),
            Section("Semua SOP", (_set(overview_table(found.sops), 3.4, 3),), is_wide=True),
            Section("Keterlibatan pimpinan", (_set(leading, 3, 4.4),), is_wide=True),
            *(_section(report) for report in found.reports if _ran(report)),
            Section("Versi SOP yang dijalankan", (_versions(found),), is_wide=True),
        ),
    )


def _ran(report: SopReport) -> bool:
    return any(step.figures.visits for step in report.steps)


def _section(report: SopReport) -> Section:
    """One SOP: its times, what was sent back, and what each lane did."""
    parts = [
        (steps_table(report), (0.6, 4.4, 2)),
        (returns_table(report), (4, 4)),
        (lanes_table(report), (3,)),
    ]
    told: list[Facts | sheets.Table | Text] = []
    for table, shares in parts:
        told += [Text(table.title), _set(table, *shares)]
    conformance = report.conformance
    said = (
        f"Kesesuaian dengan SOP: {conformance.conforming} dari {conformance.completed} berkas yang "
        f"selesai menjalani setiap langkah tepat sekali ({share_text(Share(conformance.share))})."
    )
    return Section(report.name, (*told, Text(said)), is_wide=True)


def _set(table: Table, *shares: float) -> sheets.Table:
    """The table on paper; shares of its first columns, the others have 1.5 each."""
    widths = [*shares, *([1.5] * len(table.head))][: len(table.head)]
    return sheets.Table(
        tuple(Column(*each) for each in zip(table.head, widths, strict=True)),
        tuple(tuple(Cell(table.text(cell)) for cell in row) for row in table.rows),
        "Tidak ada dalam periode ini.",
    )


# ----------------------------------------------------------------------- summary


def _summary(found: Period, leading: Table) -> Facts:
    figures = [each.instances for each in found.sops]
    dated, late = (sum(getattr(s, name) for s in found.sops) for name in ("dated", "late"))
    on_time = share_text(Share((dated - late) / dated if dated else None))
    returns = sum(each.times for report in found.reports for each in report.returns)
    decided = sum(int(str(row[3])) for row in leading.rows)
    last = found.last - timedelta(milliseconds=1)
    rows = [
        ("Periode", f"{found.label}: {_day_in(found.first)} sampai {_day_in(last)}"),
        ("Dibuat", f"{moment_text(found.made_at)}, oleh {person(found.made_by)}"),
        ("SOP", str(len(found.sops))),
        ("Berkas dimulai", str(sum(each.started for each in figures))),
        ("Berkas selesai", str(sum(each.completed for each in figures))),
        ("Berkas dibatalkan", str(sum(each.cancelled for each in figures))),
        ("Langkah tepat waktu", f"{on_time} dari {dated} langkah yang bertenggat"),
        ("Dikembalikan untuk perbaikan", f"{returns} kali"),
        ("Langkah oleh pimpinan", f"{decided} kali"),
    ]
    return Facts(tuple((label, Cell(said)) for label, said in rows))


def _day_in(moment: datetime) -> str:
    return day_text(moment.astimezone(current_settings().time_zone).date())


def _warnings(found: Period) -> tuple[Text, ...]:
    told = []
    if found.faulty:
        told.append("RIWAYAT TIDAK UTUH pada berkas: " + ", ".join(found.faulty))
    if missing := sum(each.unmeasured for each in found.reports):
        told.append(f"{missing} langkah atau berkas yang berakhir belum diukur dan belum dihitung.")
    return tuple(Text(each, is_warning=True) for each in told)


# ------------------------------------------------------------------------- proof


def _versions(found: Period) -> sheets.Table:
    ordered = sorted(found.definitions.values(), key=lambda each: (each.key, each.version))
    return _set(versions_table(ordered), 4, 2.4, 0.8, 6)


def _proof(found: Period) -> Facts:
    if found.verified is None:
        verified = "Riwayat tidak diuji untuk paket ini."
    else:
        sound = found.verified - len(found.faulty)
        verified = f"{sound} dari {found.verified} riwayat utuh, diuji {moment_text(found.made_at)}"
    listed = "Belum ada titik periksa yang memuat berkas ini."
    if found.checkpoints:
        listed = f"{found.covered} berkas dimuat sampai catatan terakhirnya, yang terbaru pada "
        listed += f"titik periksa nomor {max(found.checkpoints)}"
    rows = [
        ("Berkas dalam periode", Cell(f"{found.instances}; daftarnya pada tabel/berkas.csv")),
        ("Uji keutuhan", Cell(verified, is_strong=True)),
        ("Titik periksa", Cell(listed)),
        ("Sidik kunci penanda tangan", Cell(found.fingerprint or "–", is_code=True)),
        ("Cara memeriksa", Cell("python3 verify_package.py PAKET.zip; lihat BACA-SAYA.txt.")),
    ]
    return Facts(tuple(rows))
