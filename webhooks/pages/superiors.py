"""The order of superiors: everybody sees to whom overdue work goes up, and admins change it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.errors import Conflict, InvalidInput
from engine.model import Actor, Role, Superior
from engine.superiors import USUAL
from engine.worktime import Span, term_of
from webhooks.language import Phrases, phrase
from webhooks.pages.blueprint import blueprint
from webhooks.pages.listings import latest_definitions
from webhooks.pages.logins import current_actor, require_page_role
from webhooks.pages.remaining import span_text
from webhooks.rest.context import current_engine

#: Units of working time, by the letter that a term says them with.
UNITS: Mapping[str, str] = Phrases(
    {"D": phrase("hari kerja"), "H": phrase("jam kerja"), "M": phrase("menit kerja")}
)
_NUMBER = re.compile(r"[0-9]{1,4}", re.ASCII)

Faults = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """A lane as it stands in the form: the lane above it ("" for none), and after how long."""

    lane: str
    above: str
    number: str
    unit: str


@blueprint.get("/atasan")
def show_superiors() -> ResponseReturnValue:
    """Which lane stands above which, since when, and for admins the form to change it."""
    return _page(_rows(current_actor()))


@blueprint.post("/atasan")
def change_superiors() -> ResponseReturnValue:
    """The order of superiors is as the form says."""
    require_page_role("change the order of superiors", Role.ADMIN)
    rows = _sent_rows()
    faults = {
        row.lane: gettext("Tulis bilangan dari 1 sampai 9999.")
        for row in rows
        if row.above and not (_NUMBER.fullmatch(row.number) and int(row.number))
    }
    if faults:
        return _page(rows, faults), 400
    try:
        current_engine().superiors.change(
            {row.lane: Superior(row.above, _term(row)) for row in rows if row.above},
            seen=request.form.get("revisi", 0, type=int),
            actor=current_actor(),
        )
    except Conflict:
        told = gettext("Urutan ini baru saja diubah orang lain. Periksa lagi, lalu simpan.")
        return _page(_rows(current_actor()), {"": told}), 409
    except InvalidInput as error:
        rule = gettext("Atasan tidak boleh berputar kembali ke lajur ini sendiri.")
        return _page(rows, dict.fromkeys(error.fields, rule)), 400
    return redirect(url_for("pages.show_superiors", kabar="atasan-disimpan"), 303)


def after_text(after: str) -> str:
    """How long that is, for people: 1 hari kerja."""
    term = term_of(after)
    return span_text(Span(term.days, term.time))


def _page(rows: Sequence[Row], faults: Faults | None = None) -> str:
    room = current_engine().superiors
    current = room.current()
    return render_template(
        "superiors.html",
        current=current,
        revisions=room.revisions(),
        rows=rows,
        lanes=sorted({name for row in rows for name in (row.lane, row.above) if name}),
        units=UNITS,
        faults=faults or {},
        may_change=current_actor().has(Role.ADMIN),
        after_text=after_text,
    )


def _rows(actor: Actor) -> list[Row]:
    """Every lane of the order and of the SOPs that the visitor sees, by name."""
    order = current_engine().superiors.current().superiors
    known = {lane for each in latest_definitions(actor) for lane in each.lanes}
    known |= set(order) | {above.lane for above in order.values()} | actor.working_lanes
    return [_row(lane, order.get(lane)) for lane in sorted(known, key=str.casefold)]


def _row(lane: str, above: Superior | None) -> Row:
    number, unit = _number_of(above.after if above else USUAL)
    return Row(lane, above.lane if above else "", str(number), unit)


def _sent_rows() -> list[Row]:
    """The rows of the form, and the new lane when one was typed."""
    columns = [request.form.getlist(name) for name in ("lajur", "atasan", "jumlah", "satuan")]
    texts = [[text.strip() for text in column] for column in columns]
    return [
        Row(lane, above, number, unit if unit in UNITS else "D")
        for lane, above, number, unit in zip(*texts, strict=False)
        if lane
    ]


def _term(row: Row) -> str:
    number = int(row.number)
    return f"P{number}D" if row.unit == "D" else f"PT{number}{row.unit}"


def _number_of(after: str) -> tuple[int, str]:
    """(how many, of which unit) of a term."""
    term = term_of(after)
    if term.days:
        return term.days, "D"
    minutes = int(term.time.total_seconds()) // 60
    return (minutes // 60, "H") if minutes % 60 == 0 else (minutes, "M")
