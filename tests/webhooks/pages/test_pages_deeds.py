"""Who did what, on a page for auditors and administrators."""

from __future__ import annotations

import pytest

from engine.model import ProcessDefinition
from tests.office import ADMIN, Office
from tests.webhooks.pages.browser import Page
from tests.webhooks.pages.conftest import Visit
from webhooks.pages import listings


def deeds(page: Page) -> list[str]:
    cells = page.tree.xpath("//main//tbody//td[contains(@class, 'title')]")
    return [" ".join(cell.text_content().split()) for cell in cells]


@pytest.fixture
def work(office: Office, sop: ProcessDefinition) -> str:
    """An instance that was started, taken and done by two people."""
    staff = office.engine.accounts.account("staf").as_actor(office.clock.now())
    instances = office.engine.instances
    started = instances.start(sop, {"tahun": 2026}, business_key="B-7", actor=ADMIN)
    instance = started.instance.instance_id
    office.clock.advance(minutes=1)
    task = office.task(instance, "susun")
    office.engine.tasks.claim(task.task_id, actor=staff)
    office.clock.advance(minutes=1)
    office.engine.tasks.complete(task.task_id, {"judul": "rahasia"}, actor=staff)
    return instance


def test_deeds_are_told_the_latest_first_without_what_forms_hold(visit: Visit, work: str) -> None:
    page = visit("auditor").get("/riwayat")

    assert deeds(page) == [
        "Tugas diselesaikan: Menyusun laporan",
        "Tugas diambil: Menyusun laporan",
        "Proses dimulai",
    ]
    assert "Putri Staf" in page.text
    assert "B-7" in page.text
    assert "rahasia" not in page.text
    assert f"/putar-ulang/{work}?langkah=3" in page.links()


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("orang=staf", 2),
        ("orang=kadis", 0),
        ("perbuatan=task_claimed", 1),
        ("perbuatan=timers_due", 0),
        ("perbuatan=nix", 0),
        ("sop=laporan", 3),
        ("sop=nix", 0),
        ("periode=2026-01", 3),
        ("periode=2025", 0),
        ("orang=staf&perbuatan=task_completed&periode=bulan", 1),
    ],
)
def test_a_filter_finds_deeds(visit: Visit, work: str, query: str, count: int) -> None:
    page = visit("admin").get(f"/riwayat?{query}")

    assert len(deeds(page)) == count
    assert ("Tidak ada perbuatan yang cocok" in page.text) == (count == 0)


def test_without_any_deed_it_says_so(visit: Visit) -> None:
    assert "Belum ada yang dikerjakan" in visit("auditor").get("/riwayat").text


def test_long_lists_have_pages(office: Office, sop: ProcessDefinition, visit: Visit) -> None:
    for number in range(26):
        office.start(sop, tahun=number)
    auditor = visit("auditor")

    first = auditor.get("/riwayat?sop=laporan")
    second = auditor.get(first.link("Berikutnya"))

    assert (len(deeds(first)), len(deeds(second))) == (25, 1)
    assert "sop=laporan" in first.link("Berikutnya")


def test_a_list_says_that_there_are_more_than_were_counted(
    office: Office, sop: ProcessDefinition, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listings, "MOST_COUNTED", 25)
    for number in range(26):
        office.start(sop, tahun=number)
    auditor = visit("auditor")

    assert "lebih dari 25 perbuatan" in auditor.get("/riwayat").text
    last = auditor.get("/riwayat?hal=2")
    assert "26 perbuatan" in last.text
    assert "lebih dari" not in last.text


@pytest.mark.parametrize("name", ["staf", "analis"])
def test_others_do_not_see_it(visit: Visit, name: str) -> None:
    assert visit(name).get("/riwayat").status == 403
