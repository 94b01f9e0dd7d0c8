"""A calendar's special days as files: CSV for a spreadsheet, iCalendar for other calendars."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from engine.errors import InvalidInput
from engine.model import FileSize, Sentence
from engine.worktime.calendar import Day, DayKind, WorkCalendar

if TYPE_CHECKING:
    from icalendar import Component

COLUMNS = ("tanggal", "jenis", "nama", "dasar")
MAX_BYTES = 1_000_000
_MOST_DAYS = 5000
_MAX_TEXT = 255
#: An event that spans more is no holiday.
_LONGEST = 60

Days = Mapping[date, Day]


def to_csv(days: Days) -> str:
    """The days as CSV, by date, with the names of the columns in the first line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for day, each in sorted(days.items()):
        writer.writerow((day.isoformat(), str(each.kind), each.name, each.basis))
    return out.getvalue()


def from_csv(content: bytes) -> dict[date, Day]:
    """The days of a CSV file in UTF-8, separated by commas or semicolons.

    Raises InvalidInput whose fields name every line that is wrong; then no line counts.
    """
    text = _decoded(content)
    first = text.splitlines()[0] if text.strip() else ""
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in first else ",")
    names = [name.strip().lower() for name in reader.fieldnames or ()]
    if not {"tanggal", "jenis", "nama"} <= set(names):
        raise _refused(
            {
                "1": [
                    Sentence(
                        "Kolomnya harus %(columns)s; yang ada “%(found)s”.",
                        columns=", ".join(COLUMNS),
                        found=first[:80],
                    )
                ]
            }
        )
    reader.fieldnames = names
    found: dict[date, Day] = {}
    faults: dict[str, list[str]] = {}
    for row in reader:
        try:
            day, each = _read_row(row)
        except _Unreadable as error:
            faults[str(reader.line_num)] = [error.sentence]
            continue
        if day in found:
            faults[str(reader.line_num)] = [Sentence("%(day)s disebut dua kali.", day=day)]
        found[day] = each
    if faults:
        raise _refused(faults)
    return _limited(found)


class _Unreadable(ValueError):
    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(sentence)


def _read_row(row: Mapping[str | None, str | None]) -> tuple[date, Day]:
    try:
        day = date.fromisoformat((row.get("tanggal") or "").strip())
    except ValueError as error:
        raise _Unreadable(Sentence("Tulis tanggal seperti 2026-08-17.")) from error
    kind = (row.get("jenis") or "").strip().lower()
    if kind not in set(DayKind):
        raise _Unreadable(
            Sentence(
                "Jenisnya harus salah satu dari %(kinds)s; yang ada “%(found)s”.",
                kinds=", ".join(DayKind),
                found=kind[:80],
            )
        )
    name = (row.get("nama") or "").strip()
    basis = (row.get("dasar") or "").strip()
    if not name or max(len(name), len(basis)) > _MAX_TEXT:
        raise _Unreadable(
            Sentence(
                "Nama wajib diisi; nama dan dasar paling banyak %(most)s karakter.", most=_MAX_TEXT
            )
        )
    return day, Day(DayKind(kind), name, basis)


def to_icalendar(calendar: WorkCalendar, *, at: datetime) -> bytes:
    """The special days as all-day events (RFC 5545); `at`: when the file is made."""
    # Late, as below: it takes a twentieth of a start, and few ever ask for such a file.
    from icalendar import Calendar, Event

    file = Calendar()
    file.add("prodid", "-//Alur//Kalender Kerja//ID")
    file.add("version", "2.0")
    file.add("x-wr-calname", calendar.name)
    for day, each in sorted(calendar.days.items()):
        event = Event()
        event.add("uid", f"{day.isoformat()}@{calendar.key}.alur")
        event.add("dtstamp", at)
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
        event.add("summary", each.name)
        event.add("categories", [str(each.kind)])
        if each.basis:
            event.add("description", each.basis)
        file.add_component(event)
    return bytes(file.to_ical())


def from_icalendar(content: bytes, *, kind: DayKind) -> dict[date, Day]:
    """The days of an iCalendar file; `kind` for events that do not say theirs as a category.

    Events with a time of day are not holidays, and are left out. Raises InvalidInput.
    """
    from icalendar import Calendar

    try:
        file = Calendar.from_ical(_decoded(content))
    except ValueError as error:
        raise _refused(
            {"1": [Sentence("Ini bukan berkas iCalendar: %(why)s", why=str(error)[:200])]}
        ) from error
    found: dict[date, Day] = {}
    for event in file.walk("VEVENT"):
        for day in _days_of(event):
            found[day] = Day(_kind_of(event, kind), _name_of(event), "")
    if not found:
        raise _refused({"1": [Sentence("Tidak ada peristiwa sehari penuh di dalamnya.")]})
    return _limited(found)


def _days_of(event: Component) -> list[date]:
    if "DTSTART" not in event or isinstance(event.decoded("DTSTART"), datetime):
        return []
    first = event.decoded("DTSTART")
    last = event.decoded("DTEND") if "DTEND" in event else first + timedelta(days=1)
    length = (last - first).days if isinstance(last, date) else 1
    return [first + timedelta(days=number) for number in range(min(max(length, 1), _LONGEST))]


def _kind_of(event: Component, otherwise: DayKind) -> DayKind:
    said = event.get("CATEGORIES")
    names = [str(each) for each in getattr(said, "cats", ())]
    return next((DayKind(name) for name in names if name in set(DayKind)), otherwise)


def _name_of(event: Component) -> str:
    return str(event.get("SUMMARY", "")).strip()[:_MAX_TEXT] or "Libur"


def _decoded(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise _refused(
            {
                "1": [
                    Sentence(
                        "Paling besar %(most)s; ini %(found)s.",
                        most=FileSize(MAX_BYTES),
                        found=FileSize(len(content)),
                    )
                ]
            }
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused({"1": [Sentence("Berkas harus ditulis dalam UTF-8.")]}) from error


def _limited(found: dict[date, Day]) -> dict[date, Day]:
    if len(found) > _MOST_DAYS:
        raise _refused(
            {
                "1": [
                    Sentence(
                        "Paling banyak %(most)s hari; ini %(found)s.",
                        most=_MOST_DAYS,
                        found=len(found),
                    )
                ]
            }
        )
    return dict(sorted(found.items()))


def _refused(faults: Mapping[str, list[str]]) -> InvalidInput:
    line, reasons = next(iter(faults.items()))
    return InvalidInput(f"line {line}: {reasons[0]}", faults)
