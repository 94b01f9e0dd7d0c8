"""Paket Bukti AKIP: packages of evidence of a period, ordered here, made by a worker."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.evidence_packages import KEPT_FOR
from engine.model import EvidencePackage, PackageState
from engine.model import Period as Span
from webhooks.downloads import zipped
from webhooks.language import Phrases, phrase, size_words
from webhooks.pages import periods
from webhooks.pages.blueprint import blueprint
from webhooks.pages.logins import current_actor, visitor
from webhooks.pages.waiting import REFRESH_S
from webhooks.rest.context import current_engine, current_settings

STATES: Mapping[PackageState, str] = Phrases(
    {
        PackageState.ORDERED: phrase("menunggu"),
        PackageState.MAKING: phrase("sedang dibuat"),
        PackageState.DONE: phrase("selesai"),
        PackageState.FAILED: phrase("gagal"),
    }
)
#: What follows the year in the code of a period -> what people call it.
PARTS: Mapping[str, str] = Phrases(
    {
        "": phrase("Satu tahun"),
        "S1": phrase("Semester I"),
        "S2": phrase("Semester II"),
        "TW1": phrase("Triwulan I"),
        "TW2": phrase("Triwulan II"),
        "TW3": phrase("Triwulan III"),
        "TW4": phrase("Triwulan IV"),
    }
)
#: A package that waits for longer has no worker.
_PATIENCE = timedelta(minutes=1)
_YEARS = 5


@blueprint.get("/bukti-akip")
def list_packages() -> ResponseReturnValue:
    """The packages so far, and the form that orders one."""
    return _list_page()


@blueprint.post("/bukti-akip")
def order_package() -> ResponseReturnValue:
    """A package is ordered; its page tells how far it is."""
    found = periods.period_of(_code())
    if found is None:
        return _list_page(fault=gettext("Pilih tahun dan bagiannya.")), 400
    verifies = request.form.get("uji") == "ya"
    ordered = current_engine().evidence_packages.order(
        Span(periods.midnight(found.first), found.before),
        found.label,
        verifies=verifies,
        actor=current_actor(),
    )
    return redirect(url_for("pages.show_package", package_id=ordered.package_id), 303)


@blueprint.get("/bukti-akip/<package_id>")
def show_package(package_id: str) -> ResponseReturnValue:
    """How far a package is; it asks again by itself until it is made, without JavaScript."""
    engine = current_engine()
    package = engine.evidence_packages.package(package_id, actor=current_actor())
    is_under_way = package.state in {PackageState.ORDERED, PackageState.MAKING}
    waited = engine.clock.now() - package.ordered_at
    page = render_template(
        "evidence_package.html",
        package=package,
        said=STATES[package.state],
        is_under_way=is_under_way,
        is_forgotten=package.state is PackageState.ORDERED and waited > _PATIENCE,
        share=_share(package),
        size=size_words(package.size or 0),
        refresh=REFRESH_S,
    )
    response = Response(page)
    if is_under_way:
        # RFC 9110 has no such field, and every browser follows it; the page has a link beside it.
        response.headers["Refresh"] = str(REFRESH_S)
    return response


@blueprint.post("/bukti-akip/<package_id>/ulangi")
def repeat_package(package_id: str) -> ResponseReturnValue:
    """A package that could not be made is tried once more."""
    current_engine().evidence_packages.order_again(package_id, actor=current_actor())
    return redirect(url_for("pages.show_package", package_id=package_id), 303)


@blueprint.get("/bukti-akip/<package_id>/paket.zip")
def download_package(package_id: str) -> ResponseReturnValue:
    """The package."""
    packages, actor = current_engine().evidence_packages, current_actor()
    package = packages.package(package_id, actor=actor)
    first = package.period.since.astimezone(current_settings().time_zone).date()
    last = package.period.until.astimezone(current_settings().time_zone).date()
    name = f"paket-bukti-akip-{first}-{last - timedelta(days=1)}.zip"
    return zipped(packages.content(package_id, actor=actor), name)


def _list_page(fault: str | None = None) -> str:
    packages, this_year = current_engine().evidence_packages, periods.today().year
    return render_template(
        "evidence_packages.html",
        packages=packages.packages(actor=current_actor()),
        states=STATES,
        parts=PARTS,
        years=range(this_year, this_year - _YEARS, -1),
        year=request.form.get("tahun", str(this_year)),
        part=request.form.get("bagian", ""),
        fault=fault,
        kept_days=KEPT_FOR.days,
    )


def _code() -> str:
    """The period as `periods` knows it: 2026, 2026-S2, 2026-TW4."""
    year, part = request.form.get("tahun", ""), request.form.get("bagian", "")
    return f"{year}-{part}" if part else year


def _share(package: EvidencePackage) -> int | None:
    """How much of it is made, of 100; None before its instances were counted."""
    return round(100 * package.done / package.total) if package.total else None


@blueprint.app_context_processor
def _link() -> dict[str, bool]:
    """Whether reports lead here."""
    login = visitor()
    may = login is not None and current_engine().evidence_packages.may_have(login.actor)
    return {"has_packages": may}
