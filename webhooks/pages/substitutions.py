"""Substitutions, for administrators; auditors read, and everybody sees one's own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.errors import InvalidInput, SubstitutionEnded
from engine.model import Role, Substitution, SubstitutionKind, SubstitutionState
from engine.queries import Page, SubstitutionQuery
from engine.substitutions import Wishes
from webhooks.pages import substitution_words as words
from webhooks.pages.blueprint import blueprint
from webhooks.pages.listings import (
    argument,
    containing,
    latest_definitions,
    page_number,
    page_of,
    pager,
)
from webhooks.pages.logins import current_actor, require_page_role
from webhooks.pages.people import display_names
from webhooks.rest.context import current_engine

Faults = Mapping[str, str]

#: The value of `status` that filters nothing; without one, what is in force.
ALL = "semua"
#: Of one's own, and of an account: as many as a page shows beside other things.
_SOME = Page(max_results=20)


@blueprint.get("/penggantian")
def list_substitutions() -> ResponseReturnValue:
    """Those of one state, and the form for one more."""
    return _list_page()


@blueprint.post("/penggantian/catat")
def add_substitution() -> ResponseReturnValue:
    """There is one more; the next page tells what should be looked at."""
    require_page_role("record a substitution", Role.ADMIN)
    try:
        made = current_engine().substitutions.add(_wishes(), actor=current_actor())
    except InvalidInput as error:
        return _list_page(faults=words.faults_of(error)), 400
    return _back(made.substitution.substitution_id, "penggantian-dicatat")


@blueprint.get("/penggantian/<substitution_id>")
def show_substitution(substitution_id: str) -> ResponseReturnValue:
    """One of them, to be read, prolonged or ended."""
    return _page(substitution_id)


@blueprint.post("/penggantian/<substitution_id>/ubah")
def change_substitution(substitution_id: str) -> ResponseReturnValue:
    """It lasts until another day."""
    require_page_role("change a substitution", Role.ADMIN)
    try:
        current_engine().substitutions.change(
            substitution_id,
            last_day=_day("last_day", "sampai"),
            basis_number=request.form.get("nomor", ""),
            basis_date=_day("basis_date", "tanggal"),
            actor=current_actor(),
        )
    except InvalidInput as error:
        return _page(substitution_id, faults=words.faults_of(error)), 400
    except SubstitutionEnded:
        return _back(substitution_id, "penggantian-sudah")
    return _back(substitution_id, "penggantian-diubah")


@blueprint.post("/penggantian/<substitution_id>/akhiri")
def end_substitution(substitution_id: str) -> ResponseReturnValue:
    """It is over now, and what was taken by it is back with the lane."""
    require_page_role("end a substitution", Role.ADMIN)
    reason = request.form.get("alasan", "").replace("\r\n", "\n")
    try:
        current_engine().substitutions.end(substitution_id, reason=reason, actor=current_actor())
    except InvalidInput as error:
        return _page(substitution_id, faults=words.faults_of(error)), 400
    except SubstitutionEnded:
        return _back(substitution_id, "penggantian-sudah")
    return _back(substitution_id, "penggantian-diakhiri")


def substitutions_of(account: str) -> list[Substitution]:
    """The latest of one account, for its page; one's own, or for admins and auditors."""
    query = SubstitutionQuery(account=account)
    return list(current_engine().substitutions.find(query, _SOME, actor=current_actor()))


# ----------------------------------------------------------------------- showing


def _list_page(*, faults: Faults | None = None) -> str:
    require_page_role("see all substitutions", Role.ADMIN, Role.AUDITOR)
    rooms, actor, number = current_engine().substitutions, current_actor(), page_number()
    state = argument("status") or str(SubstitutionState.CURRENT)
    query = SubstitutionQuery(
        account=argument("akun"),
        lane=argument("lajur"),
        kind=_kind(argument("jenis")),
        basis_number_like=containing(argument("surat")),
        state=SubstitutionState(state) if state in set(SubstitutionState) else None,
    )
    shown = pager(number, rooms.count(query, actor=actor))
    lanes = sorted({lane for each in latest_definitions(actor) for lane in each.lanes})
    return render_template(
        "substitutions.html",
        substitutions=rooms.find(query, page_of(shown.number), actor=actor),
        pager=shown,
        shown=state,
        is_filtered=any(argument(name) for name in ("akun", "lajur", "jenis", "surat")),
        state_names=words.STATES,
        kind_names=words.KINDS,
        state_of=_state_of,
        lanes=lanes,
        people=dict(sorted(display_names().items(), key=lambda each: each[1].casefold())),
        may_change=actor.has(Role.ADMIN),
        faults=faults or {},
        sent=request.form,
    )


def _page(substitution_id: str, *, faults: Faults | None = None) -> str:
    found = current_engine().substitutions.look(substitution_id, actor=current_actor())
    state = _state_of(found.substitution)
    return render_template(
        "substitution.html",
        each=found.substitution,
        state=state,
        state_names=words.STATES,
        warnings=[words.warning_text(warned) for warned in found.warnings],
        ended=words.end_text(found.substitution),
        sees_all=current_actor().has(Role.ADMIN, Role.AUDITOR),
        may_change=current_actor().has(Role.ADMIN) and state is not SubstitutionState.PAST,
        faults=faults or {},
        sent=request.form,
    )


def _state_of(each: Substitution) -> SubstitutionState:
    return each.state_at(current_engine().clock.now())


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {"own_substitution": words.own_text, "substitution_state": _state_of}


def _back(substitution_id: str, notice: str) -> ResponseReturnValue:
    path = url_for("pages.show_substitution", substitution_id=substitution_id, kabar=notice)
    return redirect(path, 303)


# ----------------------------------------------------------------------- reading


def _wishes() -> Wishes:
    sent = request.form
    return Wishes(
        account=sent.get("pengganti", ""),
        lane=sent.get("lajur", ""),
        kind=sent.get("jenis", ""),
        basis_number=sent.get("nomor", ""),
        basis_date=_day("basis_date", "tanggal"),
        first_day=_day("first_day", "mulai"),
        last_day=_day("last_day", "sampai"),
        replaces=sent.get("digantikan") or None,
    )


def _day(field: str, name: str) -> date:
    text = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        told = f"expected a day such as 2026-01-31, found {text!r}"
        raise InvalidInput(f"{field}: {told}", {field: [told]}) from error


def _kind(text: str | None) -> SubstitutionKind | None:
    return SubstitutionKind(text) if text in set(SubstitutionKind) else None
