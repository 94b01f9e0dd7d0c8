"""Filters of the inbox that the visitor keeps under names."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from engine.errors import InvalidInput
from webhooks.pages.blueprint import blueprint
from webhooks.pages.inbox_filters import inbox_address, said
from webhooks.pages.logins import current_actor
from webhooks.rest.context import current_engine


@blueprint.post("/saringan")
def save_filter() -> ResponseReturnValue:
    """What the inbox shows is kept under a name; the inbox goes on showing it."""
    kept = said(dict(parse_qsl(request.form.get("saringan", ""))))
    kept.pop("hal", None)
    try:
        current_engine().saved_filters.save(
            request.form.get("nama", ""), urlencode(kept), actor=current_actor()
        )
    except InvalidInput:
        return redirect(inbox_address(kept, kabar="saringan-ditolak"), 303)
    return redirect(inbox_address(kept, kabar="saringan-disimpan"), 303)


@blueprint.post("/saringan/hapus")
def delete_filter() -> ResponseReturnValue:
    """The name stands for nothing any more."""
    current_engine().saved_filters.delete(request.form.get("nama", ""), actor=current_actor())
    return redirect(url_for("pages.inbox", kabar="saringan-dihapus"), 303)
