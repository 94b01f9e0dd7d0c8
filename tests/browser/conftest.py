"""A served office, and chromium in front of it, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.served import PASSWORD, Served, served_office
from tests.needs import chromium

#: A page with somebody logged in, or nobody.
Visit = Callable[[str | None], Page]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_office(tmp_path_factory.mktemp("office") / "alur.db") as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed with each file: as long as Playwright runs, no other test may have an event loop."""
    path = chromium()
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path)


@pytest.fixture(scope="module")
def visit(served: Served, browser: Browser) -> Visit:
    """One window per person, kept: logging in for each page would take most of the time."""
    pages: dict[str | None, Page] = {}

    def visit_as(name: str | None) -> Page:
        if name not in pages:
            pages[name] = browser.new_context(base_url=served.origin).new_page()
            if name is not None:
                log_in(pages[name], name)
        return pages[name]

    return visit_as


def log_in(page: Page, name: str, *, is_there: bool = False) -> None:
    """Log in; is_there: the page is a login page already, which leads on to where one was."""
    if not is_there:
        page.goto("/masuk")
    page.get_by_label("Nama pengguna").fill(name)
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk", exact=True).click()
    if not is_there:
        page.get_by_role("heading", name="Kotak Masuk Tugas").wait_for()
