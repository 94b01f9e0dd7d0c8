"""Messages that matched nothing, or too much, when they came, for administrators; auditors read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.errors import InvalidInput, MessageMismatch, MessageSettled
from engine.model import Json, KeptMessage, KeptState, Role
from engine.queries import KeptMessageQuery, SortOrder
from webhooks.language import Phrases, phrase
from webhooks.pages.blueprint import blueprint
from webhooks.pages.listings import argument, page_number, page_of, pager
from webhooks.pages.logins import current_actor, require_page_role
from webhooks.pages.values import Labelled, labelled
from webhooks.rest.context import current_engine

STATES: Mapping[str, str] = Phrases(
    {
        KeptState.WAITING: phrase("Menunggu"),
        KeptState.DELIVERED: phrase("Tersampaikan"),
        KeptState.DISCARDED: phrase("Disingkirkan"),
    }
)
_REASON_MISSING = phrase(
    "Tulis alasannya; pesan yang disingkirkan tetap tersimpan bersama alasan itu."
)


@dataclass(frozen=True, slots=True)
class Row:
    """A kept message as the page shows it."""

    message: KeptMessage
    #: What an instance must have to get it: business key, instance, variables.
    wanted: list[Labelled]
    values: list[Labelled]
    why: str


@blueprint.get("/pesan")
def list_kept_messages() -> ResponseReturnValue:
    """The messages that wait for a case, and with `status` those that waited."""
    return _page()


@blueprint.post("/pesan/<kept_id>/coba")
def try_kept_message(kept_id: str) -> ResponseReturnValue:
    """It went to the one that waits for it now, or it is said why not."""
    try:
        got = current_engine().kept_messages.try_again(kept_id, actor=current_actor())
    except MessageMismatch:
        return redirect(url_for("pages.list_kept_messages", kabar="pesan-belum-cocok"), 303)
    except MessageSettled:
        return redirect(url_for("pages.list_kept_messages", kabar="pesan-sudah"), 303)
    except InvalidInput:
        return redirect(url_for("pages.list_kept_messages", kabar="pesan-tidak-sesuai"), 303)
    path = url_for(
        "pages.show_instance", instance_id=got.instance.instance_id, kabar="pesan-tersampaikan"
    )
    return redirect(path, 303)


@blueprint.post("/pesan/<kept_id>/singkirkan")
def discard_kept_message(kept_id: str) -> ResponseReturnValue:
    """It is never delivered, and stays with the reason."""
    reason = request.form.get("alasan", "").replace("\r\n", "\n")
    try:
        current_engine().kept_messages.discard(kept_id, reason=reason, actor=current_actor())
    except MessageSettled:
        return redirect(url_for("pages.list_kept_messages", kabar="pesan-sudah"), 303)
    except InvalidInput:
        return _page(faulty=kept_id), 400
    return redirect(url_for("pages.list_kept_messages", kabar="pesan-disingkirkan"), 303)


def _page(*, faulty: str | None = None) -> str:
    require_page_role("see kept messages", Role.ADMIN, Role.AUDITOR)
    kept, actor, number = current_engine().kept_messages, current_actor(), page_number()
    state = argument("status") or str(KeptState.WAITING)
    query = KeptMessageQuery(state=KeptState(state) if state in set(KeptState) else None)
    found = kept.messages(query, page_of(number, ("received_at", SortOrder.DESC)), actor=actor)
    return render_template(
        "kept_messages.html",
        rows=[_row(each) for each in found],
        pager=pager(number, kept.count(query, actor=actor)),
        kept_states=STATES,
        shown=state,
        faulty=faulty,
        reason_fault=gettext(_REASON_MISSING),
        may_change=actor.has(Role.ADMIN),
    )


def _row(kept: KeptMessage) -> Row:
    wanted: dict[str, Json] = {}
    if kept.business_key:
        wanted[gettext("Kunci berkas")] = kept.business_key
    if kept.instance_id:
        wanted[gettext("Berkas")] = kept.instance_id
    wanted |= {**kept.correlation, **kept.local_correlation}
    return Row(kept, labelled(wanted, {}), labelled(kept.variables, {}), _why(kept))


def _why(kept: KeptMessage) -> str:
    if kept.matches == 0:
        return gettext("Belum ada berkas proses yang menunggunya.")
    if kept.matches == 1:
        return gettext("Ada satu yang menunggunya, tetapi isinya tidak sesuai.")
    return gettext(
        "Ada %(matches)s berkas proses yang menunggunya; harus tepat satu.", matches=kept.matches
    )
