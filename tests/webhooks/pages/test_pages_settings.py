"""The settings lead each role to what it may open, and to nothing that would refuse it."""

from __future__ import annotations

import pytest

from engine.model import Role
from tests.webhooks.pages.browser import Page
from tests.webhooks.pages.conftest import Visit
from webhooks.pages.office_settings import PLACES

READERS = {
    "admin": Role.ADMIN,
    "analis": Role.ANALYST,
    "auditor": Role.AUDITOR,
}


def menu_of(page: Page) -> list[str]:
    found = page.tree.xpath("//nav[@aria-label='Utama']/a")
    return [" ".join(each.text_content().split()) for each in found]


def current_in(page: Page) -> list[str]:
    found = page.tree.xpath("//nav[@aria-label='Utama']/a[@aria-current='page']")
    return [" ".join(each.text_content().split()) for each in found]


@pytest.mark.parametrize("name", READERS)
def test_every_place_that_is_listed_opens(visit: Visit, name: str) -> None:
    visitor = visit(name)
    page = visitor.get("/pengaturan")
    titles = [link.text_content() for link in page.tree.xpath("//main//h2/a")]

    assert titles == [each.name for each in PLACES if READERS[name] in each.roles]
    for title in titles:
        opened = visitor.get(page.link(title))
        assert opened.status == 200, title
        assert current_in(opened) == (
            ["Kalender"] if "/kalender" in opened.path else ["Pengaturan"]
        )


@pytest.mark.parametrize(
    ("name", "path"),
    [("analis", "/akun"), ("analis", "/akun/riwayat"), ("auditor", "/akun"), ("analis", "/pesan")],
)
def test_what_is_not_listed_would_refuse(visit: Visit, name: str, path: str) -> None:
    visitor = visit(name)

    assert path not in visitor.get("/pengaturan").links()
    assert visitor.get(path).status == 403


def test_staff_has_no_settings(visit: Visit) -> None:
    visitor = visit("staf")

    assert visitor.get("/pengaturan").status == 403
    assert menu_of(visitor.get("/")) == [
        "Kotak Masuk",
        "Berkas Proses",
        "SOP",
        "Laporan",
        "Kalender",
        "Putri Staf",
    ]


def test_menu_of_an_administrator_stays_short(visit: Visit) -> None:
    assert menu_of(visit("admin").get("/")) == [
        "Kotak Masuk",
        "Berkas Proses",
        "Dasbor",
        "SOP",
        "Laporan",
        "Kalender",
        "Pengaturan",
        "Administrator",
    ]


def test_a_wrong_address_keeps_the_menu(visit: Visit) -> None:
    page = visit("staf").get("/tidak-ada")

    assert page.status == 404
    assert page.link("Ke Kotak Masuk") == "/"
    assert "Putri Staf" in menu_of(page)
