"""Logging in at the office's single sign-on, linking an account with it, logging out there."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from flask import Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.errors import Conflict, InvalidInput, SignOnRefused
from engine.model import LoginMethod, SignOn
from engine.single_sign_on import Person
from webhooks.auth import count_login, source_address
from webhooks.pages import account_words
from webhooks.pages.blueprint import blueprint
from webhooks.pages.logins import (
    begin_session,
    cookie_name,
    current_actor,
    delete_cookie,
    local_path,
    set_cookie,
    visitor,
)
from webhooks.pages.refusals import error_page
from webhooks.rest.context import current_engine, current_provider

if TYPE_CHECKING:
    from webhooks.sign_on import Provider


def _state_cookie() -> str:
    return cookie_name("alur_sso")


def _provider() -> Provider:
    provider = current_provider()
    if provider is None:
        abort(404)
    return provider


@blueprint.get("/masuk/sso")
def begin_sign_on() -> ResponseReturnValue:
    """Off to the provider, with a state that only this browser can come back with."""
    provider = _provider()
    count_login()
    path = local_path(request.args.get("next"))
    state, sign_on = current_engine().single_sign_on.begin(path)
    response = make_response(redirect(provider.authorization_url(sign_on, state), 303))
    set_cookie(response, _state_cookie(), state)
    return response


@blueprint.get("/masuk/sso/kembali")
def end_sign_on() -> ResponseReturnValue:
    """Back from the provider: a login, or an account that is linked."""
    provider, engine = _provider(), current_engine()
    try:
        sign_on = engine.single_sign_on.take(_own_state())
        person = provider.person(request.args, sign_on)
        response = _linked(person, sign_on) if sign_on.account else _logged_in(person, sign_on)
    except SignOnRefused as error:
        response = error_page(account_words.sign_on_refusal(error), 403)
    delete_cookie(response, _state_cookie())
    return response


def _own_state() -> str:
    """The state that came back, when it is that of this browser."""
    state, own = request.args.get("state", ""), request.cookies.get(_state_cookie(), "")
    if not own or not hmac.compare_digest(state.encode(), own.encode()):
        raise SignOnRefused("stale")
    return state


def _logged_in(person: Person, sign_on: SignOn) -> Response:
    account = current_engine().single_sign_on.sign_in(person, source=source_address())
    response = make_response(redirect(sign_on.next_path, 303))
    begin_session(response, account, LoginMethod.SINGLE_SIGN_ON)
    return response


def _linked(person: Person, sign_on: SignOn) -> Response:
    login = visitor()
    if login is None or login.account.name != sign_on.account:
        raise SignOnRefused("stale")
    try:
        current_engine().single_sign_on.link(
            login.account.name, issuer=person.issuer, subject=person.subject, actor=login.actor
        )
    except Conflict as error:
        raise SignOnRefused("linked") from error
    return make_response(redirect(url_for("pages.show_own", kabar="sso-dihubungkan"), 303))


@blueprint.post("/saya/sso")
def link_sign_on() -> ResponseReturnValue:
    """A page whose link goes to the provider, to come back with an identity for this account.

    A form may not lead to another server (form-action), and a link alone could be another's.
    """
    provider = _provider()
    actor = current_actor()
    state, sign_on = current_engine().single_sign_on.begin("/saya", account=actor.account)
    page = render_template("sign_on.html", target=provider.authorization_url(sign_on, state))
    response = make_response(page)
    set_cookie(response, _state_cookie(), state)
    return response


@blueprint.post("/saya/sso/putus")
def unlink_sign_on() -> ResponseReturnValue:
    """The account is no identity's any more."""
    actor = current_actor()
    try:
        current_engine().single_sign_on.unlink(actor.account, actor=actor)
    except InvalidInput:
        return error_page(account_words.NO_PASSWORD.spoken(), 400)
    return redirect(url_for("pages.show_own", kabar="sso-diputus"), 303)


@blueprint.post("/masuk/sso/keluar")
def end_sessions_by_provider() -> ResponseReturnValue:
    """OpenID Connect Back-Channel Logout 1.0: the provider itself tells of a logout."""
    provider = _provider()
    try:
        subject = provider.logged_out(request.form.get("logout_token", ""))
    except SignOnRefused:
        return {"error": "invalid_request"}, 400
    current_engine().single_sign_on.end_sessions(provider.issuer, subject)
    return Response(status=200)
