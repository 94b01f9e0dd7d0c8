"""One box finds instances, tasks and SOPs."""

from __future__ import annotations

from engine.model import ProcessDefinition
from tests.office import Office
from tests.webhooks.pages.conftest import Visit
from webhooks.pages.searching import snippet


def test_the_box_on_every_page_finds_an_instance_and_says_where(
    office: Office, visit: Visit, instance: str
) -> None:
    clerk = visit("staf")
    actor = office.engine.accounts.account("staf").as_actor()
    office.complete(instance, "susun", actor, judul="Kinerja 2026")
    form = clerk.get("/proses").tree.xpath("//form[@class='seek']")[0]
    assert (form.method, form.action) == ("GET", "/cari")

    page = clerk.get("/cari?q=kinerja+lap")

    assert page.link("LAP-7") == f"/berkas/{instance}"
    assert "Judul laporan: Kinerja 2026" in page.text
    assert "Kunci berkas: LAP-7" in page.text
    assert page.value("q") == "kinerja lap"


def test_tasks_and_sops_are_found_by_the_name_of_a_step(
    office: Office, visit: Visit, instance: str
) -> None:
    page = visit("staf").get("/cari?q=menyusun")

    assert page.link("Menyusun laporan") == f"/tugas/{office.task(instance, 'susun').task_id}"
    assert "Penyusunan Laporan" in page.text
    assert "Langkah: Menyusun laporan" in page.text


def test_pages_go_on_and_nothing_is_found_of_others(
    office: Office, sop: ProcessDefinition, visit: Visit
) -> None:
    actor = office.engine.accounts.account("staf").as_actor()
    for _ in range(21):
        office.start(sop, actor, tahun=2031)
    clerk = visit("staf")

    first = clerk.get("/cari?q=2031")
    second = clerk.get(first.link("Berikutnya"))

    rows = "//section[@aria-labelledby='berkas-ditemukan']//tbody/tr"
    assert (len(first.tree.xpath(rows)), len(second.tree.xpath(rows))) == (20, 1)
    assert "hal=1" in second.link("Sebelumnya")
    outside = visit("luar").get("/cari?q=2031").text
    assert "Tidak ada yang cocok dengan “2031”" in outside
    assert "Tuliskan satu kata atau lebih" in clerk.get("/cari?q=+%E2%80%9C").text


def test_of_a_long_text_the_part_around_the_word_is_shown() -> None:
    text = "awal " * 100 + "Kinerja " + "akhir " * 100

    shown = snippet(text, ("kinerja",))

    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert "Kinerja" in shown
    assert len(shown) < 200
    assert snippet("pendek", ("x",)) == "pendek"
