"""The first steps of Balangan's SOP by the keyboard alone, with JavaScript and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from engine.queries import InstanceQuery
from engine.sources import RandomIds
from tests.browser.served import PASSWORD, Served
from tests.office import AUDITOR

SOP = "Mekanisme Pengumpulan Data Kinerja – Balangan"
#: What a screen reader calls the element that has the focus: its labels, or its text.
NAME = """each => [...(each.labels ?? [])].map(one => one.textContent).join(' ') ||
  each.getAttribute('aria-label') || each.textContent"""
#: Whether one sees where the focus is.
IS_MARKED = "each => getComputedStyle(each).outlineStyle !== 'none'"


class Keyboard:
    """Somebody who has no mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, words: str) -> None:
        """Press Tab until the focus is on what is called so; every stop can be seen."""
        passed = []
        for _ in range(100):
            self.page.keyboard.press("Tab")
            focused = self.page.locator("*:focus")
            if focused.count() == 0:
                continue
            name = " ".join(str(focused.evaluate(NAME)).split())
            assert focused.evaluate(IS_MARKED), name
            if name.startswith(words):
                return
            passed.append(name)
        pytest.fail(f"Tab never comes to {words!r}; it came to {passed}")

    def follow(self, words: str) -> None:
        """Go to a link or button, press Enter, and wait for the page that it leads to."""
        self.reach(words)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def write(self, label: str, text: str) -> None:
        self.reach(label)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def press(self, label: str, key: str) -> None:
        self.reach(label)
        self.page.keyboard.press(key)

    def log_in(self, name: str) -> None:
        self.page.goto("/masuk")
        self.write("Nama pengguna", name)
        self.write("Kata sandi", PASSWORD)
        self.follow("Masuk")

    def take(self, task: str) -> None:
        """From the inbox to the form of a task of one's lane."""
        self.follow("Kotak Masuk")
        self.follow("Tugas lajur saya")
        self.follow(task)
        self.follow("Ambil")


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request: pytest.FixtureRequest, browser: Browser, served: Served) -> Iterator[Page]:
    context = browser.new_context(base_url=served.origin, java_script_enabled=request.param)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def test_sop_is_started_and_worked_on_by_keyboard(page: Page, served: Served) -> None:
    keyboard, key = Keyboard(page), RandomIds().new_id()
    keyboard.log_in("sekretaris")
    keyboard.follow("SOP")
    keyboard.follow(f"Mulai Proses {SOP}")
    keyboard.write("Kunci / nomor berkas", key)
    keyboard.write("Tahun periode", "2026")
    keyboard.follow("Mulai Proses")

    keyboard.take("Mengumpulkan data laporan kinerja")
    keyboard.press("Rencana Aksi", "Space")
    keyboard.write("Nomor Agenda", "045/12")
    keyboard.press("Biasa", "ArrowDown")
    keyboard.write("Isi disposisi/arahan", "Segera kumpulkan")
    keyboard.follow("Selesaikan")
    assert "Mengumpulkan data laporan kinerja" in page.get_by_role("status").inner_text()
    [stored] = served.office.engine.instances.instances(
        InstanceQuery(business_key=key), actor=AUDITOR
    )
    values = served.office.variables(stored.instance_id)
    assert (values["langkah_1_kelengkapan_1"], values["langkah_1_sifat"]) == (True, "segera")
    keyboard.follow("Keluar")

    keyboard.log_in("bidang")
    keyboard.take("Mengisi dan menyerahkan data kinerja")
    keyboard.write("Tautan Laporan Progress", "https://data.dinas.test/progres")
    keyboard.write("Capaian", "98,5")
    keyboard.write("Tautan bukti dukung", "https://data.dinas.test/bukti")
    keyboard.follow("Selesaikan")
    assert "Mengisi dan menyerahkan data kinerja" in page.get_by_role("status").inner_text()
