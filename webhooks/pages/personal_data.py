"""Personal data, for administrators: whose is sealed, and its erasure; auditors read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeVar

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.erasure_minutes import csv_of, report_of
from engine.errors import InvalidInput
from engine.model import Role, Subject
from engine.personal_data import Basis
from webhooks.downloads import attachment
from webhooks.language import Phrases, phrase
from webhooks.pages.blueprint import blueprint
from webhooks.pages.listings import PAGE_SIZE, Pager, page_number, page_of, pager
from webhooks.pages.logins import current_actor, require_page_role
from webhooks.pages.people import person as person_name
from webhooks.rest.context import current_engine

Faults = Mapping[str, str]

_READERS = (Role.AUDITOR, Role.ADMIN)
_Row = TypeVar("_Row")
_DEED = "see whose personal data is sealed"
_BYTE_ORDER_MARK = "\ufeff"
#: What a field takes, said whenever it was refused.
_RULES: Mapping[str, str] = Phrases(
    {
        "basis": phrase("Tulis nomor surat atau keputusan, paling banyak 255 karakter."),
        "basisDate": phrase("Isi tanggal surat, misalnya 2026-01-31, tidak sesudah hari ini."),
        "reason": phrase("Tulis alasannya, paling banyak 4.000 karakter."),
        "instances": phrase("Pilih paling sedikit satu berkas proses dari daftar."),
        "confirmed": phrase("Centang bahwa Anda tahu akibatnya."),
    }
)


# --------------------------------------------------------------------- persons


@blueprint.get("/data-pribadi")
def list_persons() -> ResponseReturnValue:
    """Whose personal data is sealed, how much of it, and what was erased."""
    return _list_page(None)


@blueprint.post("/data-pribadi")
def find_person() -> ResponseReturnValue:
    """The same of one name, which has no place in an address that others write down."""
    return _list_page(request.form.get("nama", "").strip()[:200] or None)


def _list_page(name: str | None) -> str:
    require_page_role(_DEED, *_READERS)
    room, actor = current_engine().personal_data, current_actor()
    shown = pager(page_number(), room.count_persons(actor=actor, name=name))
    return render_template(
        "personal_data.html",
        persons=room.persons(page_of(shown.number), actor=actor, name=name),
        pager=shown,
        name=name,
        erasures=room.erasures(page_of(1), actor=actor),
        name_of=name_of,
    )


@blueprint.get("/data-pribadi/<person>")
def show_person(person: str) -> ResponseReturnValue:
    """Where data of one person is sealed, and the form by which it is erased."""
    return _person_page(person)


@blueprint.post("/data-pribadi/<person>/hapus")
def erase_person(person: str) -> ResponseReturnValue:
    """The person's keys are destroyed; the next page is the report."""
    require_page_role("erase personal data", Role.ADMIN)
    try:
        room = current_engine().personal_data
        done = room.erase_person(person, _basis(), actor=current_actor())
    except InvalidInput as error:
        return _person_page(person, faults=_faults_of(error)), 400
    return _to_report(done.erasure_id)


def _person_page(person: str, *, faults: Faults | None = None) -> str:
    require_page_role(_DEED, *_READERS)
    subject, holdings = current_engine().personal_data.person(person, actor=current_actor())
    shown = pager(page_number(), len(holdings))
    return render_template(
        "personal_data_person.html",
        person=person,
        name=name_of(subject),
        holdings=_part(holdings, shown),
        pager=shown,
        values=sum(each.value_count for each in holdings),
        may_erase=current_actor().has(Role.ADMIN),
        faults=faults or {},
        sent=request.form,
    )


def name_of(subject: Subject) -> str:
    """Whom the data is about, as people call him."""
    return person_name(subject.name) if subject.is_account else subject.name


# ------------------------------------------------------------------- retention


@blueprint.get("/data-pribadi/usul-musnah")
def list_erasable() -> ResponseReturnValue:
    """Instances whose retention is over and that still have personal values."""
    return _erasable_page()


@blueprint.get("/data-pribadi/usul-musnah.csv")
def download_erasable() -> ResponseReturnValue:
    """The same for a spreadsheet, as an annex of the proposal."""
    require_page_role(_DEED, *_READERS)
    found = current_engine().personal_data.erasable(actor=current_actor())
    return _csv(csv_of(found), "usul-musnah.csv")


@blueprint.post("/data-pribadi/usul-musnah/hapus")
def erase_outlived() -> ResponseReturnValue:
    """The keys of the chosen instances are destroyed; the next page is the report."""
    require_page_role("erase personal data", Role.ADMIN)
    try:
        done = current_engine().personal_data.erase_outlived(
            request.form.getlist("berkas"), _basis(), actor=current_actor()
        )
    except InvalidInput as error:
        return _erasable_page(faults=_faults_of(error)), 400
    return _to_report(done.erasure_id)


def _erasable_page(*, faults: Faults | None = None) -> str:
    require_page_role(_DEED, *_READERS)
    found = current_engine().personal_data.erasable(actor=current_actor())
    shown = pager(page_number(), len(found))
    return render_template(
        "personal_data_outlived.html",
        rows=_part(found, shown),
        pager=shown,
        may_erase=current_actor().has(Role.ADMIN),
        faults=faults or {},
        sent=request.form,
        chosen=set(request.form.getlist("berkas")),
    )


# --------------------------------------------------------------------- reports


@blueprint.get("/data-pribadi/penghapusan/<erasure_id>")
def show_erasure(erasure_id: str) -> ResponseReturnValue:
    """What was erased, on which basis, by whom: for the minutes."""
    require_page_role(_DEED, *_READERS)
    done, holdings = current_engine().personal_data.erasure(erasure_id, actor=current_actor())
    shown = pager(page_number(), len(holdings))
    return render_template("erasure.html", done=done, holdings=_part(holdings, shown), pager=shown)


@blueprint.get("/data-pribadi/penghapusan/<erasure_id>.csv")
def download_erasure(erasure_id: str) -> ResponseReturnValue:
    """The same for a spreadsheet."""
    require_page_role(_DEED, *_READERS)
    done, holdings = current_engine().personal_data.erasure(erasure_id, actor=current_actor())
    return _csv(report_of(done, holdings), f"penghapusan-{done.at.date().isoformat()}.csv")


def _part(rows: Sequence[_Row], shown: Pager) -> Sequence[_Row]:
    first = (shown.number - 1) * PAGE_SIZE
    return rows[first : first + PAGE_SIZE]


def _csv(text: str, name: str) -> Response:
    headers = {"Content-Disposition": attachment(name), "Cache-Control": "no-store"}
    # Without the mark a spreadsheet takes UTF-8 for the code page of its machine.
    return Response((_BYTE_ORDER_MARK + text).encode(), mimetype="text/csv", headers=headers)


def _to_report(erasure_id: str) -> ResponseReturnValue:
    path = url_for("pages.show_erasure", erasure_id=erasure_id, kabar="data-pribadi-dihapus")
    return redirect(path, 303)


# --------------------------------------------------------------------- reading


def _basis() -> Basis:
    sent = request.form
    text = sent.get("tanggal", "").strip()
    if sent.get("setuju") != "ya":
        raise InvalidInput("confirmed: expected yes", {"confirmed": ["expected yes"]})
    try:
        on = date.fromisoformat(text)
    except ValueError as error:
        told = f"expected a day such as 2026-01-31, found {text!r}"
        raise InvalidInput(f"basisDate: {told}", {"basisDate": [told]}) from error
    reason = sent.get("alasan", "").replace("\r\n", "\n")
    return Basis(sent.get("nomor", ""), on, reason)


def _faults_of(error: InvalidInput) -> dict[str, str]:
    return {name: _RULES.get(name, gettext(each[0])) for name, each in error.fields.items()}
