"""Putar Ulang in chromium: by keyboard, by its words alone, with the script and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.served import PASSWORD, Served

SPOKEN = "#suara"
#: In milliseconds: a busy machine draws ten steps in longer than the five seconds of the default.
PATIENCE = 60_000


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """An auditor who wants no motion."""
    context = browser.new_context(base_url=served.origin, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page = context.new_page()
    page.goto("/masuk")
    page.get_by_label("Nama pengguna").fill("auditor")
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk", exact=True).click()
    yield page
    context.close()
    expect.set_options(timeout=5_000)


def address(served: Served) -> str:
    return served.paths["putar-ulang"].partition("?")[0]


def test_keys_and_slider_walk_through_the_steps(page: Page, served: Served) -> None:
    page.goto(f"{address(served)}?langkah=5")
    spoken = page.locator(SPOKEN)
    page.get_by_role("button", name="Putar", exact=True).focus()

    for key, step in (("ArrowRight", 6), ("ArrowLeft", 5), ("Home", 1), ("End", 22)):
        page.keyboard.press(key)
        expect(spoken).to_contain_text(f"Langkah {step} dari 22.")
        expect(page).to_have_url(f"{served.origin}{address(served)}?langkah={step}")
        assert page.locator("tr[aria-current=step]").get_attribute("id") == f"baris-{step}"

    slider = page.get_by_role("slider", name="Geser ke langkah")
    slider.fill("12")
    expect(spoken).to_contain_text("Langkah 12 dari 22.")
    told = slider.get_attribute("aria-valuetext") or ""
    assert told.startswith("Langkah 12 dari 22.")


def test_what_the_script_shows_is_what_the_server_shows(page: Page, served: Served) -> None:
    """Blind: only the words of the page count, picture and tables included."""
    walked = []
    page.goto(address(served))
    for step in range(1, 23):
        expect(page.locator(SPOKEN)).to_contain_text(f"Langkah {step} dari 22.")
        walked.append(words(page))
        page.get_by_role("link", name="Berikutnya").press("Enter")
    for step in (1, 7, 12, 22):
        page.goto(f"{address(served)}?langkah={step}")
        assert words(page) == walked[step - 1]


def words(page: Page) -> list[str]:
    """What a screen reader finds: the sentence, the picture's text, the details."""
    picture = page.locator("#kanvas desc").text_content() or ""
    details = page.locator("#rincian").aria_snapshot()
    return [page.locator(SPOKEN).inner_text(), picture, details]


def test_playing_goes_on_to_the_end_and_pauses(page: Page, served: Served) -> None:
    page.goto(f"{address(served)}?langkah=20")
    page.get_by_label("Laju").select_option("400")
    play = page.get_by_role("button", name="Putar", exact=True)

    play.click()
    expect(page.get_by_role("button", name="Jeda")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(SPOKEN)).to_contain_text("Langkah 22 dari 22.")
    expect(page.get_by_role("button", name="Putar", exact=True)).to_be_visible()


def test_a_lost_connection_is_told(page: Page, served: Served) -> None:
    page.goto(f"{address(served)}?langkah=3")
    page.route("**/bingkai*", lambda route: route.abort())
    page.reload()

    page.get_by_role("link", name="Berikutnya").click()

    expect(page.get_by_role("alert")).to_contain_text("tidak dapat diambil")
    expect(page.locator(SPOKEN)).to_contain_text("Langkah 3 dari 22.")


def test_words_alone_tell_the_whole_step(page: Page, served: Served) -> None:
    page.goto(f"{address(served)}?langkah=1")

    spoken = page.locator("main").aria_snapshot()

    for told in ('status: "Langkah 1 dari 22.', "slider", "Keadaan setelah langkah ini"):
        assert told in spoken, told
    assert spoken.count('link "Buka langkah') == 22
