"""Pictures on pages: where an instance is, readable and reachable without JavaScript."""

from __future__ import annotations

from engine.model import ProcessDefinition
from tests.office import Office
from tests.webhooks.pages.browser import Page
from tests.webhooks.pages.conftest import SOP, Visit
from tests.webhooks.pages.test_pages_work import complete, open_first


def box(page: Page):
    """The box around the picture."""
    found = page.tree.xpath("//figure[@class='drawing']/div")
    assert len(found) == 1, page.text
    return found[0]


def test_instance_page_shows_where_it_is_and_which_way_it_went(instance: str, visit: Visit) -> None:
    clerk = visit("staf")
    complete(clerk, open_first(clerk), judul="Capaian", penerima="Kadis")

    page = clerk.get(f"/berkas/{instance}")

    svg = box(page)[0]
    assert "Anda di sini: Memaraf laporan" in page.text
    assert svg.xpath("string(desc)").startswith("Proses berada di: Memaraf laporan.")
    assert len(svg.xpath(".//*[@class='dilalui']")) == 2
    address = page.link("Memaraf laporan").removeprefix("#")
    assert len(page.tree.xpath(f"//*[@id='{address}']")) == 1


def test_box_of_a_picture_can_be_focused_and_is_named(instance: str, visit: Visit) -> None:
    page = visit("staf").get(f"/berkas/{instance}")

    around = box(page)
    assert around.get("tabindex") == "0"
    assert around.get("role") == "region"
    assert around.get("aria-label")
    assert around.get("class").startswith("scroll lebar-")
    assert around[0].get("role") == "img"
    ids = page.tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert set(around[0].get("aria-labelledby").split()) <= set(ids)


def test_pages_with_pictures_carry_no_style_of_their_own(
    sop: ProcessDefinition, instance: str, visit: Visit
) -> None:
    clerk = visit("staf")
    pages = [
        clerk.get(f"/berkas/{instance}"),
        clerk.get("/proses/laporan/1"),
        open_first(clerk),
    ]

    for page in pages:
        assert box(page) is not None
        assert page.tree.xpath("//@style | //style | //script[not(@src)]") == []


def test_task_page_shows_where_its_step_stands(instance: str, visit: Visit) -> None:
    page = open_first(visit("staf"))

    assert "Letak langkah ini" in page.text
    assert "di sini" in box(page).text_content()


def test_process_page_offers_a_copy_with_the_drawing(sop: ProcessDefinition, visit: Visit) -> None:
    analyst = visit("analis")
    page = analyst.get("/proses/laporan/1")

    copy = analyst.get(page.link("Unduh dengan gambar"))

    assert "Tata letak dibuat oleh Alur" in page.text
    assert copy.response.headers["Content-Disposition"] == (
        'attachment; filename="laporan-bergambar.bpmn"'
    )
    assert b"BPMNShape" in copy.response.data
    assert analyst.get(page.link("Unduh BPMN")).response.data == SOP.encode()


def test_sop_that_is_drawn_is_shown_as_drawn(office: Office, visit: Visit) -> None:
    office.deploy_sop("balangan")

    page = visit("analis").get("/proses/pdk_balangan/1")

    assert "Unduh dengan gambar" not in page.text
    assert "Kadis" in box(page).text_content()


def test_copy_is_for_those_who_may_read_files(sop: ProcessDefinition, visit: Visit) -> None:
    clerk = visit("staf")

    assert "Unduh dengan gambar" not in clerk.get("/proses/laporan/1").text
    assert clerk.get("/proses/laporan/1/bpmn-bergambar").status == 403


def test_picture_alone_is_an_image_that_runs_nothing(instance: str, visit: Visit) -> None:
    clerk = visit("staf")

    for address in (f"/berkas/{instance}/gambar.svg", "/proses/laporan/1/gambar.svg"):
        answer = clerk.get(address).response
        assert answer.mimetype == "image/svg+xml"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert visit("luar").get(f"/berkas/{instance}/gambar.svg").status == 403
    # Whoever may not see a version is not told that there is one.
    assert visit("luar").get("/proses/laporan/1/gambar.svg").status == 404
