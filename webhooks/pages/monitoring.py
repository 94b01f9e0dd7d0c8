"""The six-monthly monitoring sheet of an SOP, its facts filled in from history.

PermenPAN-RB 35/2012: No., Prosedur, Penilaian, Catatan, Tindakan yang harus diambil, Paraf. What
is a judgement stays blank, for people to fill in by hand or in a spreadsheet.
"""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from engine.model import ReportedStep, SopReport
from webhooks.pages.blueprint import blueprint
from webhooks.pages.report_tables import Share, Table, duration_text, share_text
from webhooks.pages.reports import file_of, report_of, wanted


@blueprint.get("/laporan/<key>/pemantauan")
def show_monitoring(key: str) -> ResponseReturnValue:
    """The sheet, to be printed."""
    asked = wanted()
    report = report_of(key, asked)
    return render_template(
        "monitoring.html",
        asked=asked,
        report=report,
        table=monitoring_table(report),
        conforming=share_text(Share(report.conformance.share)),
    )


@blueprint.get("/laporan/<key>/pemantauan.csv")
def download_monitoring(key: str) -> ResponseReturnValue:
    """The sheet as a file, to be filled in in a spreadsheet."""
    asked = wanted()
    return file_of(monitoring_table(report_of(key, asked)), f"pemantauan-{key}", asked)


def monitoring_table(report: SopReport) -> Table:
    """One row for each step of the SOP."""
    return Table(
        "pemantauan",
        gettext("Lembar pemantauan SOP"),
        (
            gettext("No."),
            gettext("Prosedur"),
            gettext("Penilaian"),
            gettext("Catatan"),
            gettext("Tindakan yang harus diambil"),
            gettext("Paraf penilai"),
        ),
        [
            (
                step.number or str(place),
                step.name,
                None,
                " ".join(facts_of(report, step)),
                None,
                None,
            )
            for place, step in enumerate(report.steps, 1)
        ],
        report.day,
    )


def facts_of(report: SopReport, step: ReportedStep) -> list[str]:
    """What history says of a step, a sentence each."""
    figures = step.figures
    if not figures.visits:
        return [gettext("Tidak dijalankan dalam periode ini.")]
    told = [
        ngettext("Dijalankan %(num)s kali.", "Dijalankan %(num)s kali.", figures.visits),
        gettext(
            "Median waktu tunggu %(waiting)s, waktu kerja %(working)s.",
            waiting=duration_text(figures.waiting.median, report.day),
            working=duration_text(figures.working.median, report.day),
        ),
    ]
    if figures.on_time_share is not None:
        told.append(
            gettext(
                "Tepat waktu %(share)s dari %(dated)s yang bertenggat.",
                share=share_text(Share(figures.on_time_share)),
                dated=figures.dated,
            )
        )
    if figures.returned:
        told.append(
            ngettext(
                "Dikembalikan untuk perbaikan %(num)s kali.",
                "Dikembalikan untuk perbaikan %(num)s kali.",
                figures.returned,
            )
        )
    if skipped := report.conformance.skipped.get(step.activity_id):
        told.append(ngettext("Dilewati %(num)s berkas.", "Dilewati %(num)s berkas.", skipped))
    return told
