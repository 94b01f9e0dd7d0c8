"""One's own e-mail address, and whether Alur writes to it."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.errors import InvalidInput, NotFound
from webhooks.pages.blueprint import blueprint
from webhooks.pages.logins import current_actor
from webhooks.pages.subscription_words import EMAIL_RULE
from webhooks.rest.context import current_engine, current_settings


@blueprint.get("/saya/surel")
def show_mail() -> ResponseReturnValue:
    """Where one gets letters, and the form to change that."""
    return _page()


@blueprint.post("/saya/surel")
def change_mail() -> ResponseReturnValue:
    """Letters go there from now on, or none."""
    actor = current_actor()
    try:
        current_engine().contacts.put_email(
            actor.account,
            request.form.get("surel", "").strip(),
            is_on="beri_tahu" in request.form,
            actor=actor,
        )
    except InvalidInput:
        return _page(fault=EMAIL_RULE), 400
    return redirect(url_for("pages.show_mail", kabar="surel-disimpan"), 303)


@blueprint.post("/saya/surel/hapus")
def remove_mail() -> ResponseReturnValue:
    """Alur knows no address any more; again changes nothing."""
    actor = current_actor()
    try:
        current_engine().contacts.remove_email(actor.account, actor=actor)
    except NotFound:
        return redirect(url_for("pages.show_mail"), 303)
    return redirect(url_for("pages.show_mail", kabar="surel-dihapus"), 303)


def _page(*, fault: str | None = None) -> str:
    actor = current_actor()
    return render_template(
        "mail.html",
        contact=current_engine().contacts.contact(actor.account, actor=actor),
        is_mail_on=current_settings().smtp_url is not None,
        fault=fault,
        sent=request.form,
    )
