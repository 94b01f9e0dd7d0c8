"""Logging in and out."""

from __future__ import annotations

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.errors import CodeMissing, NotAuthenticated
from engine.model import Account
from engine.sources import RandomIds
from webhooks.auth import source_address
from webhooks.pages import account_words
from webhooks.pages.blueprint import blueprint
from webhooks.pages.logins import (
    begin_session,
    cookie_name,
    delete_cookie,
    end_session,
    local_path,
    require_token,
    session_cookie,
    set_cookie,
    visitor,
)
from webhooks.pages.resume import held_fields, page_again
from webhooks.rest.context import current_engine


def _token_cookie() -> str:
    return cookie_name("alur_masuk")


@blueprint.get("/masuk")
def show_login() -> ResponseReturnValue:
    """The login form; who is logged in already goes on."""
    if visitor() is not None:
        return redirect(local_path(request.args.get("next")), 303)
    return login_page(next_path=local_path(request.args.get("next")))


@blueprint.post("/masuk")
def log_in() -> ResponseReturnValue:
    """A right name and password give a session; a wrong one says no more than that."""
    # Nobody is logged in yet, so the token is that of a cookie which only this server can set.
    require_token(request.cookies.get(_token_cookie(), ""))
    name = request.form.get("nama", "").strip()
    next_path = local_path(request.form.get("next"))
    try:
        account = current_engine().logins.authenticate(
            name, request.form.get("sandi", ""), source=source_address(), is_for_session=True
        )
        if account.has_second_factor:
            _prove_code(account)
    except NotAuthenticated as error:
        return login_page(
            name, next_path, account_words.login_refusal(error), 401, request.form.get("lanjut", "")
        )
    response = make_response(redirect(next_path, 303))
    begin_session(response, account)
    delete_cookie(response, _token_cookie())
    page = page_again(request.form.get("lanjut", ""))
    if page is not None:
        response.status_code = 200
        response.headers.remove("Location")
        response.set_data(page)
    return response


def _prove_code(account: Account) -> None:
    """A right password without any code is no guess, and is not counted as one."""
    code = request.form.get("kode", "").strip()
    if not code:
        raise CodeMissing
    current_engine().second_factors.prove(account, code, source=source_address())


@blueprint.post("/keluar")
def log_out() -> ResponseReturnValue:
    """The session has ended, for this browser and for whoever copied its cookie."""
    end_session()
    response = make_response(redirect(url_for("pages.show_login", kabar="keluar"), 303))
    delete_cookie(response, session_cookie())
    return response


def login_page(
    name: str = "",
    next_path: str = "/",
    error: str | None = None,
    status: int = 200,
    held_for: str = "",
) -> Response:
    """The login form. `held_for`: where the form goes whose fields are held meanwhile."""
    token = request.cookies.get(_token_cookie()) or RandomIds().new_secret()
    page = render_template(
        "login.html",
        name=name,
        next_path=next_path,
        error=error,
        login_token=token,
        held_for=held_for,
        held=held_fields() if held_for else (),
    )
    response = make_response(page, status)
    set_cookie(response, _token_cookie(), token)
    return response
