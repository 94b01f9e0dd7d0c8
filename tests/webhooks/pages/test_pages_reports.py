"""Reports as people read, print and take them away; their figures: tests/engine/test_reports.py."""

from __future__ import annotations

import csv
import io
from threading import Event
from urllib.parse import urlencode

import pytest

from engine.settings import Settings
from tests.engine.test_reports import run_january
from tests.office import ADMIN, Office
from tests.webhooks.pages.browser import Browser, Page
from tests.webhooks.pages.conftest import Visit
from webhooks import create_app
from webhooks.patience import Patience, StillWorking

JANUARY = "periode=2026-01"


@pytest.fixture
def auditor(office: Office, visit: Visit) -> Browser:
    run_january(office)
    return visit("auditor")


def table(page: Page, section: str) -> list[list[str]]:
    rows = page.tree.xpath(f"//section[@aria-labelledby='{section}']//tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in rows]


def lines(browser: Browser, path: str) -> list[list[str]]:
    page = browser.get(path)
    assert page.response.content_type == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(page.response.data.decode("utf-8-sig"))))


def test_overview_leads_to_each_sop_in_the_same_period(auditor: Browser) -> None:
    page = auditor.get(f"/laporan?{JANUARY}")

    [row] = [row for row in page.tree.xpath("//tbody/tr") if "layanan" in row.text_content()]
    cells = [" ".join(cell.text_content().split()) for cell in row]
    assert cells[2:] == ["3", "2", "1", "0", "75%", "8,5"]
    assert f"/laporan/layanan?{JANUARY}" in page.links()
    assert "Januari 2026" in page.text
    head, *rows = lines(auditor, f"/laporan/sop.csv?{JANUARY}")
    assert head[0] == "SOP"
    assert ["layanan", "", "3", "2", "1", "0", "75%", "8,5"] in rows


def test_report_tells_each_step_and_its_csv_the_same_in_minutes(auditor: Browser) -> None:
    page = auditor.get(f"/laporan/layanan?{JANUARY}")

    assert table(page, "langkah") == [
        [
            *("2", "Susun", "Perencana", "menurut lembar", "3", "100%"),
            *("1 jam kerja", "1 jam kerja", "0", "1 jam 36 menit kerja"),
        ],
        [
            *("10", "Periksa", "Kadis", "menurut lembar", "3", "66%"),
            *("1 jam kerja", "1 hari kerja", "0", "48 menit kerja"),
        ],
    ]
    assert table(page, "pengembalian") == [["10. Periksa", "2. Susun", "1"]]
    assert table(page, "varian") == [["2 → 10", "1", "50%"], ["2 → 10 → 2 → 10", "1", "50%"]]
    assert table(page, "kesesuaian") == [["2. Susun", "0", "1"], ["10. Periksa", "0", "1"]]
    assert [row[0] for row in table(page, "hambatan")] == ["10. Periksa", "2. Susun"]
    assert "Sesuai SOP50%" in page.text

    head, susun, periksa = lines(auditor, f"/laporan/layanan/langkah.csv?{JANUARY}")
    assert head[6:8] == ["Tunggu, median (menit kerja)", "Tunggu, persentil 90 (menit kerja)"]
    assert susun[4:] == ["3", "100%", "60", "60", "0", "96"]
    assert periksa[6:] == ["60", "468", "0", "48"]


def test_charts_and_heat_map_are_images_without_styles_or_scripts(auditor: Browser) -> None:
    for panas, said in (("", "3×"), ("&panas=waktu", "1 hari kerja 5 jam")):
        page = auditor.get(f"/laporan/layanan?{JANUARY}{panas}")
        charts = page.tree.xpath("//figure[@class='chart']//*[name()='svg']")
        assert [chart.get("role") for chart in charts] == ["img", "img"]
        assert all(chart.get("aria-label") for chart in charts)
        bars = [chart.xpath(".//*[contains(@class, 'rect reactive')]") for chart in charts]
        assert [len(each) for each in bars] == [4, 4]
        assert "2. Susun" in charts[0].text_content()
        assert said in page.tree.xpath("string(//section[@aria-labelledby='panas'])")
        assert not page.tree.xpath("//*[name()='svg']//*[name()='style' or name()='script']")
        assert not page.tree.xpath("//*[name()='svg']//*[@style or @onclick]")
    picture = auditor.get(f"/laporan/layanan/panas.svg?{JANUARY}")
    assert picture.response.mimetype == "image/svg+xml"


def test_monitoring_sheet_has_the_facts_and_leaves_judging_to_people(auditor: Browser) -> None:
    page = auditor.get("/laporan/layanan/pemantauan?periode=2026-S1")

    assert "Periode: Semester I 2026" in page.text
    rows = page.tree.xpath("//table[@class='sheet']/tbody/tr")
    susun = [" ".join(cell.text_content().split()) for cell in rows[0]]
    assert susun == [
        "2",
        "Susun",
        "☐ baik ☐ tidak",
        "Dijalankan 3 kali. Median waktu tunggu 1 jam kerja, waktu kerja 0. Tepat waktu 100% dari 1"
        " yang bertenggat. Dikembalikan untuk perbaikan 1 kali.",
        "",
        "",
    ]
    head, first, _second = lines(auditor, "/laporan/layanan/pemantauan.csv?periode=2026-S1")
    assert head[2:] == ["Penilaian", "Catatan", "Tindakan yang harus diambil", "Paraf penilai"]
    assert first == ["2", "Susun", "", susun[3], "", ""]


def test_days_of_ones_own_count_from_the_first_to_the_last(auditor: Browser) -> None:
    page = auditor.get("/laporan/layanan?dari=2026-01-05&sampai=2026-01-05")  # Monday alone

    assert "5 Januari 2026 sampai 5 Januari 2026" in page.text
    assert [row[4] for row in table(page, "langkah")] == ["3", "2"]


@pytest.mark.parametrize("dates", ["dari=2026-02-01&sampai=2026-01-01", "dari=kemarin", "sampai=1"])
def test_dates_that_are_none_are_said_to_be_so(auditor: Browser, dates: str) -> None:
    page = auditor.get(f"/laporan/layanan?{dates}")

    assert "Tulis dua tanggal" in page.text
    assert "Semester I 2026" in page.text


def test_empty_periods_and_new_sops_say_so(auditor: Browser) -> None:
    page = auditor.get("/laporan/layanan?periode=2020")

    assert "Belum ada berkas yang berakhir dalam periode ini." in page.text
    assert [row[4] for row in table(page, "langkah")] == ["0", "0"]
    assert "Tidak dijalankan" in auditor.get("/laporan/layanan/pemantauan?periode=2020").text


def test_reports_are_for_who_takes_part(auditor: Browser, visit: Visit) -> None:
    assert auditor.get("/laporan/tidak-ada").status == 404
    assert auditor.get("/laporan/layanan/lain.csv").status == 404
    outsider = visit("luar")
    assert outsider.get("/laporan/layanan").status == 403
    assert "Belum ada SOP yang boleh Anda lihat" in outsider.get("/laporan").text
    assert "Peta panas" in visit("kadis").get(f"/laporan/layanan?{JANUARY}").text


def test_offices_are_chosen_by_their_name(auditor: Browser, office: Office) -> None:
    office.deploy_sop("balangan")
    page = auditor.get("/laporan")
    names = page.tree.xpath("//select[@id='kantor']/option/@value")
    assert len(names) == 2

    found = auditor.get(f"/laporan?{urlencode({'kantor': names[1]})}")

    assert len(found.tree.xpath("//table[@class='cards']/tbody/tr")) == 1


def test_what_a_spreadsheet_would_run_is_given_as_text(office: Office, visit: Visit) -> None:
    run_january(office)
    drawn = office.engine.definitions.latest_definition("layanan", actor=ADMIN)
    content = office.engine.definitions.xml(drawn.definition_id, actor=ADMIN).decode()
    office.deploy(content.replace('name="Susun"', 'name="=1+2"'))

    rows = lines(visit("auditor"), f"/laporan/layanan/langkah.csv?{JANUARY}")

    assert rows[1][1] == "'=1+2"


def test_auditors_take_event_logs_of_the_period_away(auditor: Browser) -> None:
    for path in ("/laporan", "/laporan/layanan"):
        page = auditor.get(f"{path}?{JANUARY}")
        for ending, begins in (("xes", b"<?xml"), ("json", b"{"), ("csv", b"\xef\xbb\xbfcase:")):
            link = f"{path}/kejadian.{ending}?{JANUARY}"
            assert link in page.links()
            answer = auditor.get(link).response
            assert answer.data.startswith(begins)
            assert "-2026-01-01-2026-01-31." in answer.headers["Content-Disposition"]

    content = auditor.get(f"/laporan/layanan/kejadian.csv?{JANUARY}").response.data
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    assert len({row["case:concept:name"] for row in rows}) == 3
    empty = auditor.get("/laporan/layanan/kejadian.csv?periode=2020-01").response.data
    assert empty.count(b"\r\n") == 1


def test_an_analyst_is_told_why_reports_count_nothing(auditor: Browser, visit: Visit) -> None:
    analyst, said = visit("analis"), "Akun Anda tidak termasuk dalam lajur mana pun"

    pages = [analyst.get(f"{path}?{JANUARY}") for path in ("/laporan", "/laporan/layanan")]

    assert [said in page.text for page in pages] == [True, True]
    assert said not in auditor.get(f"/laporan?{JANUARY}").text


def test_others_see_no_event_logs(office: Office, visit: Visit) -> None:
    run_january(office)
    analyst = visit("analis")

    assert "kejadian" not in analyst.get(f"/laporan/layanan?{JANUARY}").text
    assert analyst.get("/laporan/layanan/kejadian.xes").status == 403


def test_a_report_that_takes_long_is_waited_for_without_javascript(
    office: Office, auditor: Browser
) -> None:
    patience, may_end = Patience(office.clock, patience_s=0), Event()
    slow = create_app(office.engine, Settings(), patience=patience)
    visitor = Browser(slow)
    visitor.log_in("auditor")
    for other in "abc":  # others have every hand full
        with pytest.raises(StillWorking):
            patience.answer(other, may_end.wait)

    waiting = visitor.get(f"/laporan?{JANUARY}")
    may_end.set()
    patience.close()
    done = visitor.get(waiting.link("Periksa sekarang"))

    assert waiting.heading == "Sedang dikerjakan"
    assert waiting.response.headers["Refresh"] == "3"
    assert done.heading == "Laporan"
    assert "Januari 2026" in done.text
