"""Bandingkan: two instances of one SOP side by side, and one beside its straight path."""

from __future__ import annotations

import pytest

from engine.model import Actor, ProcessDefinition
from tests.engine.test_verify import tamper
from tests.office import Office
from tests.webhooks.pages.browser import Page
from tests.webhooks.pages.conftest import Visit


def actor(office: Office, name: str) -> Actor:
    return office.engine.accounts.account(name).as_actor()


def worked(office: Office, instance_id: str, *answers: str, clerk: str = "staf") -> None:
    for answer in answers:
        office.clock.advance(minutes=30)
        values = {"judul": "Capaian", "penerima": ["Kadis"]}
        office.complete(instance_id, "susun", actor(office, clerk), **values)
        values = {"keputusan": answer, "catatan_perbaikan": "Periksa lagi"}
        office.complete(instance_id, "paraf", actor(office, "sekretaris"), **values)


@pytest.fixture
def other(office: Office, sop: ProcessDefinition, instance: str) -> str:
    """Another of the same SOP, done at once by a colleague; the first came back once."""
    worked(office, instance, "kembalikan", "setujui")
    started = office.engine.instances.start(
        sop, {"tahun": 2026}, actor=actor(office, "staf"), business_key="LAP-8"
    )
    worked(office, started.instance.instance_id, "setujui", clerk="staf-2")
    return started.instance.instance_id


def lines(page: Page) -> list[tuple[str, str]]:
    """(activity, difference) of each row."""
    found = page.tree.xpath("//table[contains(@class, 'compared')]/tbody/tr")
    texts = [[" ".join(cell.text_content().split()) for cell in row] for row in found]
    return [(row[0], row[-1]) for row in texts]


def test_two_instances_stand_side_by_side(instance: str, other: str, visit: Visit) -> None:
    page = visit("auditor").get(f"/bandingkan?a={instance}&b={other}")

    assert lines(page) == [
        ("Menyusun laporan", "Orang lain"),
        ("Memaraf laporan", "sama"),
        ("Menyusun laporan ke-2", "Diulang pada A"),
        ("Memaraf laporan ke-2", "Diulang pada A"),
        ("Mengesahkan laporan", "sama"),
    ]
    assert "3 perbedaan" in page.text
    assert "Rina Staf" in page.text


def test_step_of_a_round_is_a_link(instance: str, other: str, visit: Visit) -> None:
    auditor = visit("auditor")
    page = auditor.get(f"/bandingkan?a={instance}&b={other}")

    [row] = page.tree.xpath("//tr[contains(th, 'Menyusun laporan') and contains(th, 'ke-2')]")
    led = auditor.get(row.xpath(".//a/@href")[0])

    assert led.path == f"/putar-ulang/{instance}"
    assert "Langkah 3 dari 5" in led.text


def test_instance_stands_beside_the_straight_path(instance: str, other: str, visit: Visit) -> None:
    auditor = visit("auditor")
    page = auditor.get(auditor.get(f"/putar-ulang/{instance}").link("Bandingkan"))

    assert "Jalur lurus menurut diagram" in page.text
    assert [each for each in lines(page) if each[1] != "sama"] == [
        ("Menyusun laporan ke-2", "Diulang pada A"),
        ("Memaraf laporan ke-2", "Diulang pada A"),
    ]


def test_other_instance_is_chosen_or_found_by_its_key(
    instance: str, other: str, visit: Visit
) -> None:
    auditor = visit("auditor")
    page = auditor.get(f"/bandingkan?a={instance}")

    assert page.tree.xpath("//select[@id='b']/option/@value") == ["", other]
    found = auditor.get(f"/bandingkan?a={instance}&kunci=LAP-8")
    assert found.tree.xpath("//select[@id='b']/option[@selected]/@value") == [other]


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("kunci=LAP-9", "Tidak ada berkas SOP ini yang berkunci demikian."),
        ("b=tidak-ada", "Berkas pembanding tidak ada."),
    ],
)
def test_what_cannot_be_compared_is_told(instance: str, visit: Visit, query: str, why: str) -> None:
    page = visit("auditor").get(f"/bandingkan?a={instance}&{query}")

    assert (page.status, page.fault_of("kunci")) == (400, why)


def test_instance_of_another_sop_cannot_be_compared(
    office: Office, instance: str, visit: Visit
) -> None:
    foreign = office.start_sop(office.deploy_sop("luwu-timur"))

    page = visit("auditor").get(f"/bandingkan?a={instance}&b={foreign}")

    assert page.fault_of("kunci") == "Berkas pembanding bukan dari SOP yang sama."


def test_only_what_is_proved_is_compared(
    office: Office, instance: str, other: str, visit: Visit
) -> None:
    tamper(
        office.store,
        "UPDATE history_event SET actor = 'lain' WHERE instance_id = :i AND revision = 3",
        i=instance,
    )

    page = visit("auditor").get(f"/bandingkan?a={instance}&b={other}")

    assert "hanya langkah yang terbukti dibandingkan" in page.text
    assert "Menyusun laporan ke-2" not in page.text


def test_comparison_is_for_who_may_see_both(instance: str, other: str, visit: Visit) -> None:
    stranger = visit("luar")

    assert stranger.get(f"/bandingkan?a={instance}").status == 403
    assert visit("auditor").get("/bandingkan").status == 404
