"""Where one is told of one's tasks, by e-mail and by the office's gateway, and whether."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.errors import InvalidInput, NotFound
from engine.model import Channel
from webhooks.pages.blueprint import blueprint
from webhooks.pages.logins import current_actor
from webhooks.pages.subscription_words import EMAIL_RULE, HANDLE_RULE
from webhooks.rest.context import current_engine, current_settings


@blueprint.get("/saya/surel")
def show_mail() -> ResponseReturnValue:
    """Where one is told of tasks, and the forms to change that."""
    return _page({})


@blueprint.post("/saya/surel")
def change_mail() -> ResponseReturnValue:
    """Letters go there from now on, or none."""
    actor, contacts = current_actor(), current_engine().contacts
    address, is_on = request.form.get("surel", "").strip(), "beri_tahu" in request.form
    try:
        contacts.put_email(actor.account, address, is_on=is_on, actor=actor)
    except InvalidInput:
        return _page({"surel": gettext(EMAIL_RULE)}), 400
    return _back("surel-disimpan")


@blueprint.post("/saya/surel/hapus")
def remove_mail() -> ResponseReturnValue:
    """Alur knows no address any more; again changes nothing."""
    return _back("surel-dihapus" if _removed(Channel.EMAIL) else None)


@blueprint.post("/saya/surel/ponsel")
def change_phone() -> ResponseReturnValue:
    """The gateway is told to whom messages go from now on, or gets none."""
    actor, contacts = current_actor(), current_engine().contacts
    handle, is_on = request.form.get("ponsel", "").strip(), "beri_tahu" in request.form
    try:
        contacts.put_handle(actor.account, handle, is_on=is_on, actor=actor)
    except InvalidInput:
        return _page({"ponsel": gettext(HANDLE_RULE)}), 400
    return _back("ponsel-disimpan")


@blueprint.post("/saya/surel/ponsel/hapus")
def remove_phone() -> ResponseReturnValue:
    """Alur knows no phone number any more; again changes nothing."""
    return _back("ponsel-dihapus" if _removed(Channel.GATEWAY) else None)


def _removed(channel: Channel) -> bool:
    actor = current_actor()
    try:
        current_engine().contacts.remove(actor.account, channel, actor=actor)
    except NotFound:
        return False
    return True


def _back(news: str | None) -> ResponseReturnValue:
    return redirect(url_for("pages.show_mail", kabar=news), 303)


def _page(faults: Mapping[str, str]) -> str:
    """faults: name of the field -> what it takes."""
    actor, contacts = current_actor(), current_engine().contacts
    settings = current_settings()
    return render_template(
        "mail.html",
        mail=contacts.contact(actor.account, Channel.EMAIL, actor=actor),
        phone=contacts.contact(actor.account, Channel.GATEWAY, actor=actor),
        is_mail_on=settings.smtp_url is not None,
        is_gateway_on=settings.gateway_url is not None,
        faults=faults,
        sent=request.form,
    )
