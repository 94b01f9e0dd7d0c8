"""One-time codes: put into an app, asked for at the login, lost and found."""

from __future__ import annotations

from dataclasses import replace

import pyotp
import pytest
from flask import Flask

from engine.errors import NotAuthenticated, TooManyLogins
from engine.settings import Settings
from tests.office import ADMIN, Office
from tests.webhooks.pages.browser import PASSWORD, Browser, Page
from tests.webhooks.pages.conftest import Visit
from webhooks import create_app


def code_of(office: Office, secret: str) -> str:
    return pyotp.TOTP(secret).at(office.clock.now())


def enrolled(office: Office, browser: Browser) -> tuple[str, list[str]]:
    """The secret in the app, and the recovery codes, of whoever is logged in there."""
    page = browser.get("/saya/kode")
    secret = page.tree.xpath("//code[@class='secret']")[0].text
    done = browser.send(page, "/saya/kode", kode=code_of(office, secret))
    assert done.heading == "Kode pemulihan"
    office.clock.advance(seconds=30)
    return secret, [each.text for each in done.tree.xpath("//code[@class='secret']")]


def log_in(browser: Browser, code: str) -> Page:
    return browser.send(browser.get("/masuk"), "/masuk", nama="staf", sandi=PASSWORD, kode=code)


def test_a_login_takes_the_code_of_the_app_once(office: Office, visit: Visit, app: Flask) -> None:
    secret, _ = enrolled(office, visit("staf"))

    asked = Browser(app).log_in("staf")
    assert (asked.status, "Masukkan juga kode" in asked.text) == (401, True)
    code = code_of(office, secret)
    assert log_in(Browser(app), "000000").status == 401
    assert log_in(Browser(app), f"{code[:3]} {code[3:]}").path == "/"
    assert log_in(Browser(app), code).status == 401
    office.clock.advance(seconds=30)
    assert log_in(Browser(app), code_of(office, secret)).path == "/"


def test_the_secret_is_shown_as_a_picture_without_inline_styles(visit: Visit) -> None:
    page = visit("staf").get("/saya/kode")

    assert page.tree.xpath("//img/@src")[0].startswith("data:image/svg+xml")
    assert page.tree.xpath("//*[@style] | //svg | //script") == []


def test_a_wrong_first_code_enables_nothing(visit: Visit, browser: Browser) -> None:
    clerk = visit("staf")

    page = clerk.send(clerk.get("/saya/kode"), "/saya/kode", kode="000000")

    assert page.status == 400
    assert "tidak cocok" in (page.fault_of("kode") or "")
    assert browser.log_in("staf").path == "/"


def test_a_recovery_code_counts_once(office: Office, visit: Visit, app: Flask) -> None:
    _, codes = enrolled(office, visit("staf"))

    assert len(set(codes)) == 10
    assert log_in(Browser(app), codes[0]).path == "/"
    assert log_in(Browser(app), codes[0]).status == 401
    assert log_in(Browser(app), codes[1]).path == "/"


def test_who_knows_the_password_guesses_five_codes(
    office: Office, visit: Visit, app: Flask
) -> None:
    secret, _ = enrolled(office, visit("staf"))
    account = office.engine.accounts.account("staf")
    for source in ("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"):
        office.engine.logins.authenticate("staf", PASSWORD, source=source)
        with pytest.raises(NotAuthenticated, match="wrong"):
            office.engine.second_factors.prove(account, "000000", source=source)

    with pytest.raises(TooManyLogins):
        office.engine.second_factors.prove(account, code_of(office, secret))
    office.engine.logins.unlock("staf", actor=ADMIN)
    assert log_in(Browser(app), code_of(office, secret)).path == "/"


def test_a_password_alone_is_not_enough_for_the_api(
    office: Office, visit: Visit, app: Flask
) -> None:
    enrolled(office, visit("staf"))

    answer = app.test_client().get("/engine-rest/task", auth=("staf", PASSWORD))

    assert answer.status_code == 403
    assert "access token" in answer.json["message"]


def test_it_is_removed_with_a_code_or_by_an_administrator(
    office: Office, visit: Visit, app: Flask
) -> None:
    clerk = visit("staf")
    secret, _ = enrolled(office, clerk)
    wrong = clerk.send(clerk.get("/saya"), "/saya/kode/hapus", kode="000000")
    assert "tidak ada yang berubah" in wrong.text

    clerk.send(clerk.get("/saya"), "/saya/kode/hapus", kode=code_of(office, secret))
    assert Browser(app).log_in("staf").path == "/"
    enrolled(office, clerk)
    admin = visit("admin")
    admin.send(admin.get("/akun/staf"), "/akun/staf/kode/hapus")

    assert Browser(app).log_in("staf").path == "/"


def test_an_administrator_can_be_obliged_to_it(office: Office, visit: Visit) -> None:
    strict = create_app(office.engine, replace(Settings(), require_second_factor=True))
    admin = Browser(strict)
    page = admin.log_in("admin")
    assert (page.path, "wajib" in page.text) == ("/saya/kode", True)
    assert admin.get("/akun").path == "/saya/kode"
    api = strict.test_client().get("/engine-rest/task", auth=("admin", PASSWORD))
    assert api.status_code == 403

    enrolled(office, admin)

    assert admin.get("/akun").path == "/akun"
    assert Browser(strict).log_in("staf").path == "/"


def test_the_secret_is_sealed_and_recovery_codes_are_hashed(office: Office, visit: Visit) -> None:
    secret, codes = enrolled(office, visit("staf"))

    with office.store.reading() as tx:
        rows = [
            tx._connection.exec_driver_sql(f"SELECT * FROM {table}").all()
            for table in ("second_factor", "recovery_code", "account_event")
        ]

    for each in (secret, *codes):
        assert each not in str(rows)
