"""Accounts, for administrators: who may log in, and what each may do."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.errors import EngineError, InvalidInput, NameTaken
from engine.model import Role
from engine.queries import DefinitionQuery
from webhooks.pages import account_words, messages
from webhooks.pages.blueprint import blueprint
from webhooks.pages.logins import current_actor, require_page_role
from webhooks.pages.substitutions import substitutions_of
from webhooks.rest.context import current_engine


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
            is_password_temporary=True,
            roles=sent.getlist("peran"),
            lanes=_lanes(),
            actor=current_actor(),
        )
    except (InvalidInput, NameTaken) as error:
        return _accounts_page(faults=account_faults(error)), 400
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
        current_engine().accounts.set_roles_and_lanes(
            name, roles=roles, lanes=_lanes(), actor=current_actor()
        )
    except InvalidInput as error:
        return _account_page(name, faults=account_faults(error)), 400
    return redirect(url_for("pages.show_account", name=name, kabar="akun-diubah"), 303)


@blueprint.post("/akun/<name>/sandi")
def reset_password(name: str) -> ResponseReturnValue:
    """A new password for the account's next login; whoever used the old one is out."""
    require_page_role("set a password", Role.ADMIN)
    try:
        current_engine().accounts.set_password(
            name, request.form.get("sandi", ""), actor=current_actor(), is_temporary=True
        )
    except InvalidInput as error:
        return _account_page(name, faults=account_faults(error)), 400
    return redirect(url_for("pages.show_account", name=name, kabar="akun-diubah"), 303)


@blueprint.post("/akun/<name>/nonaktif")
def deactivate_account(name: str) -> ResponseReturnValue:
    """Nobody can act as the account any more."""
    require_page_role("deactivate an account", Role.ADMIN)
    if name == current_actor().account:
        return _account_page(name, faults={"is_active": gettext(account_words.NOT_YOURSELF)}), 400
    current_engine().accounts.deactivate(name, actor=current_actor())
    return redirect(url_for("pages.show_account", name=name, kabar="akun-nonaktif"), 303)


@blueprint.post("/akun/<name>/aktif")
def activate_account(name: str) -> ResponseReturnValue:
    """The account can be used again."""
    require_page_role("activate an account", Role.ADMIN)
    current_engine().accounts.activate(name, actor=current_actor())
    return redirect(url_for("pages.show_account", name=name, kabar="akun-aktif"), 303)


@blueprint.post("/akun/<name>/kunci")
def unlock_account(name: str) -> ResponseReturnValue:
    """Nobody has to wait any more who failed to log in under this name."""
    require_page_role("unlock an account", Role.ADMIN)
    current_engine().logins.unlock(name, actor=current_actor())
    return redirect(url_for("pages.show_account", name=name, kabar="kunci-dibuka"), 303)


@blueprint.post("/akun/<name>/sesi")
def end_sessions_of(name: str) -> ResponseReturnValue:
    """Every login of the account has ended."""
    require_page_role("end the logins of an account", Role.ADMIN)
    current_engine().sessions.revoke_all(name, actor=current_actor())
    return redirect(url_for("pages.show_account", name=name, kabar="sesi-diakhiri"), 303)


@blueprint.post("/akun/<name>/token/<token_id>/cabut")
def revoke_token_of(name: str, token_id: str) -> ResponseReturnValue:
    """The token of the account is refused from now on."""
    require_page_role("revoke an access token", Role.ADMIN)
    current_engine().access_tokens.revoke(name, token_id, actor=current_actor())
    return redirect(url_for("pages.show_account", name=name, kabar="token-dicabut"), 303)


def _accounts_page(*, faults: Mapping[str, str] | None = None) -> str:
    return render_template(
        "accounts.html",
        accounts=current_engine().accounts.list(actor=current_actor()),
        faults=faults or {},
        sent=request.form,
        known_lanes=_known_lanes(),
    )


def _account_page(name: str, *, faults: Mapping[str, str] | None = None) -> str:
    engine = current_engine()
    return render_template(
        "account.html",
        account=engine.accounts.account(name),
        failures=engine.logins.failures_of(name),
        sessions=engine.sessions.of(name, actor=current_actor()),
        substitutions=substitutions_of(name),
        tokens=engine.access_tokens.of(name, actor=current_actor()),
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


def account_faults(error: EngineError) -> dict[str, str]:
    """Field -> what it takes, of a refusal."""
    if isinstance(error, InvalidInput):
        return {name: account_words.ACCOUNT_RULES.get(name, "") for name in error.fields}
    return {"name": gettext(messages.NAME_TAKEN)}
