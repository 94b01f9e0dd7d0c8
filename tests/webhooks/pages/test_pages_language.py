"""Pages in English for who chose it, Indonesian for everybody else."""

from __future__ import annotations

from engine.model import Language
from tests.office import Office
from tests.webhooks.pages.browser import Browser, Page
from tests.webhooks.pages.conftest import Visit


def _language(page: Page) -> str | None:
    return page.tree.get("lang")


def test_pages_are_indonesian_whatever_the_browser_says(browser: Browser) -> None:
    page = browser.get("/masuk", **{"Accept-Language": "en-GB,en"})

    assert _language(page) == "id"
    assert "Langsung ke isi" in page.text


def test_a_stranger_reads_english_after_pressing_the_switch(browser: Browser) -> None:
    page = browser.send(browser.get("/masuk?next=/berkas"), "/bahasa", bahasa="en")

    assert _language(page) == "en"
    assert page.response.request.full_path == "/masuk?next=/berkas"
    assert "Skip to content" in page.text


def test_the_choice_of_who_is_logged_in_goes_with_the_account(
    visit: Visit, app: object, office: Office
) -> None:
    browser = visit("staf")

    page = browser.send(browser.get("/"), "/bahasa", bahasa="en")

    assert "Inbox" in page.text
    assert office.engine.accounts.account("staf").language is Language.ENGLISH
    assert _language(visit("staf").get("/berkas")) == "en"
    assert _language(visit("staf-2").get("/berkas")) == "id"


def test_the_account_decides_and_not_who_used_the_browser_before(
    visit: Visit, office: Office
) -> None:
    sekretaris = office.engine.accounts.account("sekretaris").as_actor()
    office.engine.accounts.choose_language(Language.INDONESIAN, actor=sekretaris)
    browser = visit("staf")
    browser.send(browser.get("/"), "/bahasa", bahasa="en")
    login = browser.send(browser.get("/"), "/keluar")

    page = browser.log_in("sekretaris")

    assert (_language(login), _language(page)) == ("en", "id")


def test_a_form_without_the_token_changes_no_account(visit: Visit, office: Office) -> None:
    browser = visit("staf")

    page = browser.post("/bahasa", {"bahasa": "en", "kembali": "/berkas"})

    assert _language(page) == "en"
    assert office.engine.accounts.account("staf").language is None


def test_another_site_cannot_choose(browser: Browser) -> None:
    page = browser.post("/bahasa", {"bahasa": "en"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert page.status == 400
    assert browser.cookie("alur_bahasa") is None


def test_a_language_that_there_is_not_is_refused(browser: Browser) -> None:
    assert browser.post("/bahasa", {"bahasa": "xx"}).status == 400
    browser.client.set_cookie("alur_bahasa", "xx")
    assert _language(browser.get("/masuk")) == "id"


def test_the_switch_leads_to_no_other_server(browser: Browser) -> None:
    page = browser.post("/bahasa", {"bahasa": "en", "kembali": "//jahat.example/"}, follow=False)

    assert page.response.headers["Location"] == "/"


def test_pictures_say_where_an_instance_stands_in_the_language_of_the_page(
    visit: Visit, instance: str
) -> None:
    browser = visit("staf")
    indonesian = browser.get(f"/berkas/{instance}/gambar.svg").response.text

    browser.send(browser.get("/"), "/bahasa", bahasa="en")
    english = browser.get(f"/berkas/{instance}/gambar.svg").response.text

    assert "Proses berada di: Menyusun laporan." in indonesian
    assert ">di sini<" in indonesian
    assert "The process is at: Menyusun laporan." in english
    assert ">here<" in english


def test_words_of_a_diagram_are_marked_as_indonesian_on_an_english_page(
    visit: Visit, office: Office, instance: str
) -> None:
    browser = visit("staf")
    path = f"/tugas/{office.task(instance, 'susun').task_id}"
    indonesian = browser.get(path)

    browser.send(browser.get("/saya"), "/bahasa", bahasa="en")
    english = browser.get(path)

    marked = [each.text_content() for each in english.tree.xpath("//main//*[@lang='id']")]
    assert {"Menyusun laporan", "Judul laporan", "Data kinerja"} <= set(marked)
    assert indonesian.tree.xpath("//main//*[@lang]") == []
