"""The tables of a period that reports do not have: the leader's part, versions, instances."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from engine.model import ProcessDefinition, SopReport
from webhooks.pages.report_tables import Share, Table, step_name

_DAY = timedelta(days=1)
#: The columns of `tabel/berkas.csv`; verify_package.py reads events and hash among them.
INSTANCE_COLUMNS = (
    "Nomor berkas proses",
    "Kunci berkas",
    "SOP",
    "Versi",
    "Keadaan",
    "Dimulai",
    "Berakhir",
    "Jumlah catatan",
    "Hash catatan terakhir",
    "Titik periksa",
    "Uji keutuhan",
    "Kode verifikasi",
)


def leaders_table(reports: Sequence[SopReport], lanes: Collection[str]) -> Table:
    """The steps of the leader's lanes: how often each was done, and sent work back."""
    return Table(
        "keterlibatan-pimpinan",
        "Keterlibatan pimpinan",
        (
            "SOP",
            "Langkah",
            "Lajur",
            "Diselesaikan",
            "Dikembalikan untuk perbaikan",
            "Tepat waktu",
        ),
        [
            (
                report.name,
                step_name(step),
                step.lane,
                step.figures.visits,
                step.figures.sent_back,
                Share(step.figures.on_time_share),
            )
            for report in reports
            for step in report.steps
            if step.lane in lanes
        ],
        _DAY,
    )


def versions_table(definitions: Sequence[ProcessDefinition]) -> Table:
    """The versions that instances of the period ran by, with the SHA-256 of each diagram."""
    return Table(
        "versi",
        "Versi SOP yang dijalankan",
        ("SOP", "Kunci", "Versi", "SHA-256 diagram BPMN"),
        [(each.name, each.key, each.version, each.digest) for each in definitions],
        _DAY,
    )
