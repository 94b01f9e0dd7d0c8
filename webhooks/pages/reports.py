"""Reports: how the work of each SOP went in a period, against the times and steps of its sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import Markup
from werkzeug.exceptions import NotFound as NoSuchPage

from engine.drawings import Image, Warmth
from engine.event_logs.selections import LogFormat, WantedLog
from engine.model import Period, ReportedSop, Role, SopReport
from webhooks.downloads import event_log
from webhooks.language import Phrases, told
from webhooks.pages import periods
from webhooks.pages.blueprint import blueprint
from webhooks.pages.charts import MOST_BARS, stacked_bars
from webhooks.pages.dates import day_text
from webhooks.pages.drawings import Shown, shown_image
from webhooks.pages.listings import argument, may_list
from webhooks.pages.logins import current_actor
from webhooks.pages.report_tables import (
    TABLES,
    Share,
    Table,
    duration_text,
    overview_table,
    share_text,
    step_name,
    to_csv,
)
from webhooks.rest.context import current_engine, current_patience
from webhooks.rest.pictures import picture

#: Rows of variants on the page; the CSV has all.
_MOST_VARIANTS = 10
_HOUR = timedelta(hours=1)
_COUNT, _TIME = "jumlah", "waktu"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The period that the address asks for, with what its form holds.

    fault: why the dates that were typed are none; the running half year is shown then.
    """

    period: Period
    label: str
    first: date
    last: date
    #: What the address says of it, to be kept in links.
    query: Mapping[str, Any]
    named: periods.Period | None
    fault: str | None = None


def wanted() -> Wanted:
    """A named period (`periode`), or the days from `dari` to `sampai`; else this half year."""
    since, until = argument("dari"), argument("sampai")
    if not since and not until:
        return _named(periods.period_of(argument("periode")) or periods.running(periods.HALF))
    try:
        first, last = date.fromisoformat(since or ""), date.fromisoformat(until or "")
        if not date(1990, 1, 1) <= first <= last <= date(2200, 1, 1):
            raise ValueError
    except ValueError:
        said = gettext("Tulis dua tanggal seperti 2026-01-31; yang pertama tidak boleh kemudian.")
        return _named(periods.running(periods.HALF), fault=said)
    return Wanted(
        Period(periods.midnight(first), periods.midnight(last + timedelta(days=1))),
        gettext("%(first)s sampai %(last)s", first=day_text(first), last=day_text(last)),
        first,
        last,
        {"dari": first.isoformat(), "sampai": last.isoformat()},
        None,
    )


def _named(named: periods.Period, fault: str | None = None) -> Wanted:
    last = named.end - timedelta(days=1)
    period = Period(periods.midnight(named.first), named.before)
    query = {"periode": named.code}
    return Wanted(period, named.label, named.first, last, query, named, fault)


# -------------------------------------------------------------------------- pages


@blueprint.get("/laporan")
def list_reports() -> ResponseReturnValue:
    """Every SOP in the period, of one office or of all."""
    asked, office = wanted(), argument("kantor")
    found = _overview(asked)
    offices = sorted({each.office for each in found if each.office})
    shown = [each for each in found if office in (None, each.office)]
    return render_template(
        "reports.html",
        asked=asked,
        periods=Phrases(periods.REPORTED),
        keys=[each.definition_key for each in shown],
        table=overview_table(shown),
        offices=offices,
        office=office,
        may_list=may_list(current_actor()),
        gives_logs=_gives_logs(),
    )


@blueprint.get("/laporan/sop.csv")
def download_overview() -> ResponseReturnValue:
    """The overview as a file."""
    asked, office = wanted(), argument("kantor")
    found = _overview(asked)
    shown = [each for each in found if office in (None, each.office)]
    return file_of(overview_table(shown), "laporan-sop", asked)


@blueprint.get("/laporan/<key>")
def show_report(key: str) -> ResponseReturnValue:
    """One SOP: its times, bottlenecks, returns, lanes, heat map, variants and conformance."""
    asked = wanted()
    report = report_of(key, asked)
    tables = {name: table(report) for name, table in TABLES.items()}
    return render_template(
        "report.html",
        asked=asked,
        periods=Phrases(periods.REPORTED),
        report=report,
        tables=tables,
        most_variants=_MOST_VARIANTS,
        most_bars=MOST_BARS,
        steps_chart=_steps_chart(report),
        lanes_chart=_lanes_chart(report),
        heat=_heat(report, asked),
        heat_by=_heat_by(),
        elapsed=lambda time: duration_text(time, report.day),
        conforming=share_text(Share(report.conformance.share)),
        may_list=may_list(current_actor()),
        gives_logs=_gives_logs(),
    )


@blueprint.get("/laporan/<key>/<name>.csv")
def download_report(key: str, name: str) -> ResponseReturnValue:
    """One table of the report as a file."""
    asked = wanted()
    if name not in TABLES:
        raise NoSuchPage
    return file_of(TABLES[name](report_of(key, asked)), f"laporan-{key}-{name}", asked)


@blueprint.get("/laporan/<key>/panas.svg")
def show_heat(key: str) -> ResponseReturnValue:
    """The heat map alone, at full size."""
    return picture(_heat_image(report_of(key, wanted())))


def report_of(key: str, asked: Wanted) -> SopReport:
    """The report of an SOP in the period. Raises NotFound, Forbidden, StillWorking."""
    reports, actor = current_engine().reports, current_actor()
    question = (key, asked.period, actor)
    return current_patience().answer(question, lambda: reports.sop(key, asked.period, actor=actor))


def _overview(asked: Wanted) -> list[ReportedSop]:
    """Every SOP in the period. Raises StillWorking."""
    reports, actor = current_engine().reports, current_actor()
    question = (None, asked.period, actor)
    return current_patience().answer(question, lambda: reports.overview(asked.period, actor=actor))


def file_of(table: Table, name: str, asked: Wanted) -> Response:
    """The table as CSV, named for what it is and its period."""
    full = f"{name}-{asked.first.isoformat()}-{asked.last.isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{full}"'}
    return Response(to_csv(table), content_type="text/csv; charset=utf-8", headers=headers)


# --------------------------------------------------------------------- event logs


@blueprint.get("/laporan/kejadian.<any(xes,json,csv):ending>")
def download_logs(ending: str) -> Response:
    """The event log of all SOPs, or of an office's, for auditors and admins."""
    return _log_of(ending, wanted(), office=argument("kantor"))


@blueprint.get("/laporan/<key>/kejadian.<any(xes,json,csv):ending>")
def download_log(key: str, ending: str) -> Response:
    """That of one SOP."""
    return _log_of(ending, wanted(), key=key)


def _log_of(
    ending: str, asked: Wanted, *, key: str | None = None, office: str | None = None
) -> Response:
    period = asked.period
    # What began with the period is in it: a log asks strictly.
    log = WantedLog(key, office, period.since - periods.TICK, period.until)
    name = f"kejadian-{key or 'sop'}-{asked.first.isoformat()}-{asked.last.isoformat()}"
    return event_log(log, LogFormat(ending), actor=current_actor(), name=name)


def _gives_logs() -> bool:
    return current_actor().has(Role.AUDITOR, Role.ADMIN)


# ------------------------------------------------------------------------- charts


def _steps_chart(report: SopReport) -> Markup | None:
    """The median of each step, waiting and working apart, in working hours."""
    steps = [step for step in report.steps if step.figures.visits]
    if not steps:
        return None
    return stacked_bars(
        gettext("Median waktu tunggu dan waktu kerja setiap langkah, dalam jam kerja"),
        [step_name(step) for step in steps],
        {
            gettext("Waktu tunggu"): [_hours(step.figures.waiting.median) for step in steps],
            gettext("Waktu kerja"): [_hours(step.figures.working.median) for step in steps],
        },
    )


def _lanes_chart(report: SopReport) -> Markup | None:
    lanes = [each for each in report.lanes if each.done]
    if not lanes:
        return None
    return stacked_bars(
        gettext("Waktu tunggu dan waktu kerja setiap lajur seluruhnya, dalam jam kerja"),
        [each.lane or "–" for each in lanes],
        {
            gettext("Waktu tunggu"): [_hours(each.waiting) for each in lanes],
            gettext("Waktu kerja"): [_hours(each.working) for each in lanes],
        },
    )


def _hours(time: timedelta) -> float:
    return round(time / _HOUR, 2)


# ----------------------------------------------------------------------- heat map


def _heat_by() -> str:
    return _TIME if argument("panas") == _TIME else _COUNT


def _heat(report: SopReport, asked: Wanted) -> Shown | None:
    """The picture by count or by time; nothing while nothing has happened."""
    if not report.heat.visits and not report.heat.times:
        return None
    href = url_for("pages.show_heat", key=report.definition_key, panas=_heat_by(), **asked.query)
    return shown_image(_heat_image(report), href)


def _heat_image(report: SopReport) -> Image:
    heat = report.heat
    if _heat_by() == _TIME:
        nodes = {
            node: (time / _HOUR, duration_text(time, report.day))
            for node, time in heat.times.items()
        }
        warmth = Warmth(gettext("Peta panas menurut waktu"), nodes, {})
    else:
        counted = {node: (float(times), f"{times}×") for node, times in heat.visits.items()}
        warmth = Warmth(gettext("Peta panas menurut jumlah"), counted, heat.flows)
    return current_engine().drawings.heat_map(
        report.definition_id, warmth, actor=current_actor(), say=told
    )
