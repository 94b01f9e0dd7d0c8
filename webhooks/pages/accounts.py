"""Accounts, for administrators; and one's own: password, access tokens, logins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.errors import EngineError, InvalidInput, NameTaken, NotAuthenticated
from engine.model import Role
from engine.queries import DefinitionQuery
from webhooks.pages import messages
from webhooks.pages.blueprint import blueprint
from webhooks.pages.logins import (
    begin_session,
    current_actor,
    current_login,
    delete_cookie,
    require_page_role,
    session_cookie,
)
from webhooks.rest.context import current_engine, current_settings

# ---------------------------------------------------------------- all accounts


@blueprint.get("/akun")
def list_accounts() -> ResponseReturnValue:
    """All accounts, and the form for one more."""
    require_page_role("see accounts", Role.ADMIN)
    return _accounts_page()


@blueprint.post("/akun")
def add_account() -> ResponseReturnValue:
    """There is one more account."""
    require_page_role("add an account", Role.ADMIN)
    sent = request.form
    try:
        account = current_engine().accounts.add(
            sent.get("nama", "").strip(),
            display_name=sent.get("nama_lengkap", ""),
            password=sent.get("sandi", ""),
            roles=sent.getlist("peran"),
            lanes=_lanes(),
        )
    except (InvalidInput, NameTaken) as error:
        return _accounts_page(faults=_account_faults(error)), 400
    return redirect(url_for("pages.show_account", name=account.name, kabar="akun-ditambah"), 303)


@blueprint.get("/akun/<name>")
def show_account(name: str) -> ResponseReturnValue:
    """One account, to be changed."""
    require_page_role("see accounts", Role.ADMIN)
    return _account_page(name)


@blueprint.post("/akun/<name>/peran")
def change_account(name: str) -> ResponseReturnValue:
    """The account has these roles and lanes."""
    require_page_role("change an account", Role.ADMIN)
    roles = set(request.form.getlist("peran"))
    if name == current_actor().account:
        # Who takes the role from himself could not give it back.
        roles.add(Role.ADMIN)
    try:
        current_engine().accounts.set_roles_and_lanes(name, roles=roles, lanes=_lanes())
    except InvalidInput as error:
        return _account_page(name, faults=_account_faults(error)), 400
    return redirect(url_for("pages.show_account", name=name, kabar="akun-diubah"), 303)


@blueprint.post("/akun/<name>/sandi")
def reset_password(name: str) -> ResponseReturnValue:
    """The account has a new password, and whoever used the old one is out."""
    require_page_role("set a password", Role.ADMIN)
    try:
        current_engine().accounts.set_password(name, request.form.get("sandi", ""))
    except InvalidInput as error:
        return _account_page(name, faults=_account_faults(error)), 400
    return redirect(url_for("pages.show_account", name=name, kabar="akun-diubah"), 303)


@blueprint.post("/akun/<name>/nonaktif")
def deactivate_account(name: str) -> ResponseReturnValue:
    """Nobody can act as the account any more."""
    require_page_role("deactivate an account", Role.ADMIN)
    if name == current_actor().account:
        return _account_page(name, faults={"is_active": messages.NOT_YOURSELF}), 400
    current_engine().accounts.deactivate(name)
    return redirect(url_for("pages.show_account", name=name, kabar="akun-nonaktif"), 303)


@blueprint.post("/akun/<name>/aktif")
def activate_account(name: str) -> ResponseReturnValue:
    """The account can be used again."""
    require_page_role("activate an account", Role.ADMIN)
    current_engine().accounts.activate(name)
    return redirect(url_for("pages.show_account", name=name, kabar="akun-aktif"), 303)


def _accounts_page(*, faults: Mapping[str, str] | None = None) -> str:
    return render_template(
        "accounts.html",
        accounts=current_engine().accounts.list(),
        faults=faults or {},
        sent=request.form,
        known_lanes=_known_lanes(),
    )


def _account_page(name: str, *, faults: Mapping[str, str] | None = None) -> str:
    return render_template(
        "account.html",
        account=current_engine().accounts.account(name),
        faults=faults or {},
        known_lanes=_known_lanes(),
    )


def _lanes() -> list[str]:
    return [line.strip() for line in request.form.get("lajur", "").splitlines() if line.strip()]


def _known_lanes() -> list[str]:
    """Lanes of the deployed SOPs, so that nobody has to guess how they are spelt."""
    definitions = current_engine().definitions.definitions(
        DefinitionQuery(is_latest=True), actor=current_actor()
    )
    return sorted({lane for each in definitions for lane in each.lanes}, key=str.casefold)


def _account_faults(error: EngineError) -> dict[str, str]:
    if isinstance(error, InvalidInput):
        return {name: messages.ACCOUNT_RULES.get(name, "") for name in error.fields}
    return {"name": messages.NAME_TAKEN}


# ------------------------------------------------------------------------ own


@blueprint.get("/saya")
def show_own() -> ResponseReturnValue:
    """One's own account."""
    return _own_page()


@blueprint.post("/saya/sandi")
def change_password() -> ResponseReturnValue:
    """A new password; every other login has ended, and this one has a new cookie."""
    accounts, name = current_engine().accounts, current_actor().account
    new = request.form.get("baru", "")
    if new != request.form.get("ulangi", ""):
        return _own_page(faults={"repeat": messages.PASSWORDS_DIFFER}), 400
    try:
        accounts.authenticate(name, request.form.get("lama", ""))
        accounts.set_password(name, new)
    except NotAuthenticated:
        return _own_page(faults={"current": messages.PASSWORD_WRONG}), 400
    except InvalidInput as error:
        return _own_page(faults=_account_faults(error)), 400
    response = make_response(redirect(url_for("pages.show_own", kabar="sandi-diganti"), 303))
    begin_session(response, current_login().account)
    return response


@blueprint.post("/saya/token")
def create_token() -> ResponseReturnValue:
    """A new access token, shown on this answer and never again."""
    try:
        token, secret = current_engine().accounts.create_token(
            current_actor().account, request.form.get("nama", ""), _expiry()
        )
    except InvalidInput as error:
        rules = {**messages.ACCOUNT_RULES, "name": messages.TOKEN_NAME_RULE}
        faults = {
            f"token_{name}": rules.get(name) or each[0] for name, each in error.fields.items()
        }
        return _own_page(faults=faults), 400
    except NameTaken:
        return _own_page(faults={"token_name": messages.NAME_TAKEN}), 400
    return _own_page(new_token=token.name, secret=secret)


@blueprint.post("/saya/token/<token_id>/cabut")
def revoke_token(token_id: str) -> ResponseReturnValue:
    """The token is refused from now on."""
    current_engine().accounts.revoke_token(current_actor().account, token_id)
    return redirect(url_for("pages.show_own", kabar="token-dicabut"), 303)


@blueprint.post("/saya/sesi")
def end_all_sessions() -> ResponseReturnValue:
    """Every login of the account has ended, this one too."""
    current_engine().accounts.close_sessions_of(current_actor().account)
    response = make_response(redirect(url_for("pages.show_login", kabar="sesi-berakhir"), 303))
    delete_cookie(response, session_cookie())
    return response


def _expiry() -> datetime | None:
    """The end of the day that was chosen; None when none was."""
    text = request.form.get("berakhir", "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("the expiry is no date", {"expires_at": [messages.DATE_RULE]}) from error
    return datetime.combine(day, time(23, 59, 59), tzinfo=current_settings().time_zone)


def _own_page(
    *,
    faults: Mapping[str, str] | None = None,
    new_token: str | None = None,
    secret: str | None = None,
) -> str:
    account = current_login().account
    return render_template(
        "own.html",
        account=account,
        session=current_login().session,
        tokens=current_engine().accounts.tokens(account.name),
        faults=faults or {},
        sent=request.form,
        new_token=new_token,
        secret=secret,
    )
