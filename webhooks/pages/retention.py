"""Retention (JRA), for auditors and administrators: classes of SOPs, and what has outlived them."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from engine.bpmn.retention_terms import Period
from engine.model import Role
from engine.retention import csv_of
from webhooks.downloads import attachment
from webhooks.language import Phrases, phrase
from webhooks.pages.blueprint import blueprint
from webhooks.pages.listings import PAGE_SIZE, page_number, pager
from webhooks.pages.logins import current_actor, require_page_role
from webhooks.rest.context import current_engine

_READERS = (Role.AUDITOR, Role.ADMIN)
_BYTE_ORDER_MARK = "\ufeff"
FATES: Mapping[str, str] = Phrases(
    {
        "musnah": phrase("Musnah"),
        "permanen": phrase("Permanen"),
        "dinilai": phrase("Dinilai kembali"),
    }
)


@blueprint.get("/retensi")
def show_retention() -> ResponseReturnValue:
    """The classes, and the instances whose retention is over."""
    require_page_role("see what has outlived its retention", *_READERS)
    room, actor, number = current_engine().retention, current_actor(), page_number()
    found = room.outlived(actor=actor)
    shown = pager(number, len(found))
    first = (shown.number - 1) * PAGE_SIZE
    return render_template(
        "retention.html",
        classes=room.classes(actor=actor),
        rows=found[first : first + PAGE_SIZE],
        pager=shown,
        fates=FATES,
        period=_period_text,
    )


@blueprint.get("/retensi.csv")
def download_retention() -> ResponseReturnValue:
    """All of them for a spreadsheet, as an annex of the minutes."""
    require_page_role("see what has outlived its retention", *_READERS)
    found = current_engine().retention.outlived(actor=current_actor())
    headers = {"Content-Disposition": attachment("retensi.csv"), "Cache-Control": "no-store"}
    # Without the mark a spreadsheet takes UTF-8 for the code page of its machine.
    content = (_BYTE_ORDER_MARK + csv_of(found)).encode()
    return Response(content, mimetype="text/csv", headers=headers)


def _period_text(period: Period) -> str:
    """2 tahun 6 bulan."""
    years, months = divmod(period.months, 12)
    parts = [
        ngettext("%(num)s tahun", "%(num)s tahun", years) if years else "",
        ngettext("%(num)s bulan", "%(num)s bulan", months) if months else "",
        ngettext("%(num)s hari", "%(num)s hari", period.days) if period.days else "",
    ]
    return " ".join(part for part in parts if part) or gettext("tanpa jangka")
