"""One's own account: password, access tokens, logins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.errors import InvalidInput, NameTaken, NotAuthenticated
from engine.model import AccessToken, Scope
from webhooks.auth import source_address
from webhooks.pages import account_words, messages
from webhooks.pages.accounts import account_faults
from webhooks.pages.blueprint import blueprint
from webhooks.pages.logins import (
    begin_session,
    current_actor,
    current_login,
    delete_cookie,
    session_cookie,
)
from webhooks.pages.substitutions import substitutions_of
from webhooks.rest.context import current_engine, current_settings

#: How long a token lasts unless its owner says else; and when it is said to end soon.
_TOKEN_LASTS = timedelta(days=90)
_SOON = timedelta(days=14)


@blueprint.get("/saya")
def show_own() -> ResponseReturnValue:
    """One's own account."""
    return _own_page()


# --------------------------------------------------------------------- password


@blueprint.get("/saya/sandi")
def show_new_password() -> ResponseReturnValue:
    """Nothing but the form for a new password: somebody else chose the present one."""
    return _password_page()


@blueprint.post("/saya/sandi")
def change_password() -> ResponseReturnValue:
    """A new password; every other login has ended, and this one has a new cookie."""
    new = request.form.get("baru", "")
    if new != request.form.get("ulangi", ""):
        return _password_page(faults={"repeat": gettext(account_words.PASSWORDS_DIFFER)}), 400
    try:
        account = current_engine().accounts.change_password(
            request.form.get("lama", ""), new, actor=current_actor(), source=source_address()
        )
    except NotAuthenticated:
        return _password_page(faults={"current": gettext(account_words.PASSWORD_WRONG)}), 400
    except InvalidInput as error:
        return _password_page(faults=account_faults(error)), 400
    response = make_response(redirect(url_for("pages.show_own", kabar="sandi-diganti"), 303))
    begin_session(response, account, current_login().session.method)
    return response


def _password_page(*, faults: Mapping[str, str] | None = None) -> str:
    return render_template(
        "own_password.html", account=current_login().account, faults=faults or {}
    )


# ----------------------------------------------------------------------- tokens


@blueprint.post("/saya/token")
def create_token() -> ResponseReturnValue:
    """A new access token, shown on this answer and never again."""
    try:
        token, secret = current_engine().access_tokens.create(
            current_actor().account,
            request.form.get("nama", ""),
            expires_at=_expiry(),
            scopes=request.form.getlist("cakupan"),
            actor=current_actor(),
        )
    except InvalidInput as error:
        faults = {
            f"token_{name}": account_words.TOKEN_RULES.get(name) or each[0]
            for name, each in error.fields.items()
        }
        return _own_page(faults=faults), 400
    except NameTaken:
        return _own_page(faults={"token_name": gettext(messages.NAME_TAKEN)}), 400
    return _own_page(new_token=token.name, secret=secret)


@blueprint.post("/saya/token/<token_id>/cabut")
def revoke_token(token_id: str) -> ResponseReturnValue:
    """The token is refused from now on."""
    actor = current_actor()
    current_engine().access_tokens.revoke(actor.account, token_id, actor=actor)
    return redirect(url_for("pages.show_own", kabar="token-dicabut"), 303)


def _expiry() -> datetime | None:
    """The end of the day that was chosen; None when none was."""
    text = request.form.get("berakhir", "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(
            "the expiry is no date", {"expires_at": [gettext(messages.DATE_RULE)]}
        ) from error
    return datetime.combine(day, time(23, 59, 59), tzinfo=current_settings().time_zone)


def _ends_soon(token: AccessToken) -> bool:
    now = current_engine().clock.now()
    return token.expires_at is not None and token.expires_at - now < _SOON


def _has_ended(token: AccessToken) -> bool:
    return token.expires_at is not None and token.expires_at <= current_engine().clock.now()


# ----------------------------------------------------------------------- logins


@blueprint.post("/saya/sesi/<session_id>/akhiri")
def end_session_of_own(session_id: str) -> ResponseReturnValue:
    """That login of one's own has ended."""
    actor = current_actor()
    current_engine().sessions.revoke(actor.account, session_id, actor=actor)
    return redirect(url_for("pages.show_own", kabar="sesi-diakhiri"), 303)


@blueprint.post("/saya/sesi/lain")
def end_other_sessions() -> ResponseReturnValue:
    """Every login of the account has ended but this one."""
    actor, here = current_actor(), current_login().session.session_id
    current_engine().sessions.revoke_all(actor.account, actor=actor, except_for=here)
    return redirect(url_for("pages.show_own", kabar="sesi-diakhiri"), 303)


@blueprint.post("/saya/sesi")
def end_all_sessions() -> ResponseReturnValue:
    """Every login of the account has ended, this one too."""
    current_engine().sessions.revoke_all(current_actor().account, actor=current_actor())
    response = make_response(redirect(url_for("pages.show_login", kabar="sesi-berakhir"), 303))
    delete_cookie(response, session_cookie())
    return response


def _own_page(
    *,
    faults: Mapping[str, str] | None = None,
    new_token: str | None = None,
    secret: str | None = None,
) -> str:
    account, actor, engine = current_login().account, current_actor(), current_engine()
    now = engine.clock.now().astimezone(current_settings().time_zone)
    return render_template(
        "own.html",
        account=account,
        session=current_login().session,
        substitutions=substitutions_of(account.name),
        sessions=engine.sessions.of(account.name, actor=actor),
        tokens=engine.access_tokens.of(account.name, actor=actor),
        identities=engine.single_sign_on.identities_of(account.name),
        ends_soon=_ends_soon,
        has_ended=_has_ended,
        usual_end=(now + _TOKEN_LASTS).date().isoformat(),
        scopes=account_words.SCOPES,
        usual_scopes={Scope.READ, Scope.TASKS},
        faults=faults or {},
        sent=request.form,
        new_token=new_token,
        secret=secret,
    )
