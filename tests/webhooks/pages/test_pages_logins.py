"""Where one is logged in, what happened to accounts, and what administrators do about both."""

from __future__ import annotations

import pytest
from flask import Flask

from engine.model import Scope
from engine.settings import Settings
from tests.office import ADMIN, Office
from tests.webhooks.pages.browser import PASSWORD, Browser
from tests.webhooks.pages.conftest import Visit
from webhooks import create_app

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def test_one_sees_where_one_is_logged_in_and_ends_a_stolen_login(app: Flask, visit: Visit) -> None:
    thief = Browser(app)
    form = thief.get("/masuk").form("/masuk")[1]
    thief.post(
        "/masuk",
        form | {"nama": "staf", "sandi": PASSWORD},
        headers={"User-Agent": FIREFOX},
        environ_base={"REMOTE_ADDR": "203.0.113.9"},
    )
    owner = visit("staf")

    page = owner.get("/saya")
    assert "Firefox, Windows" in page.text
    assert "203.0.113.9" in page.text
    assert "(sesi ini)" in page.text
    page = owner.send(page, "/akhiri")

    assert "Sesi telah diakhiri" in page.text
    assert thief.get("/").path == "/masuk"
    assert owner.get("/").path == "/"


def test_all_other_logins_end_and_this_one_stays(visit: Visit) -> None:
    others, here = [visit("staf"), visit("staf")], visit("staf")

    here.send(here.get("/saya"), "/saya/sesi/lain")

    assert [each.get("/").path for each in others] == ["/masuk", "/masuk"]
    assert here.get("/").path == "/"
    assert "Akhiri semua sesi lain" not in here.get("/saya").buttons()


def test_a_login_of_another_cannot_be_ended(office: Office, visit: Visit) -> None:
    visit("kadis")
    session = office.engine.sessions.of("kadis", actor=ADMIN)[0]
    clerk = visit("staf")

    token = clerk.get("/").form("/keluar")[1]
    page = clerk.post(f"/saya/sesi/{session.session_id}/akhiri", token)

    assert page.status == 404
    assert office.engine.sessions.of("kadis", actor=ADMIN) == [session]


def test_an_administrator_ends_logins_and_tokens_of_an_account(
    office: Office, visit: Visit
) -> None:
    clerk, admin = visit("staf"), visit("admin")
    office.engine.access_tokens.create("staf", "modeler", actor=ADMIN)

    page = admin.send(admin.get("/akun/staf"), "/akun/staf/sesi")
    assert clerk.get("/").path == "/masuk"
    page = admin.send(page, "/cabut")

    assert "Token akses telah dicabut" in page.text
    assert office.engine.access_tokens.of("staf", actor=ADMIN) == []


def test_an_administrator_unlocks_an_account(visit: Visit, browser: Browser) -> None:
    for _ in range(10):
        browser.log_in("staf", "bukan-sandi-saya")
    assert browser.log_in("staf").status == 401
    admin = visit("admin")

    page = admin.get("/akun/staf")
    assert "10 percobaan masuk" in page.text
    admin.send(page, "/kunci")

    assert browser.log_in("staf").path == "/"


def test_failures_are_counted_by_the_address_that_a_trusted_proxy_tells(office: Office) -> None:
    for proxies, status in ((0, 401), (1, 200)):
        office.engine.logins.unlock("staf", actor=ADMIN)
        browser = Browser(create_app(office.engine, Settings(trusted_proxies=proxies)))
        browser.client.environ_base["HTTP_X_FORWARDED_FOR"] = "203.0.113.9"
        for _ in range(10):
            browser.log_in("staf", "bukan-sandi-saya")

        browser.client.environ_base["HTTP_X_FORWARDED_FOR"] = "10.0.0.7"

        assert browser.log_in("staf").status == status


def test_what_happened_to_accounts_is_read_by_administrators_and_auditors(
    visit: Visit, browser: Browser
) -> None:
    browser.log_in("staf", "bukan-sandi-saya")
    auditor = visit("auditor")

    page = auditor.get(auditor.get("/pengaturan").link("Riwayat akun"))
    assert "Gagal masuk" in page.text
    assert "Akun ditambahkan" in page.text
    proved = auditor.get(page.link("Uji Keutuhan"))
    assert "Riwayat akun utuh" in proved.text
    failed = auditor.get("/akun/riwayat?akun=staf&kejadian=login_failed")
    assert "127.0.0.1" in failed.text
    assert "password" not in auditor.get("/akun/riwayat").text
    assert len(failed.tree.xpath("//tbody/tr")) == 1
    assert "Tidak ada catatan" in auditor.get("/akun/riwayat?kejadian=tidak-ada").text
    for name in ("staf", "analis"):
        assert visit(name).get("/akun/riwayat").status == 403


def test_a_change_of_lanes_is_told_in_words(visit: Visit) -> None:
    admin = visit("admin")
    admin.send(admin.get("/akun/staf"), "/peran", lajur="Kadis")

    page = admin.get("/akun/riwayat?akun=staf")

    assert "dari Pelaksana; Perencana; menjadi Pelaksana; Kadis" in page.text


def test_a_token_is_made_with_the_scopes_that_were_chosen(office: Office, visit: Visit) -> None:
    clerk = visit("staf")
    target, values = clerk.get("/saya").form("/saya/token")

    none = clerk.post(target, {**values, "nama": "kosong", "cakupan": []})
    assert "paling sedikit satu cakupan" in none.text
    clerk.post(target, {**values, "nama": "pembaca", "cakupan": ["read"]})

    assert office.engine.access_tokens.of("staf", actor=ADMIN)[0].scopes == {Scope.READ}


@pytest.mark.parametrize(
    ("device", "text"),
    [
        (FIREFOX, "Firefox, Windows"),
        ("", "tidak dikenal"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_a_device_is_shown_as_people_call_it(app: Flask, device: str, text: str) -> None:
    browser = Browser(app)
    browser.client.environ_base["HTTP_USER_AGENT"] = device

    browser.log_in("staf")

    assert text in browser.get("/saya").text


def test_an_address_logs_in_so_often_in_a_minute(office: Office, browser: Browser) -> None:
    form = browser.get("/masuk").form("/masuk")[1]
    for number in range(120):
        browser.post("/masuk", form | {"nama": f"Nama Salah {number}", "sandi": "x"})

    page = browser.post("/masuk", form | {"nama": "staf", "sandi": PASSWORD})

    assert (page.status, page.heading) == (429, "Terlalu banyak permintaan")
    assert page.response.headers["Retry-After"] == "61"
    office.clock.advance(minutes=1)
    assert browser.log_in("staf").path == "/"


def test_an_office_behind_one_address_may_log_in_as_often_as_its_settings_say(
    office: Office,
) -> None:
    browser = Browser(create_app(office.engine, Settings(logins_per_minute=2)))
    form = browser.get("/masuk").form("/masuk")[1] | {"nama": "staf", "sandi": "x"}

    statuses = [browser.post("/masuk", form).status for _ in range(3)]

    assert (statuses[:2].count(429), statuses[2]) == (0, 429)


def test_the_log_names_a_device_as_people_do(visit: Visit, browser: Browser) -> None:
    browser.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    browser.log_in("staf")

    page = visit("admin").get("/akun/riwayat?akun=staf&kejadian=login_succeeded")
    assert "perangkat Firefox, Windows" in page.text
