"""The pages of SOPs: how much runs of each, and which version is in force."""

from __future__ import annotations

from engine.model import ProcessDefinition
from tests.office import Office, staff
from tests.webhooks.pages.conftest import SOP, Visit

CLERK = staff("Perencana", "staf")


def test_sops_say_how_much_runs_of_them(
    office: Office, visit: Visit, instance: str, sop: ProcessDefinition
) -> None:
    clerk = visit("staf")

    page = clerk.get("/proses")

    assert "1 berkas berjalan" in page.text
    assert "LAP-7" in clerk.get(page.link("1 berkas berjalan")).text
    office.engine.instances.cancel(instance, reason="Salah", actor=CLERK)
    assert "Tidak ada berkas yang berjalan." in clerk.get("/proses").text
    assert sop.version == 1


def test_an_analyst_reads_how_much_runs_of_an_sop_and_why_not_what(
    office: Office, visit: Visit, instance: str
) -> None:
    analyst = visit("analis")

    listed, version = analyst.get("/proses"), analyst.get("/proses/laporan/1")

    assert "1 berkas berjalan" in listed.text
    [cell] = version.tree.xpath("//td[@data-label='Berjalan']")
    assert cell.text_content().strip() == "1"
    for path in ("/berkas", "/dasbor", listed.link("1 berkas berjalan")):
        page = analyst.get(path)
        assert "Akun Anda tidak termasuk dalam lajur mana pun" in page.text
        assert "Belum ada berkas proses." not in page.text
        assert "cocok dengan saringan" not in page.text
        assert page.link("SOP")
    assert "tidak termasuk dalam lajur" not in visit("staf").get("/berkas").text
    assert office.state(instance) == "ACTIVE"


def test_versions_say_which_is_in_force_and_how_much_runs_of_each(
    office: Office, visit: Visit, instance: str
) -> None:
    office.deploy(SOP.replace("Memaraf laporan", "Memaraf naskah"), "laporan.bpmn")
    office.start(
        office.engine.definitions.latest_definition("laporan", actor=CLERK), CLERK, tahun=1
    )
    office.start(
        office.engine.definitions.latest_definition("laporan", actor=CLERK), CLERK, tahun=2
    )

    page = visit("staf").get("/proses/laporan/1")

    rows = page.tree.xpath("//section[@aria-labelledby='versi']//tbody/tr")
    told = [[cell.text_content().strip() for cell in row] for row in rows]
    assert [(row[0], row[2], row[3]) for row in told] == [
        ("Versi 2", "Berlaku", "2"),
        ("Versi 1", "Digantikan", "1"),
    ]
    assert "Versi ini sudah digantikan" in page.text
    assert "sudah digantikan" not in visit("staf").get(page.link("versi 2")).text
    assert page.link("Dasbor SOP ini") == "/dasbor?sop=laporan"
    assert office.state(instance) == "ACTIVE"
