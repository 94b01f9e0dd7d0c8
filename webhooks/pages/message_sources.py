"""Other systems that send signed messages, for administrators."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.errors import EngineError, InvalidInput, NameTaken
from engine.model import Role
from engine.queries import DefinitionQuery
from webhooks.language import Phrases, phrase
from webhooks.pages.blueprint import blueprint
from webhooks.pages.logins import current_actor, require_page_role
from webhooks.pages.messages import NAME_TAKEN
from webhooks.rest.context import base_url, current_engine

_FAULTS: Mapping[str, str] = Phrases(
    {
        "name": phrase(
            "Nama terdiri atas 2 sampai 64 karakter: huruf kecil, angka, titik, tanda hubung, "
            "garis bawah."
        ),
        "message_names": phrase("Tulis paling sedikit satu nama pesan, satu per baris."),
    }
)


@blueprint.get("/sumber-pesan")
def list_message_sources() -> ResponseReturnValue:
    """Every system that may send messages, and the form for one more."""
    require_page_role("see message sources", Role.ADMIN, Role.ANALYST, Role.AUDITOR)
    return _page()


@blueprint.post("/sumber-pesan")
def add_message_source() -> ResponseReturnValue:
    """There is one more; its secret is shown this once."""
    require_page_role("add a message source", Role.ADMIN)
    try:
        source, secret = current_engine().message_sources.add(
            request.form.get("nama", "").strip(), _names(), actor=current_actor()
        )
    except NameTaken:
        return _page(faults={"name": gettext(NAME_TAKEN)}), 409
    except InvalidInput as error:
        return _page(faults={name: _FAULTS[name] for name in error.fields}), 400
    return _page(secret=secret, of=source.name)


@blueprint.post("/sumber-pesan/<source_id>/rahasia")
def rotate_message_source(source_id: str) -> ResponseReturnValue:
    """A new secret, shown this once."""
    source, secret = current_engine().message_sources.rotate_secret(
        source_id, actor=current_actor()
    )
    return _page(secret=secret, of=source.name)


@blueprint.post("/sumber-pesan/<source_id>/nonaktif")
def disable_message_source(source_id: str) -> ResponseReturnValue:
    """Whatever it sends is refused."""
    current_engine().message_sources.disable(source_id, actor=current_actor())
    return redirect(url_for("pages.list_message_sources", kabar="sumber-nonaktif"), 303)


@blueprint.post("/sumber-pesan/<source_id>/aktif")
def enable_message_source(source_id: str) -> ResponseReturnValue:
    """It may send again."""
    current_engine().message_sources.enable(source_id, actor=current_actor())
    return redirect(url_for("pages.list_message_sources", kabar="sumber-aktif"), 303)


def _names() -> list[str]:
    return request.form.get("pesan", "").splitlines()


def _page(
    *, secret: str | None = None, of: str | None = None, faults: Mapping[str, str] | None = None
) -> str:
    actor = current_actor()
    return render_template(
        "message_sources.html",
        sources=current_engine().message_sources.sources(actor=actor),
        is_admin=actor.has(Role.ADMIN),
        known=_known_messages(),
        address=f"{base_url()}/hook/message/",
        secret=secret,
        of=of,
        faults=faults or {},
        sent=request.form if faults else {},
    )


def _known_messages() -> list[str]:
    """Names of messages that start the latest versions of the SOPs."""
    engine, actor = current_engine(), current_actor()
    found = set()
    for each in engine.definitions.definitions(DefinitionQuery(is_latest=True), actor=actor):
        try:
            model = engine.definitions.model(each.definition_id, actor=actor)
        except EngineError:
            continue
        found |= {
            node.named_event.name
            for node in model.nodes.values()
            if node.named_event is not None and node.named_event.kind == "message"
        }
    return sorted(found)
