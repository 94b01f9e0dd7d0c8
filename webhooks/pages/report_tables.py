"""The tables of a report: each is shown on the page, and given away as CSV with the same rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask_babel import format_decimal, gettext

from engine.model import ReportedSop, ReportedStep, SopReport
from engine.spreadsheets import plain_text
from engine.worktime import Span
from webhooks.pages.remaining import passed_text

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Share:
    """Some of all, from 0 to 1; None when there is nothing that it could be a share of."""

    value: float | None


#: A working time is minutes in CSV, and words on a page.
Cell = str | int | timedelta | Share | None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head. name: in the address of its CSV. day: how long a working day is."""

    name: str
    title: str
    head: tuple[str, ...]
    rows: list[tuple[Cell, ...]]
    day: timedelta

    def text(self, cell: Cell) -> str:
        """The cell as a page says it."""
        if isinstance(cell, timedelta):
            return duration_text(cell, self.day)
        if isinstance(cell, Share):
            return share_text(cell)
        return "–" if cell is None or cell == "" else str(cell)


def duration_text(time: timedelta, day: timedelta) -> str:
    """Working time in words, in days of that length."""
    if not time:
        return "0"
    return passed_text(Span(time // day, time % day))


def share_text(share: Share) -> str:
    """A whole percentage, never rounded up to all; a dash for a share of nothing."""
    if share.value is None:
        return "–"
    return f"{format_decimal(int(share.value * 100 + 1e-9))}%"


# ------------------------------------------------------------------------ tables


def steps_table(report: SopReport) -> Table:
    """Waktu Baku against what was measured, waiting and working apart."""
    return Table(
        "langkah",
        gettext("Waktu Baku dan Waktu Realisasi"),
        (
            gettext("No."),
            gettext("Langkah"),
            gettext("Lajur"),
            gettext("Waktu Baku"),
            gettext("Selesai"),
            gettext("Tepat waktu"),
            gettext("Tunggu, median"),
            gettext("Tunggu, persentil 90"),
            gettext("Kerja, median"),
            gettext("Kerja, persentil 90"),
        ),
        [
            (
                step.number,
                step.name,
                step.lane,
                step.norm or step.term,
                step.figures.visits,
                Share(step.figures.on_time_share),
                step.figures.waiting.median if step.figures.visits else None,
                step.figures.waiting.ninetieth if step.figures.visits else None,
                step.figures.working.median if step.figures.visits else None,
                step.figures.working.ninetieth if step.figures.visits else None,
            )
            for step in report.steps
        ],
        report.day,
    )


def bottlenecks_table(report: SopReport) -> Table:
    """The steps that took most of all time."""
    return Table(
        "hambatan",
        gettext("Hambatan"),
        (
            gettext("Langkah"),
            gettext("Lajur"),
            gettext("Waktu tunggu seluruhnya"),
            gettext("Waktu kerja seluruhnya"),
            gettext("Bagian dari waktu SOP"),
            gettext("Terlambat"),
        ),
        [
            (
                step_name(step),
                step.lane,
                step.figures.waiting.total,
                step.figures.working.total,
                Share(step.share),
                step.figures.late,
            )
            for step in report.bottlenecks
        ],
        report.day,
    )


def returns_table(report: SopReport) -> Table:
    """Which step sent back to which."""
    return Table(
        "pengembalian",
        gettext("Pengembalian untuk perbaikan"),
        (gettext("Dikembalikan oleh"), gettext("Kepada"), gettext("Berapa kali")),
        [
            (name_in(report, each.sender), name_in(report, each.receiver), each.times)
            for each in report.returns
        ],
        report.day,
    )


def lanes_table(report: SopReport) -> Table:
    """What each lane did, and what waits for it."""
    return Table(
        "lajur",
        gettext("Beban lajur"),
        (
            gettext("Lajur"),
            gettext("Selesai"),
            gettext("Terlambat"),
            gettext("Waktu tunggu"),
            gettext("Waktu kerja"),
            gettext("Terbuka sekarang"),
            gettext("Terbuka dan lewat tenggat"),
        ),
        [
            (
                each.lane,
                each.done,
                each.late,
                each.waiting,
                each.working,
                each.open,
                each.overdue,
            )
            for each in report.lanes
        ],
        report.day,
    )


def variants_table(report: SopReport) -> Table:
    """The orders of steps, the most frequent first."""
    return Table(
        "varian",
        gettext("Varian jalur"),
        (gettext("Urutan langkah"), gettext("Berkas"), gettext("Bagian")),
        [
            (
                " → ".join(short_name_in(report, step) for step in each.steps),
                each.instances,
                Share(each.share),
            )
            for each in report.variants
        ],
        report.day,
    )


def conformance_table(report: SopReport) -> Table:
    """In how many completed instances a step was skipped or repeated."""
    conformance = report.conformance
    found = {*conformance.skipped, *conformance.repeated}
    return Table(
        "kesesuaian",
        gettext("Langkah yang dilewati atau diulang"),
        (
            gettext("Langkah"),
            gettext("Berkas yang melewatinya"),
            gettext("Berkas yang mengulanginya"),
        ),
        [
            (
                step_name(step),
                conformance.skipped.get(step.activity_id, 0),
                conformance.repeated.get(step.activity_id, 0),
            )
            for step in report.steps
            if step.activity_id in found
        ],
        report.day,
    )


#: Name in the address -> the table.
TABLES: Mapping[str, Callable[[SopReport], Table]] = {
    "langkah": steps_table,
    "hambatan": bottlenecks_table,
    "pengembalian": returns_table,
    "lajur": lanes_table,
    "varian": variants_table,
    "kesesuaian": conformance_table,
}


def overview_table(sops: list[ReportedSop]) -> Table:
    """Every SOP in one row; times in hours, since each has a calendar of its own."""
    hour = timedelta(hours=1)
    return Table(
        "sop",
        gettext("Semua SOP"),
        (
            gettext("SOP"),
            gettext("Satuan kerja"),
            gettext("Dimulai"),
            gettext("Selesai"),
            gettext("Dibatalkan"),
            gettext("Berjalan sekarang"),
            gettext("Langkah tepat waktu"),
            gettext("Lama, median (jam kerja)"),
        ),
        [
            (
                each.name,
                each.office,
                each.instances.started,
                each.instances.completed,
                each.instances.cancelled,
                each.instances.running,
                Share(each.on_time_share),
                format_decimal(round(each.instances.elapsed.median / hour, 1))
                if each.instances.completed
                else None,
            )
            for each in sops
        ],
        timedelta(days=1),
    )


# ------------------------------------------------------------------------- names


def step_name(step: ReportedStep) -> str:
    """The step with its number in the sheet."""
    return f"{step.number}. {step.name}" if step.number else step.name


def name_in(report: SopReport, activity_id: str) -> str:
    """The name of a step of the report."""
    step = report.step(activity_id)
    return step_name(step) if step else activity_id


def short_name_in(report: SopReport, activity_id: str) -> str:
    """Its number in the sheet, if it has one."""
    step = report.step(activity_id)
    return (step.number or step.name) if step else activity_id


# --------------------------------------------------------------------------- CSV


def to_csv(table: Table) -> bytes:
    """The table as UTF-8 with a byte order mark, so that spreadsheets know it; times in minutes."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    timed = {
        place for row in table.rows for place, cell in enumerate(row) if isinstance(cell, timedelta)
    }
    writer.writerow(
        f"{title} ({gettext('menit kerja')})" if place in timed else title
        for place, title in enumerate(table.head)
    )
    writer.writerows([csv_cell(cell) for cell in row] for row in table.rows)
    return out.getvalue().encode("utf-8-sig")


def csv_cell(cell: Cell) -> str | int:
    """The cell as a spreadsheet takes it: never as a formula."""
    if isinstance(cell, timedelta):
        return round(cell / _MINUTE)
    if isinstance(cell, Share):
        return "" if cell.value is None else share_text(cell)
    if isinstance(cell, str):
        return plain_text(cell)
    return "" if cell is None else cell
