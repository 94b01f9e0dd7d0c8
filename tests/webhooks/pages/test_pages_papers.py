"""Parafs and signatures through the pages: shown, given, refused, void."""

from __future__ import annotations

import pytest

from engine.model import EndorsementKind
from tests.office import ADMIN, AUDITOR, Office
from tests.papers import letter
from tests.webhooks.pages.browser import Browser, Page
from tests.webhooks.pages.conftest import Visit
from tests.webhooks.pages.test_pages_work import complete, open_first
from webhooks.hooks.tokens import link_url

RETURN = {
    "ttd_keputusan": "kembalikan",
    "ttd_catatan_perbaikan": "Kurang rinci",
    "ttd_kepada": "x",
    "ttd_metode_tanda_tangan": "",
}


@pytest.fixture
def drafted(office: Office) -> str:
    """A letter that was drafted by the clerk."""
    clerk = office.engine.accounts.account("staf").as_actor()
    instance = office.start(office.deploy(letter(), "surat.bpmn"), clerk)
    office.complete(instance, "draf", clerk, naskah="Naskah surat")
    return instance


def do(visitor: Browser, **values: str) -> Page:
    """Complete the first task of the inbox."""
    return complete(visitor, open_first(visitor), **values)


def initial(visit: Visit) -> None:
    do(visit("staf-2"), paraf1_keputusan="setujui")
    do(visit("sekretaris"), paraf2_keputusan="setujui")


def shown(page: Page, section: str) -> str:
    (found,) = page.tree.xpath(f"//section[@aria-labelledby='{section}']")
    return " ".join(found.text_content().split())


def instance_page(browser: Browser, instance: str) -> Page:
    return browser.get(f"/berkas/{instance}")


def test_step_shows_its_document_and_its_button_says_what_it_does(
    drafted: str, visit: Visit
) -> None:
    page = open_first(visit("staf-2"))

    assert "Paraf" in page.buttons()
    assert "Selesaikan" not in page.buttons()
    text = shown(page, "naskah")
    assert "Versi 1" in text
    assert "Putri Staf" in text
    assert "Naskah surat" in text
    assert "Versi ini belum diparaf" in text


def test_signing_page_shows_who_initialled_and_signs(
    office: Office, drafted: str, visit: Visit
) -> None:
    initial(visit)
    head = visit("kadis")
    page = open_first(head)

    assert "Tandatangani" in page.buttons()
    text = shown(page, "naskah")
    assert "Paraf Rina Staf, paraf1" in text
    assert "Paraf Siti Sekretaris, paraf2" in text
    complete(head, page, ttd_keputusan="setujui", ttd_metode_tanda_tangan="basah")

    assert office.state(drafted) == "COMPLETED"
    text = shown(instance_page(visit("auditor"), drafted), "paraf")
    assert "Tanda tangan Budi Kadis, ttd" in text
    assert "tanda tangan basah" in text
    history = shown(instance_page(visit("auditor"), drafted), "riwayat")
    assert "Dokumen versi 1 diparaf" in history
    assert "Dokumen versi 1 ditandatangani" in history


def test_return_voids_parafs_and_its_note_is_read_until_it_is_signed(
    office: Office, drafted: str, visit: Visit
) -> None:
    initial(visit)
    do(visit("kadis"), **RETURN)

    clerk = visit("staf")
    page = open_first(clerk)
    assert "Kurang rinci Budi Kadis" in shown(page, "catatan-perbaikan")
    complete(clerk, page, naskah="Naskah surat")

    page = open_first(visit("staf-2"))
    assert "Kurang rinci" in shown(page, "catatan-perbaikan")
    assert "Versi 2" in shown(page, "naskah")
    assert shown(page, "naskah").count("gugur karena dikembalikan") == 2
    on_instance = shown(instance_page(visit("auditor"), drafted), "paraf")
    assert on_instance.count("gugur karena dikembalikan") == 2


def test_document_that_changed_while_it_was_read_is_not_initialled_and_nothing_typed_is_lost(
    office: Office, drafted: str, visit: Visit
) -> None:
    reviewer = visit("staf-2")
    page = open_first(reviewer)
    office.engine.instances.change_variables(drafted, {"naskah": "diubah"}, actor=ADMIN)

    page = complete(
        reviewer, page, paraf1_keputusan="setujui", paraf1_catatan_perbaikan="tetap ada"
    )

    assert page.status == 409, page.text
    assert "Dokumen sudah berubah" in page.text
    assert page.value("isian-paraf1_keputusan") == "setujui"
    assert page.value("isian-paraf1_catatan_perbaikan") == "tetap ada"
    assert "Versi 2" in shown(page, "naskah")
    complete(reviewer, page, paraf1_keputusan="setujui")
    assert office.waiting_at(drafted) == ["paraf2"]


def test_signature_without_parafs_is_refused_on_the_page_with_who_is_missing(
    office: Office, drafted: str, visit: Visit
) -> None:
    initial(visit)
    office.engine.instances.change_variables(drafted, {"naskah": "diubah"}, actor=ADMIN)
    head = visit("kadis")
    page = open_first(head)
    assert "Belum diparaf pada versi ini: Perencana, Sekretaris" in page.text
    assert "gugur karena dokumen berubah" in page.text

    page = complete(
        head,
        page,
        ttd_keputusan="setujui",
        ttd_metode_tanda_tangan="basah",
        ttd_kepada="sudah diketik",
    )

    assert page.status == 409, page.text
    assert "Belum dapat ditandatangani" in page.text
    assert "Dokumen versi 2 belum diparaf oleh: Perencana, Sekretaris." in page.text
    assert page.value("isian-ttd_kepada") == "sudah diketik"
    assert office.waiting_at(drafted) == ["ttd"]


def test_who_drafted_is_told_that_his_paraf_is_not_needed(
    office: Office, drafted: str, visit: Visit
) -> None:
    clerk = visit("staf")
    page = open_first(clerk)
    assert "paraf Anda tidak diperlukan" in page.text

    complete(clerk, page, paraf1_keputusan="setujui")

    text = shown(instance_page(visit("auditor"), drafted), "paraf")
    assert "paraf tidak diperlukan: konseptor sama" in text


def test_link_shows_document_and_note_and_initials_the_version_that_was_read(
    office: Office, drafted: str, visit: Visit, browser: Browser
) -> None:
    initial(visit)
    do(visit("kadis"), **RETURN)
    do(visit("staf"), naskah="Naskah kedua")
    task = office.task(drafted, "paraf1")
    _, secret = office.engine.task_links.make(
        task.task_id, actor=office.engine.accounts.account("staf-2").as_actor()
    )

    page = browser.get(link_url(office.engine, secret, ""))
    assert "Kurang rinci" in page.text
    assert "Naskah kedua" in page.text
    browser.send(page, page.path, **{"isian-paraf1_keputusan": "setujui"})

    (paper,) = office.engine.papers.of_instance(drafted, actor=AUDITOR)
    *_, given = paper.endorsements
    assert (given.kind, given.version, given.capacity) == (EndorsementKind.PARAF, 2, "by link")
