"""Logging in and out: the cookie, the tokens of forms, and where one goes next."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from engine.settings import Settings
from tests.office import Office
from tests.webhooks.pages.browser import PASSWORD, Browser, Page
from tests.webhooks.pages.conftest import Visit
from webhooks import create_app
from webhooks.rest.context import is_api


def test_a_stranger_is_asked_to_log_in_and_comes_back_to_the_page(browser: Browser) -> None:
    asked = browser.get("/berkas?status=ACTIVE")
    assert asked.path == "/masuk"

    page = browser.send(asked, "/masuk", nama="staf", sandi=PASSWORD)

    assert page.response.request.full_path == "/berkas?status=ACTIVE"


def test_a_wrong_password_keeps_the_name_and_says_no_more(browser: Browser) -> None:
    page = browser.log_in("staf", "bukan-sandi-saya")

    assert page.status == 401
    assert "salah" in page.text
    assert page.value("nama") == "staf"
    assert page.value("sandi") in (None, "")
    assert page.tree.xpath("//input[@autofocus]/@name") == ["sandi"]
    assert browser.cookie() is None


def test_too_many_failures_ask_to_wait(browser: Browser) -> None:
    for _ in range(10):
        browser.log_in("staf", "bukan-sandi-saya")

    assert "Tunggu 15 menit" in browser.log_in("staf").text


@pytest.mark.parametrize(
    "target",
    [
        "//jahat.example",
        "https://jahat.example/",
        "/\\jahat.example",
        "/\tjahat",
        "javascript:alert(1)",
        "jahat",
    ],
)
def test_only_paths_of_this_server_are_gone_to(browser: Browser, target: str) -> None:
    page = browser.get("/masuk")
    answer = browser.send(page, "/masuk", follow=False, nama="staf", sandi=PASSWORD, next=target)

    assert answer.response.location == "/"


def test_a_cookie_copied_before_the_logout_is_dead(app: Flask, visit: Visit) -> None:
    clerk = visit("staf")
    copied = clerk.cookie()
    assert copied
    page = clerk.send(clerk.get("/"), "/keluar")
    assert "telah keluar" in page.text

    thief = Browser(app)
    thief.client.set_cookie("alur_session", copied)

    assert thief.get("/").path == "/masuk"


def test_logging_in_again_gives_another_cookie_and_ends_the_old_one(app: Flask) -> None:
    first = Browser(app)
    first.log_in("staf")
    old = first.cookie()
    login_form = Browser(app).get("/masuk")
    first.client.set_cookie("alur_masuk", login_form.form("/masuk")[1]["csrf_token"])
    first.send(login_form, "/masuk", nama="staf", sandi=PASSWORD)

    assert first.cookie() != old
    thief = Browser(app)
    thief.client.set_cookie("alur_session", old or "")
    assert thief.get("/").path == "/masuk"


def test_the_login_form_needs_the_token_of_its_own_cookie(app: Flask) -> None:
    page = Browser(app).get("/masuk")

    refused = Browser(app).send(page, "/masuk", nama="staf", sandi=PASSWORD)

    assert refused.status == 400


@pytest.mark.parametrize("token", ["", "salah", "é"])
def test_a_form_without_the_right_token_changes_nothing(
    office: Office, visit: Visit, instance: str, token: str
) -> None:
    clerk = visit("staf")
    task = office.task(instance, "susun")

    page = clerk.post(f"/tugas/{task.task_id}/ambil", {"csrf_token": token})

    assert page.status == 400
    assert "tidak berlaku lagi" in page.heading
    assert office.task(instance, "susun").assignee is None


def test_a_token_of_another_session_is_refused(visit: Visit) -> None:
    stolen = visit("staf").get("/").form("/keluar")[1]
    other = visit("kadis")

    assert other.post("/saya/sesi", stolen).status == 400


def test_a_session_that_idled_too_long_has_ended(office: Office, visit: Visit) -> None:
    clerk = visit("staf")
    office.clock.advance(minutes=31)

    assert clerk.get("/").path == "/masuk"


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(browser: Browser) -> None:
    page = browser.get("/masuk")
    answer = browser.send(page, "/masuk", follow=False, nama="staf", sandi=PASSWORD)

    cookie = _cookie_line(answer, "alur_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie


def test_over_https_cookies_are_bound_to_the_host(office: Office) -> None:
    app = create_app(office.engine, replace(Settings(), secure_cookies=True))
    client = app.test_client()
    client.get("/masuk", base_url="https://alur.example")
    token = client.get_cookie("__Host-alur_masuk", domain="alur.example")
    assert token
    answer = client.post(
        "/masuk",
        data={"csrf_token": token.value, "nama": "staf", "sandi": PASSWORD},
        base_url="https://alur.example",
    )

    cookie = _cookie_line(Page(answer), "__Host-alur_session=")
    assert "Secure" in cookie
    assert "Domain" not in cookie


def test_pages_carry_headers_that_keep_scripts_and_frames_out(visit: Visit) -> None:
    headers = visit("staf").get("/").response.headers

    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_every_page_and_every_error_keeps_scripts_out(app: Flask, visit: Visit) -> None:
    admin = visit("admin")
    paths = {
        str(rule)
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and not is_api(str(rule))
    }
    assert len(paths) > 15

    for path in sorted(paths | {"/tidak-ada", "/akun/tidak-ada", "/tugas/x", "/masuk/sso"}):
        answer = admin.client.get(path)
        if answer.mimetype != "text/html":
            continue
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy, path
        assert "script-src 'unsafe" not in policy, path
        assert b" onclick=" not in answer.data, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        for script in Page(answer).tree.xpath("//script[not(@src)] | //*[@style] | //style"):
            pytest.fail(f"{path} has inline {script.tag}")


def test_an_unknown_page_is_told_in_html_and_an_unknown_resource_in_json(browser: Browser) -> None:
    page = browser.get("/tidak-ada")
    assert (page.status, page.heading) == (404, "Halaman tidak ditemukan")

    answer = browser.client.get("/engine-rest/tidak-ada")
    assert answer.is_json


def _cookie_line(page: Page, start: str) -> str:
    lines = page.response.headers.getlist("Set-Cookie")
    return next(line for line in lines if line.startswith(start))
