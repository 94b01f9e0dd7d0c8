"""Working calendars: everybody sees by which days and hours deadlines count; admins change them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound as NoSuchPage

from engine.errors import Conflict, InvalidInput
from engine.model import Role
from engine.worktime import Day, DayKind, Hours, TermError, Week, WorkCalendar, zone_of
from engine.worktime.as_json import WEEKDAYS
from engine.worktime.exchange import from_csv, from_icalendar, to_csv, to_icalendar
from engine.worktime.seeds import holidays_of, ramadan_of
from webhooks.language import Phrases, phrase, told
from webhooks.pages.blueprint import blueprint
from webhooks.pages.dates import weekday_names
from webhooks.pages.logins import current_actor, require_page_role
from webhooks.rest.context import current_engine

KINDS: Mapping[DayKind, str] = Phrases(
    {
        DayKind.PUBLIC_HOLIDAY: phrase("Libur nasional"),
        DayKind.COLLECTIVE_LEAVE: phrase("Cuti bersama"),
        DayKind.LOCAL_HOLIDAY: phrase("Libur daerah"),
        DayKind.WORKING_DAY: phrase("Hari kerja pengganti"),
    }
)
ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
_FIRST_YEAR, _LAST_YEAR = 2020, 2100

Faults = Mapping[str, str]
Change = Callable[[WorkCalendar], WorkCalendar]


class Wrong(ValueError):
    """An input of a form that cannot be read: its name, and what was expected."""

    def __init__(self, name: str, expected: str) -> None:
        self.name = name
        super().__init__(expected)


# ------------------------------------------------------------------------ showing


@blueprint.get("/kalender")
def list_calendars() -> ResponseReturnValue:
    """Every calendar, and for admins the form for one more."""
    return _list_page()


@blueprint.get("/kalender/<key>")
def show_calendar(key: str) -> ResponseReturnValue:
    """One calendar: hours, Ramadan, the special days of a year, and its revisions."""
    return _page(key)


@blueprint.get("/kalender/<key>/hari.<form>")
def download_days(key: str, form: str) -> ResponseReturnValue:
    """The special days as a file."""
    calendar = current_engine().calendars.calendar(key)
    if form == "csv":
        return _file(to_csv(calendar.days).encode(), f"kalender-{key}.csv", "text/csv")
    if form == "ics":
        content = to_icalendar(calendar, at=current_engine().clock.now())
        return _file(content, f"kalender-{key}.ics", "text/calendar")
    raise NoSuchPage


def _file(content: bytes, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, content_type=f"{kind}; charset=utf-8", headers=headers)


# ----------------------------------------------------------------------- changing


@blueprint.post("/kalender")
def add_calendar() -> ResponseReturnValue:
    """There is one more calendar, with the holidays of last year to next."""
    require_page_role("add a calendar", Role.ADMIN)
    sent = request.form
    try:
        made = current_engine().calendars.add(
            sent.get("kunci", "").strip(),
            sent.get("nama", "").strip(),
            zone=_zone(sent.get("zona", "")),
            days_a_week=6 if sent.get("pola") == "6" else 5,
            actor=current_actor(),
        )
    except Wrong as wrong:
        return _list_page(faults={wrong.name: str(wrong)}), 400
    except Conflict:
        return _list_page(faults={"kunci": gettext("Kalender dengan kunci ini sudah ada.")}), 409
    except InvalidInput as error:
        return _list_page(faults=_list_faults(error)), 400
    return _saved(made.key)


@blueprint.post("/kalender/<key>/umum")
def change_calendar(key: str) -> ResponseReturnValue:
    """The calendar's name, zone and whether cuti bersama is worked."""
    sent = request.form
    return _changed(
        key,
        lambda calendar: replace(
            calendar,
            name=sent.get("nama", "").strip(),
            zone=_zone(sent.get("zona", "")),
            works_on_collective_leave="layani_cuti" in sent,
        ),
        note="nama dan zona waktu",
    )


@blueprint.post("/kalender/<key>/jam")
def change_hours(key: str) -> ResponseReturnValue:
    """The hours of each weekday, usually and in Ramadan."""
    return _changed(
        key,
        lambda calendar: replace(
            calendar, week=_week("jam"), ramadan_week=_week("ramadan"), ramadan=_ramadan()
        ),
        note="jam kerja",
    )


@blueprint.post("/kalender/<key>/hari")
def put_day(key: str) -> ResponseReturnValue:
    """A special day is there, or says something else than before."""

    def put(calendar: WorkCalendar) -> WorkCalendar:
        day, each = _sent_day()
        return replace(calendar, days={**calendar.days, day: each})

    return _changed(key, put, note=f"hari khusus {request.form.get('tanggal', '')}")


@blueprint.post("/kalender/<key>/hari/hapus")
def remove_day(key: str) -> ResponseReturnValue:
    """A day is like its weekday again."""

    def remove(calendar: WorkCalendar) -> WorkCalendar:
        gone = _date("tanggal")
        return replace(calendar, days={d: e for d, e in calendar.days.items() if d != gone})

    return _changed(key, remove, note=f"hari khusus {request.form.get('tanggal', '')} dihapus")


@blueprint.post("/kalender/<key>/isi")
def fill_year(key: str) -> ResponseReturnValue:
    """A year has the holidays that Alur knows; days that the office entered stay."""

    def fill(calendar: WorkCalendar) -> WorkCalendar:
        year = _year(request.form.get("tahun", ""))
        known = holidays_of(year)
        span = ramadan_of(year)
        is_new = span is not None and span not in calendar.ramadan
        ramadan = (*calendar.ramadan, span) if span is not None and is_new else calendar.ramadan
        return replace(calendar, days={**known, **calendar.days}, ramadan=tuple(sorted(ramadan)))

    return _changed(key, fill, note=f"libur bawaan tahun {request.form.get('tahun', '')}")


@blueprint.post("/kalender/<key>/impor")
def import_days(key: str) -> ResponseReturnValue:
    """The days of a CSV or iCalendar file count, before what was there of the same days."""
    sent = request.files.get("berkas")
    if sent is None or not sent.filename:
        return _page(key, faults={"berkas": gettext("Pilih berkas .csv atau .ics.")}), 400
    content, is_icalendar = sent.read(), sent.filename.lower().endswith(".ics")
    try:
        found = (
            from_icalendar(content, kind=DayKind.LOCAL_HOLIDAY)
            if is_icalendar
            else from_csv(content)
        )
    except InvalidInput as error:
        lines = [
            gettext("baris %(line)s: %(fault)s", line=line, fault="; ".join(map(told, reasons)))
            for line, reasons in error.fields.items()
        ]
        return _page(key, faults={"berkas": " | ".join(lines[:10])}), 400
    return _changed(
        key,
        lambda calendar: replace(calendar, days={**calendar.days, **found}),
        note=f"impor {len(found)} hari dari {sent.filename[:100]}",
    )


def _changed(key: str, change: Change, *, note: str) -> ResponseReturnValue:
    """The next revision, if nobody has changed the calendar since the form was drawn."""
    require_page_role("change a calendar", Role.ADMIN)
    calendars = current_engine().calendars
    seen = replace(calendars.calendar(key), revision=request.form.get("revisi", 0, type=int))
    try:
        calendars.change(change(seen), note=note, actor=current_actor())
    except Wrong as wrong:
        return _page(key, faults={wrong.name: str(wrong)}), 400
    except InvalidInput as error:
        return _page(key, faults=_faults(error)), 400
    return _saved(key)


def _saved(key: str) -> ResponseReturnValue:
    year = request.form.get("tahun") or request.form.get("tanggal", "")[:4] or None
    path = url_for("pages.show_calendar", key=key, tahun=year, kabar="kalender-disimpan")
    return redirect(path, 303)


# ------------------------------------------------------------------------ reading


def _week(prefix: str) -> Week:
    """The hours as they stand in a form, one line per weekday; a blank one is not worked."""
    texts = {day: request.form.get(f"{prefix}_{name}", "") for day, name in enumerate(WEEKDAYS)}
    week: dict[int, Hours] = {}
    for day, text in texts.items():
        if text.strip():
            try:
                week[day] = Hours.from_text(text)
            except ValueError as error:
                raise Wrong(
                    f"{prefix}_{WEEKDAYS[day]}",
                    gettext("Tulis jam seperti 07:30-16:00, lalu istirahat: 12:00-13:00."),
                ) from error
    return week


def _ramadan() -> tuple[tuple[date, date], ...]:
    found = []
    for line in request.form.get("masa_ramadan", "").splitlines():
        if not line.strip():
            continue
        try:
            first, last = (date.fromisoformat(part) for part in line.split())
        except ValueError as error:
            raise Wrong(
                "masa_ramadan", gettext("Tulis hari pertama dan terakhir: 2026-02-19 2026-03-20.")
            ) from error
        found.append((first, last))
    return tuple(sorted(found))


def _sent_day() -> tuple[date, Day]:
    kind, name = request.form.get("jenis", ""), request.form.get("nama_hari", "").strip()
    basis = request.form.get("dasar", "").strip()
    if kind not in set(DayKind):
        raise Wrong("jenis", gettext("Pilih jenis hari dari daftar."))
    if not 1 <= len(name) <= 255 or len(basis) > 255:
        raise Wrong("nama_hari", gettext("Nama wajib diisi, paling banyak 255 karakter."))
    return _date("tanggal"), Day(DayKind(kind), name, basis)


def _date(name: str) -> date:
    try:
        found = date.fromisoformat(request.form.get(name, ""))
        _year(str(found.year))
    except ValueError as error:
        raise Wrong(name, gettext("Tulis tanggal seperti 2026-08-17.")) from error
    return found


def _year(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not _FIRST_YEAR <= int(text[:5]) <= _LAST_YEAR:
        raise Wrong(
            "tahun",
            gettext(
                "Tulis tahun dari %(first)s sampai %(last)s.", first=_FIRST_YEAR, last=_LAST_YEAR
            ),
        )
    return int(text)


def _zone(text: str) -> ZoneInfo:
    try:
        return zone_of(text.strip())
    except TermError as error:
        raise Wrong("zona", gettext("Pilih zona waktu dari daftar.")) from error


def _faults(error: InvalidInput) -> Faults:
    said = {
        "name": ("nama", gettext("Nama wajib diisi, paling banyak 255 karakter.")),
        "week": ("jam_senin", gettext("Isilah jam paling sedikit satu hari kerja.")),
        "ramadan": ("masa_ramadan", gettext("Hari terakhir harus sesudah hari pertama.")),
    }
    return {name: text for field in error.fields for name, text in (said[field],)}


def _list_faults(error: InvalidInput) -> Faults:
    if "key" in error.fields:
        return {"kunci": gettext("Pakai huruf kecil, angka dan tanda hubung; paling banyak 63.")}
    return _faults(error)


# -------------------------------------------------------------------------- pages


def _list_page(*, faults: Faults | None = None) -> str:
    return render_template(
        "calendars.html",
        calendars=current_engine().calendars.calendars(),
        zones=ZONES,
        faults=faults or {},
        sent=request.form,
    )


def _page(key: str, *, faults: Faults | None = None) -> str:
    calendars = current_engine().calendars
    calendar = calendars.calendar(key)
    this_year = calendar.local_day(current_engine().clock.now()).year
    year = request.args.get("tahun", this_year, type=int)
    days = {day: each for day, each in sorted(calendar.days.items()) if day.year == year}
    return render_template(
        "calendar.html",
        calendar=calendar,
        year=year,
        years=sorted({year, this_year, this_year + 1, *(day.year for day in calendar.days)}),
        days=days,
        kinds=KINDS,
        weekdays=dict(zip(WEEKDAYS, weekday_names(), strict=True)),
        zones={calendar.zone.key: calendar.zone.key, **ZONES},
        revisions=calendars.revisions(key)[:20],
        is_admin=current_actor().has(Role.ADMIN),
        faults=faults or {},
        sent=request.form,
    )
