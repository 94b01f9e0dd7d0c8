"""The choice of a language: kept with the account of who is logged in, and in this browser.

What a browser sends as Accept-Language decides nothing: the office's computers came with a browser
in English, and their people read Indonesian. English is for who asks for it.
"""

from __future__ import annotations

from flask import abort, g, redirect, request
from flask.typing import ResponseReturnValue

from engine.model import Language
from webhooks.pages.blueprint import blueprint
from webhooks.pages.logins import carries_token, cookie_name, local_path, visitor
from webhooks.pages.messages import CSRF_WRONG
from webhooks.rest.context import current_engine, current_settings, is_api

_YEAR_S = 365 * 24 * 60 * 60


def chosen_language() -> Language | None:
    """What the visitor chose: for the account, else in this browser; else what the page expects."""
    if is_api(request.path):
        return None
    login = visitor()
    of_account = login.account.language if login else None
    return of_account or _of_browser() or g.get("reader_language")


@blueprint.post("/bahasa")
def choose_language() -> ResponseReturnValue:
    """Pages are in that language from now on.

    Without the token of a login, as on the login page, only this browser's cookie changes.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(400, CSRF_WRONG)
    language = _language(request.form.get("bahasa"))
    if language is None:
        abort(400)
    login = visitor()
    if login is not None and carries_token(login.session.csrf_token):
        current_engine().accounts.choose_language(language, actor=login.actor)
    response = redirect(local_path(request.form.get("kembali")), 303)
    response.set_cookie(
        cookie_name("alur_bahasa"),
        language,
        max_age=_YEAR_S,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=current_settings().secure_cookies,
    )
    return response


def _of_browser() -> Language | None:
    return _language(request.cookies.get(cookie_name("alur_bahasa")))


def _language(text: str | None) -> Language | None:
    return Language(text) if text in set(Language) else None
