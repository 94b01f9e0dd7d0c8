"""The list of instances tells where each stands, and finds those that are asked for."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from engine.model import ProcessDefinition
from tests.diagrams import end, exclusive, flow, line, process, start, user
from tests.office import ADMIN, Office, staff
from tests.webhooks.pages.browser import Page
from tests.webhooks.pages.conftest import Visit
from webhooks.pages import listings
from webhooks.pages.periods import Period, period_of

#: Due within an hour; stops with an incident when it is done.
STUCK = process(
    start(), user("a", name="Mengisi"), exclusive("g"), user("b"), end(),
    line("s", "a", "g"), flow("g", "b", "${jumlah &gt; 3}"), line("b", "e"),
    key="buntu", lanes={"Perencana": ["s", "a", "g", "b", "e"]},
).replace('id="a"', 'id="a" camunda:dueDate="PT1H"')  # fmt: skip


def begin(office: Office, definition: ProcessDefinition, key: str, **values: object) -> str:
    clerk = staff("Perencana", "staf")
    started = office.engine.instances.start(definition, values, actor=clerk, business_key=key)
    return started.instance.instance_id


def keys(page: Page) -> list[str]:
    """The business keys of the list, in its order."""
    return [each.text_content() for each in page.tree.xpath("//td[@class='title']/a")]


def test_list_tells_where_each_instance_stands(
    office: Office, visit: Visit, instance: str, sop: ProcessDefinition
) -> None:
    clerk = visit("staf")
    assert "Menyusun laporan Perencana, belum diambil" in clerk.get("/berkas").text

    office.engine.tasks.claim(
        office.task(instance, "susun").task_id, actor=staff("Perencana", "staf")
    )
    office.complete(instance, "susun", staff("Perencana", "staf"), judul="Laporan")

    page = clerk.get("/berkas")
    assert "Memaraf laporan Sekretaris, belum diambil" in page.text
    assert not page.tree.xpath("//ul[@class='standing']//a")  # not the clerk's to open
    assert visit("sekretaris").get("/berkas").tree.xpath("//ul[@class='standing']//a")


def test_late_and_failed_instances_are_marked_and_found(office: Office, visit: Visit) -> None:
    definition = office.deploy(STUCK, "buntu.bpmn")
    late, failed = begin(office, definition, "LAMBAT"), begin(office, definition, "GAGAL")
    begin(office, definition, "BARU")
    office.complete(failed, "a", staff("Perencana", "staf"))
    office.clock.advance(hours=2)
    begin(office, definition, "TEPAT")
    clerk = visit("staf")

    assert set(keys(clerk.get("/berkas?keadaan=terlambat"))) == {"LAMBAT", "BARU"}
    assert "! Terlambat" in clerk.get("/berkas?kunci=LAMBAT").text
    assert keys(clerk.get("/berkas?keadaan=gangguan")) == ["GAGAL"]
    assert "! Gangguan" in clerk.get("/berkas?kunci=GAGAL").text
    assert "! Terlambat" not in clerk.get("/berkas?kunci=TEPAT").text
    assert office.state(late) == "ACTIVE"


def test_instances_are_found_by_the_lane_where_they_stand(
    office: Office, visit: Visit, sop: ProcessDefinition
) -> None:
    begin(office, sop, "SATU", tahun=2026)
    second = begin(office, sop, "DUA", tahun=2026)
    office.complete(second, "susun", staff("Perencana", "staf"), judul="Laporan")
    clerk = visit("staf")

    assert keys(clerk.get("/berkas?lajur=Sekretaris")) == ["DUA"]
    assert "Tidak ada berkas yang cocok" in clerk.get("/berkas?lajur=Kadis").text


def test_instances_are_found_by_the_period_of_their_start_or_end(
    office: Office, visit: Visit, sop: ProcessDefinition
) -> None:
    old = begin(office, sop, "JANUARI", tahun=2026)
    office.clock.advance(days=40)
    begin(office, sop, "FEBRUARI", tahun=2026)
    office.engine.instances.cancel(old, reason="Salah", actor=ADMIN)
    clerk = visit("staf")

    assert keys(clerk.get("/berkas?periode=2026-01")) == ["JANUARI"]
    assert keys(clerk.get("/berkas?periode=bulan")) == ["FEBRUARI"]
    assert keys(clerk.get("/berkas?periode=2026-TW1")) == ["FEBRUARI", "JANUARI"]
    page = clerk.get("/berkas?periode=2026-02&menurut=berakhir&status=EXTERNALLY_TERMINATED")
    assert keys(page) == ["JANUARI"]
    chosen = page.tree.xpath("//select[@name='periode']/option[@selected]/text()")
    assert chosen == ["Februari 2026"]


def test_filters_stay_when_the_page_is_turned(
    office: Office, visit: Visit, sop: ProcessDefinition
) -> None:
    for number in range(26):
        begin(office, sop, f"LAP-{number}", tahun=2026)

    page = visit("staf").get("/berkas?lajur=Perencana&periode=tahun")

    assert "26 berkas proses" in page.text
    assert "lajur=Perencana" in page.link("Berikutnya")
    assert "periode=tahun" in page.link("Berikutnya")


@pytest.mark.parametrize(
    ("text", "code", "label", "end"),
    [
        ("2026-11", "2026-11", "November 2026", date(2026, 12, 1)),
        ("2026-TW4", "2026-TW4", "Triwulan IV 2026", date(2027, 1, 1)),
        ("2026", "2026", "Tahun 2026", date(2027, 1, 1)),
        ("bulan", "2026-01", "Januari 2026", date(2026, 2, 1)),
        ("triwulan", "2026-TW1", "Triwulan I 2026", date(2026, 4, 1)),
        ("tahun", "2026", "Tahun 2026", date(2027, 1, 1)),
    ],
)
def test_period_is_read_from_its_code(
    app: Flask, text: str, code: str, label: str, end: date
) -> None:
    with app.test_request_context("/"):
        period = period_of(text)
        assert period is not None
        assert (period.code, period.label, period.end) == (code, label, end)
        assert period.neighbour(1).first == end
        assert period.neighbour(1).neighbour(-1) == period


@pytest.mark.parametrize("text", [None, "", "2026-13", "2026-00", "2026-TW5", "0000", "bulan ini"])
def test_what_is_no_period_is_none(app: Flask, text: str | None) -> None:
    with app.test_request_context("/"):
        assert period_of(text) is None


def test_quarter_before_the_first_is_of_the_year_before() -> None:
    assert Period("triwulan", date(2026, 1, 1)).neighbour(-1).first == date(2025, 10, 1)


def test_long_lists_say_that_there_are_more_than_were_counted(
    office: Office, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listings, "MOST_COUNTED", 25)
    sop = office.deploy(STUCK, "buntu.bpmn")
    for number in range(51):
        begin(office, sop, f"K-{number:02}")
        office.clock.advance(minutes=1)
    clerk = visit("staf")

    first = clerk.get("/berkas")
    assert "lebih dari 25 berkas proses" in first.text
    assert "Halaman 1 dari lebih dari 1" in first.text
    assert keys(first)[0] == "K-50"
    second = clerk.get("/berkas?hal=2")
    assert "Halaman 2 dari lebih dari 2" in second.text
    last = clerk.get("/berkas?hal=3")
    assert "51 berkas proses" in last.text
    assert "Halaman 3 dari 3" in last.text
    assert keys(last) == ["K-00"]
    assert keys(clerk.get("/berkas?hal=4")) == ["K-00"]
    assert "Tugas lajur saya 25+" in clerk.get("/").text
