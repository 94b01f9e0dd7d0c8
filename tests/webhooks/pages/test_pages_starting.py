"""The start page: what the SOP is, what is likely, and where one comes after starting."""

from __future__ import annotations

import pytest

from engine.model import ProcessDefinition
from engine.queries import InstanceQuery
from tests.office import AUDITOR, Office
from tests.webhooks.pages.conftest import Visit


@pytest.fixture
def period_sop(office: Office) -> ProcessDefinition:
    """It asks for year, kind of period and bidang; its first step is the Kadis's."""
    return office.deploy_sop("bandar-lampung")


def started(office: Office) -> list[str | None]:
    """The business keys of all instances."""
    found = office.engine.instances.instances(InstanceQuery(), actor=AUDITOR)
    return [each.business_key for each in found]


def test_start_page_says_what_the_sop_is(visit: Visit, period_sop: ProcessDefinition) -> None:
    page = visit("staf").get(f"/proses/{period_sop.key}/mulai")

    [about] = page.tree.xpath("//aside")
    rows = {row[0].text: row[1].text_content() for row in about.xpath(".//dl/div")}
    assert rows["Nomor SOP"] == "100.3.6/051/III.01/2024"
    assert rows["Lajur pelaksana"] == "Kadis, Sekretaris, Perencana, Bidang"
    assert rows["Yang boleh memulai"] == "Setiap lajur SOP ini"
    assert "Dasar hukum" in rows


@pytest.mark.parametrize(
    ("days", "year", "quarter"), [(0, "2026", "TW1"), (100, "2026", "TW2"), (365, "2027", "TW1")]
)
def test_form_begins_with_the_running_year_and_quarter(
    office: Office, visit: Visit, period_sop: ProcessDefinition, days: int, year: str, quarter: str
) -> None:
    office.clock.advance(days=days)

    page = visit("staf").get(f"/proses/{period_sop.key}/mulai")

    assert page.value("isian-periode_tahun") == year
    assert page.value("isian-periode_jenis") == quarter


def test_what_was_typed_stays_when_a_field_is_wrong(
    office: Office, visit: Visit, period_sop: ProcessDefinition
) -> None:
    clerk = visit("staf")
    page = clerk.get(f"/proses/{period_sop.key}/mulai")

    page = clerk.send(page, "/mulai", **{"isian-periode_tahun": "dua ribu", "kunci_berkas": "LKJ"})

    assert page.status == 400
    assert page.value("isian-periode_tahun") == "dua ribu"
    assert page.value("kunci_berkas") == "LKJ"
    assert page.fault_of("isian-periode_tahun") is not None
    assert started(office) == []


def test_instance_without_a_key_of_its_own_is_called_by_its_period(
    office: Office, visit: Visit, period_sop: ProcessDefinition
) -> None:
    clerk = visit("staf")
    page = clerk.get(f"/proses/{period_sop.key}/mulai")

    clerk.send(page, "/mulai", **{"isian-periode_jenis": "S1"})
    clerk.send(clerk.get(f"/proses/{period_sop.key}/mulai"), "/mulai", kunci_berkas="LKJ-7")

    assert set(started(office)) == {"Semester I 2026", "LKJ-7"}


def test_form_sent_twice_starts_once(
    office: Office, visit: Visit, period_sop: ProcessDefinition
) -> None:
    clerk = visit("staf")
    page = clerk.get(f"/proses/{period_sop.key}/mulai")

    first, second = clerk.send(page, "/mulai"), clerk.send(page, "/mulai")

    assert first.path == second.path
    assert len(started(office)) == 1


def test_who_starts_comes_to_the_first_task_when_it_is_his(
    office: Office, visit: Visit, sop: ProcessDefinition
) -> None:
    for name, place in (("staf", "/tugas/"), ("sekretaris", "/berkas/")):
        browser = visit(name)
        page = browser.send(
            browser.get(f"/proses/{sop.key}/mulai"), "/mulai", **{"isian-tahun": "2026"}
        )
        assert page.path.startswith(place)
        assert "Proses telah dimulai" in page.text
    assert started(office) == [None, None]
