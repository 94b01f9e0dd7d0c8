"""The dashboard: its figures, where they lead, and that nobody sees more than they may."""

from __future__ import annotations

import pytest

from engine.model import ProcessDefinition
from tests.diagrams import end, line, process, start, user
from tests.office import ADMIN, Office, staff
from tests.webhooks.pages.browser import Page
from tests.webhooks.pages.conftest import Visit

#: Due within an hour; of two lanes.
LETTER = process(
    start(), user("a", name="Menulis surat"), user("b", name="Menandatangani"), end(),
    line("s", "a", "b", "e"), key="surat", lanes={"Perencana": ["s", "a"], "Kadis": ["b", "e"]},
).replace("<bpmn:userTask ", '<bpmn:userTask camunda:dueDate="PT1H" ')  # fmt: skip
CLERK = staff("Perencana", "staf")


@pytest.fixture
def letter(office: Office) -> ProcessDefinition:
    return office.deploy(LETTER, "surat.bpmn")


def begin(office: Office, definition: ProcessDefinition, key: str) -> str:
    started = office.engine.instances.start(definition, {}, actor=CLERK, business_key=key)
    return started.instance.instance_id


def figures(page: Page) -> dict[str, str]:
    """What each tile counts -> its number."""
    tiles = page.tree.xpath("//ul[@class='figures']/li")
    found = [[each.text_content().strip() for each in tile.xpath(".//span")] for tile in tiles]
    return {label: number for number, label in found}


def table(page: Page, section: str) -> list[list[str]]:
    """The rows of a section's table, as read."""
    rows = page.tree.xpath(f"//section[@aria-labelledby='{section}']//tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in rows]


def test_dashboard_counts_what_runs_is_late_and_ended(
    office: Office, visit: Visit, letter: ProcessDefinition
) -> None:
    done, _ = begin(office, letter, "SELESAI"), begin(office, letter, "LAMBAT")
    office.complete(done, "a", CLERK)
    office.clock.advance(hours=2)
    office.complete(done, "b", staff("Kadis"))

    page = visit("kadis").get("/dasbor")

    assert figures(page) == {
        "berkas berjalan": "1",
        "berkas terlambat": "1",
        "tugas diteruskan ke atasan": "0",
        "berkas terhenti karena gangguan": "0",
        "tugas di tangan saya": "0",
        "tugas menunggu lajur saya": "0",
        "berkas selesai": "1",
        "tugas tepat waktu": "50%",
    }
    assert table(page, "per-lajur") == [
        ["Kadis", "0", "0", "0", "0", "–", "0% (0/1)"],
        ["Perencana", "1", "1", "! 1", "0", "5 Januari 2026 07.30 WIB", "100% (1/1)"],
    ]
    assert table(page, "per-sop") == [["surat", "1", "! 1", "0", "1", "0", "50% (1/2)"]]
    [stuck] = table(page, "terlambat-terlama")
    assert (stuck[0], stuck[2]) == ("LAMBAT", "5 Januari 2026 08.30 WIB")
    assert "Menulis surat Perencana, belum diambil" in stuck[3]


def test_figures_lead_to_the_lists_that_they_count(
    office: Office, visit: Visit, letter: ProcessDefinition
) -> None:
    done, late = begin(office, letter, "SELESAI"), begin(office, letter, "LAMBAT")
    for step, lane in (("a", CLERK), ("b", staff("Kadis"))):
        office.complete(done, step, lane)
    office.clock.advance(hours=2)
    leader = visit("kadis")
    page = leader.get("/dasbor?periode=triwulan")

    for label, key in (
        ("berkas berjalan", "LAMBAT"),
        ("berkas terlambat", "LAMBAT"),
        ("berkas selesai", "SELESAI"),
    ):
        found = leader.get(page.link(label))
        assert [each.text_content() for each in found.tree.xpath("//td[@class='title']/a")] == [key]
    assert leader.get(page.link("LAMBAT")).path == f"/berkas/{late}"
    assert "LAMBAT" in leader.get(page.link("Perencana")).text


def test_the_list_of_what_is_late_begins_with_what_is_late_longest(
    office: Office, visit: Visit, letter: ProcessDefinition
) -> None:
    for key in ("LAMA", "BARU"):
        begin(office, letter, key)
        office.clock.advance(hours=2)
    leader = visit("kadis")

    def keys(address: str) -> list[str]:
        return [e.text_content() for e in leader.get(address).tree.xpath("//td[@class='title']/a")]

    assert keys("/berkas?keadaan=terlambat") == ["LAMA", "BARU"]
    assert keys("/berkas?status=ACTIVE") == ["BARU", "LAMA"]


def test_what_ended_is_counted_in_its_period_only(
    office: Office, visit: Visit, letter: ProcessDefinition
) -> None:
    office.engine.instances.cancel(begin(office, letter, "SATU"), reason="Salah", actor=ADMIN)
    office.clock.advance(days=40)
    leader = visit("kadis")

    this_month = leader.get("/dasbor")
    before = leader.get(this_month.link("Januari 2026"))

    assert table(this_month, "per-sop")[0][5] == "0"
    assert table(before, "per-sop")[0][5] == "1"
    assert table(leader.get("/dasbor?periode=tahun"), "per-sop")[0][5] == "1"


def test_dashboard_of_one_sop(office: Office, visit: Visit, letter: ProcessDefinition) -> None:
    other = office.deploy(LETTER.replace('"surat"', '"lain"'), "lain.bpmn")
    begin(office, letter, "SATU")
    begin(office, other, "DUA")

    page = visit("kadis").get("/dasbor?sop=surat")

    assert figures(page)["berkas berjalan"] == "1"
    assert "sop=surat" in page.link("Tahun ini")
    assert [row[0] for row in table(page, "per-sop")] == ["surat"]


def test_nobody_sees_figures_of_what_they_may_not_see(
    office: Office, visit: Visit, letter: ProcessDefinition
) -> None:
    begin(office, letter, "SATU")

    assert figures(visit("luar").get("/dasbor"))["berkas berjalan"] == "0"
    assert table(visit("luar").get("/dasbor"), "per-sop") == []
    assert figures(visit("analis").get("/dasbor"))["berkas berjalan"] == "0"
    assert figures(visit("auditor").get("/dasbor"))["berkas berjalan"] == "1"


@pytest.mark.parametrize(
    ("who", "is_led_there"),
    [("kadis", True), ("admin", True), ("auditor", True), ("analis", True), ("staf", False)],
)
def test_menu_leads_those_who_look_on_to_the_dashboard(
    visit: Visit, who: str, is_led_there: bool
) -> None:
    page = visit(who).get("/")

    assert ("/dasbor" in page.tree.xpath("//nav/a/@href")) is is_led_there


def test_empty_office_has_an_empty_dashboard(visit: Visit) -> None:
    page = visit("admin").get("/dasbor?periode=apa")

    assert "Tidak ada berkas yang terlambat." in page.text
    assert "Belum ada SOP yang dapat Anda lihat." in page.text
    assert figures(page)["tugas tepat waktu"] == "–"
