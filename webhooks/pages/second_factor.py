"""One's own second factor: a secret for an app, confirmed by its first code; recovery codes."""

from __future__ import annotations

import segno
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.errors import InvalidInput, NotAuthenticated
from engine.model import Role
from webhooks.auth import source_address
from webhooks.pages import account_words
from webhooks.pages.blueprint import blueprint
from webhooks.pages.logins import current_actor, current_login, require_page_role
from webhooks.rest.context import current_engine


@blueprint.get("/saya/kode")
def show_second_factor() -> ResponseReturnValue:
    """The secret to put into an app, as text and as a QR code."""
    if current_login().account.has_second_factor:
        return redirect(url_for("pages.show_own"), 303)
    return _enrolment_page()


@blueprint.post("/saya/kode")
def confirm_second_factor() -> ResponseReturnValue:
    """From now on a login takes a code; the recovery codes are shown this once."""
    code = "".join(request.form.get("kode", "").split())
    try:
        codes = current_engine().second_factors.confirm(code, actor=current_actor())
    except InvalidInput:
        return _enrolment_page(fault=gettext(account_words.CODE_WRONG)), 400
    return render_template("recovery_codes.html", codes=codes)


@blueprint.post("/saya/kode/hapus")
def remove_second_factor() -> ResponseReturnValue:
    """A password is enough again; that takes a code, as a login does."""
    account, factors = current_login().account, current_engine().second_factors
    try:
        factors.prove(account, request.form.get("kode", ""), source=source_address())
    except NotAuthenticated:
        return redirect(url_for("pages.show_own", kabar="kode-salah"), 303)
    factors.remove(account.name, actor=current_actor())
    return redirect(url_for("pages.show_own", kabar="kode-dihapus"), 303)


@blueprint.post("/akun/<name>/kode/hapus")
def remove_second_factor_of(name: str) -> ResponseReturnValue:
    """For who lost his app and his recovery codes."""
    require_page_role("remove a second factor", Role.ADMIN)
    current_engine().second_factors.remove(name, actor=current_actor())
    return redirect(url_for("pages.show_account", name=name, kabar="kode-dihapus"), 303)


def _enrolment_page(*, fault: str | None = None) -> str:
    enrolment = current_engine().second_factors.begin(actor=current_actor())
    # As data of an image: inline SVG would bring styles that the policy of pages refuses.
    picture = segno.make(enrolment.uri, error="m").svg_data_uri(scale=5, border=4)
    return render_template(
        "second_factor.html", enrolment=enrolment, picture=picture, faults={"code": fault}
    )
