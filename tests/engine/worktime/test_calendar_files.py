"""Special days go out to files and come back, and a wrong line is named."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from engine.errors import InvalidInput
from engine.worktime import DayKind, TermError, term_of
from engine.worktime.calendar import Day, Hours
from engine.worktime.exchange import from_csv, from_icalendar, to_csv, to_icalendar
from engine.worktime.seeds import new_calendar

CALENDAR = new_calendar("dinas", "Dinas", zone=ZoneInfo("Asia/Makassar"), years=[2026])


def test_csv_comes_back_as_it_went() -> None:
    assert from_csv(to_csv(CALENDAR.days).encode()) == CALENDAR.days


def test_icalendar_comes_back_with_days_kinds_and_names() -> None:
    content = to_icalendar(CALENDAR, at=datetime(2026, 1, 1, tzinfo=UTC))

    found = from_icalendar(content, kind=DayKind.LOCAL_HOLIDAY)

    assert {day: (each.kind, each.name) for day, each in found.items()} == {
        day: (each.kind, each.name) for day, each in CALENDAR.days.items()
    }


def test_a_spreadsheet_with_semicolons_and_a_byte_order_mark_is_read() -> None:
    text = "\ufeffTanggal;Jenis;Nama\n2026-09-01;libur_daerah;Hari jadi kabupaten\n"

    assert from_csv(text.encode()) == {
        date(2026, 9, 1): Day(DayKind.LOCAL_HOLIDAY, "Hari jadi kabupaten", "")
    }


def test_every_wrong_line_is_named_and_none_counts() -> None:
    text = (
        "tanggal,jenis,nama,dasar\n2026-09-31,libur_daerah,a,\n2026-09-01,cuti,b,\n"
        "2026-09-02,libur_daerah,,\n2026-09-03,libur_daerah,c,\n2026-09-03,libur_daerah,d,\n"
    )

    with pytest.raises(InvalidInput) as refused:
        from_csv(text.encode())

    assert set(refused.value.fields) == {"2", "3", "4", "6"}
    assert "libur_nasional" in refused.value.fields["3"][0]


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe", b"x" * 1_000_001])
def test_a_file_that_is_no_list_of_days_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        from_csv(content)


def test_an_event_of_several_days_is_each_of_them_and_a_meeting_is_none() -> None:
    content = (
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
        b"BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:20260901\r\n"
        b"DTEND;VALUE=DATE:20260903\r\nSUMMARY:Libur daerah\r\nEND:VEVENT\r\n"
        b"BEGIN:VEVENT\r\nUID:2\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260904T010000Z\r\n"
        b"SUMMARY:Rapat\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )

    found = from_icalendar(content, kind=DayKind.LOCAL_HOLIDAY)

    assert sorted(found) == [date(2026, 9, 1), date(2026, 9, 2)]


@pytest.mark.parametrize("content", [b"", b"no calendar", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"])
def test_a_file_that_is_no_calendar_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        from_icalendar(content, kind=DayKind.LOCAL_HOLIDAY)


@pytest.mark.parametrize("text", ["", "P0D", "PT0M", "P1DT1H", "P1W", "1 hari", "P1.5D", "P-1D"])
def test_a_term_is_days_or_time(text: str) -> None:
    with pytest.raises(TermError, match="P2D"):
        term_of(text)


def test_hours_stand_in_order() -> None:
    opens, closes = time(8), time(16)

    with pytest.raises(ValueError, match="16:00-08:00"):
        Hours(closes, opens)
    with pytest.raises(ValueError, match="istirahat"):
        Hours(opens, closes, ((closes, opens),))
