"""The working calendar: everybody looks, admins change, nobody overwrites what another changed."""

from __future__ import annotations

import io
from datetime import date

import pytest

from engine.process_engine import ProcessEngine
from engine.worktime import DayKind
from tests.office import Office
from tests.webhooks.pages.browser import Browser, Page
from tests.webhooks.pages.conftest import Visit


@pytest.fixture
def engine(office: Office) -> ProcessEngine:
    return office.engine


@pytest.fixture
def admin(visit: Visit) -> Browser:
    """Has made the calendar of the office."""
    browser = visit("admin")
    page = browser.send(browser.get("/kalender"), "/kalender", nama="Dinas", zona="Asia/Makassar")
    assert page.path == "/kalender/kantor", page.text
    return browser


def test_an_empty_list_says_what_a_calendar_is_for(visit: Visit) -> None:
    page = visit("staf").get("/kalender")

    assert "Belum ada kalender" in page.text
    assert page.buttons() == []


def test_a_new_calendar_has_hours_and_holidays(admin: Browser, visit: Visit) -> None:
    page = visit("staf").get("/kalender/kantor?tahun=2026")

    assert page.heading == "Dinas"
    assert "Zona waktu WITA" in page.text
    assert "Selasa, 17 Februari 2026 Tahun Baru Imlek Libur nasional" in page.text
    assert "Jumat 07:30-16:30, istirahat 11:30-13:00 08:00-15:30" in page.text
    assert page.buttons() == ["Unduh CSV", "Unduh iCalendar"]
    assert admin.get("/kalender").link("kantor").endswith("/kalender/kantor")


def test_an_admin_adds_changes_and_removes_a_day(engine: ProcessEngine, admin: Browser) -> None:
    page = admin.send(
        admin.get("/kalender/kantor"), "/kantor/hari",
        tanggal="2026-09-01", nama_hari="Hari jadi", jenis="libur_daerah", dasar="SK 7",
    )  # fmt: skip
    assert page.response.request.args["tahun"] == "2026"
    assert "Selasa, 1 September 2026 Hari jadi Libur daerah SK 7" in page.text
    found = engine.calendars.calendar("kantor")
    assert found.days[date(2026, 9, 1)].kind is DayKind.LOCAL_HOLIDAY

    forms = [f for f in page.tree.forms if f.action.endswith("/hari/hapus")]
    values = next(dict(f.form_values()) for f in forms if f.fields["tanggal"] == "2026-09-01")
    page = admin.post("/kalender/kantor/hari/hapus", values)

    assert "Hari jadi" not in page.tree.get_element_by_id("hari-khusus").getparent().text_content()
    assert engine.calendars.calendar("kantor").revision == 3
    assert "hari khusus 2026-09-01 dihapus" in page.text


def test_hours_are_changed_and_a_blank_day_is_not_worked(
    engine: ProcessEngine, admin: Browser
) -> None:
    admin.send(
        admin.get("/kalender/kantor"), "/kantor/jam",
        jam_sabtu="08:00-12:00", jam_jumat="", masa_ramadan="2026-02-19 2026-03-20\n",
    )  # fmt: skip

    calendar = engine.calendars.calendar("kantor")
    assert sorted(calendar.week) == [0, 1, 2, 3, 5]
    assert calendar.week[5].as_text() == "08:00-12:00"
    assert calendar.ramadan == ((date(2026, 2, 19), date(2026, 3, 20)),)


@pytest.mark.parametrize(
    ("form", "values", "faulty"),
    [
        ("/kantor/jam", {"jam_senin": "delapan"}, "jam_senin"),
        ("/kantor/jam", {"jam_senin": "16:00-08:00"}, "jam_senin"),
        ("/kantor/jam", {"masa_ramadan": "2026"}, "masa_ramadan"),
        ("/kantor/jam", {"masa_ramadan": "2026-03-20 2026-02-19"}, "masa_ramadan"),
        ("/kantor/hari", {"tanggal": "31-12-2026", "nama_hari": "x"}, "tanggal"),
        ("/kantor/hari", {"tanggal": "2026-12-31", "nama_hari": " "}, "nama_hari"),
        ("/kantor/umum", {"nama": ""}, "nama"),
        ("/kantor/umum", {"zona": "Asia/Balangan"}, "zona"),
        ("/kantor/isi", {"tahun": "1999"}, "tahun"),
    ],
)
def test_a_fault_stands_at_its_field(
    engine: ProcessEngine, admin: Browser, form: str, values: dict[str, str], faulty: str
) -> None:
    page = admin.send(admin.get("/kalender/kantor"), form, **values)

    assert page.status == 400
    assert page.fault_of(faulty)
    assert engine.calendars.calendar("kantor").revision == 1


def test_who_looked_at_an_older_revision_overwrites_nothing(
    engine: ProcessEngine, admin: Browser
) -> None:
    stale = admin.get("/kalender/kantor")
    admin.send(stale, "/kantor/umum", nama="Dinas Pendidikan")

    page = admin.send(stale, "/kantor/umum", nama="Dinas Lain")

    assert page.status == 409
    assert engine.calendars.calendar("kantor").name == "Dinas Pendidikan"


def test_files_go_out_and_come_in(engine: ProcessEngine, admin: Browser) -> None:
    out = admin.client.get("/kalender/kantor/hari.csv")
    assert out.headers["Content-Disposition"] == 'attachment; filename="kalender-kantor.csv"'
    assert "2026-02-17,libur_nasional,Tahun Baru Imlek" in out.text
    assert admin.client.get("/kalender/kantor/hari.ics").text.startswith("BEGIN:VCALENDAR")
    assert admin.get("/kalender/kantor/hari.xls").status == 404

    def import_file(name: str, content: str) -> Page:
        target, values = admin.get("/kalender/kantor").form("/kantor/impor")
        sent = {**values, "berkas": (io.BytesIO(content.encode()), name)}
        return admin.post(target, sent)

    good = import_file("libur.csv", "tanggal;jenis;nama\n2026-10-05;libur_daerah;Hari jadi\n")
    assert "impor 1 hari dari libur.csv" in good.text
    assert date(2026, 10, 5) in engine.calendars.calendar("kantor").days
    bad = import_file("libur.csv", "tanggal;jenis;nama\n2026-10-06;cuti;x\n")
    assert (bad.status, "baris 2" in (bad.fault_of("berkas") or "")) == (400, True)
    assert import_file("", "").status == 400


def test_a_year_is_filled_and_own_days_stay(engine: ProcessEngine, admin: Browser) -> None:
    own = {"tanggal": "2027-05-01", "nama_hari": "Masuk pengganti", "jenis": "hari_kerja"}
    admin.send(admin.get("/kalender/kantor"), "/kantor/hari", **own)
    before = engine.calendars.calendar("kantor")

    admin.send(admin.get("/kalender/kantor"), "/kantor/isi", tahun="2025")

    days = engine.calendars.calendar("kantor").days
    assert days[date(2027, 5, 1)].kind is DayKind.WORKING_DAY
    assert set(before.days) <= set(days)


@pytest.mark.parametrize("who", ["staf", "auditor", "analis"])
def test_only_admins_change_it(admin: Browser, visit: Visit, who: str) -> None:
    stranger = visit(who)
    token = stranger.get("/kalender").form("/keluar")[1]

    refused = stranger.post("/kalender/kantor/umum", {**token, "revisi": "1", "nama": "x"})

    assert refused.status == 403
    assert stranger.post("/kalender", {**token, "kunci": "lain", "nama": "x"}).status == 403
    assert admin.get("/kalender/kantor").heading == "Dinas"


def test_a_key_is_taken_once(admin: Browser) -> None:
    again = admin.send(admin.get("/kalender"), "/kalender", kunci="kantor", nama="Dinas")
    wrong = admin.send(admin.get("/kalender"), "/kalender", kunci="Kantor!", nama="Dinas")

    assert (again.status, wrong.status) == (409, 400)
    assert again.fault_of("kunci")
    assert wrong.fault_of("kunci")
    assert admin.get("/kalender/tidak-ada").status == 404
