"""Uji jalan: an SOP run in memory before anybody works by it, deployed or only uploaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.errors import InvalidInput
from engine.model import Json, ProcessDefinition
from engine.simulation import Outcome, Scenario, Simulation, simulate_for
from engine.simulation.reports import Place
from webhooks.language import Phrases, drawn, phrase
from webhooks.pages.blueprint import blueprint
from webhooks.pages.definition_files import definition_of
from webhooks.pages.logins import current_actor, require_page_role
from webhooks.pages.processes import DEPLOYERS, upload_page
from webhooks.rest.context import current_engine
from webhooks.rest.simulation import BOUNDS, TURNS

OUTCOMES: Mapping[Outcome, str] = Phrases(
    {
        Outcome.COMPLETED: phrase("sampai akhir"),
        Outcome.INCIDENT: phrase("terhenti karena gangguan"),
        Outcome.DEAD_END: phrase("buntu"),
        Outcome.KNOWN: phrase("bertemu jalan yang sudah dicoba"),
        Outcome.BOUNDED: phrase("dihentikan oleh batas"),
    }
)
#: The rows of each table; the rest are counted.
_MOST = 50


@blueprint.get("/proses/<key>/<reference>/uji-jalan")
def simulate_deployed(key: str, reference: str) -> ResponseReturnValue:
    """The ways of a version that is deployed."""
    require_page_role("simulate", *DEPLOYERS)
    found = definition_of(key, reference)
    content = current_engine().definitions.xml(found.definition_id, actor=current_actor())
    try:
        tried = _simulated(found.resource_name, content, key)
        model = current_engine().definitions.model(found.definition_id, actor=current_actor())
    except InvalidInput as error:
        return _page(None, found.name, _back(found), why=_reason(error)), 400
    named = {each.id: each.name or "" for each in model.nodes.values()}
    return _page(tried, found.name, _back(found), named=named)


@blueprint.post("/proses/unggah/uji-jalan")
def simulate_upload() -> ResponseReturnValue:
    """The ways of a file that nobody has deployed yet; nothing is kept."""
    require_page_role("simulate", *DEPLOYERS)
    files = [each for each in request.files.getlist("berkas") if each.filename]
    if len(files) != 1:
        return upload_page(fault=gettext("Pilih satu berkas BPMN untuk diuji jalan.")), 400
    name = (files[0].filename or "")[-255:]
    try:
        tried = _simulated(name, files[0].read())
    except InvalidInput as error:
        return upload_page(fault=_reason(error)), 400
    back = _Back(url_for("pages.show_upload"), gettext("Unggah berkas BPMN"))
    return _page(tried, tried.process_name or name, back)


def _simulated(name: str, content: bytes, key: str | None = None) -> Simulation:
    clock = current_engine().clock
    scenario = Scenario(started_at=clock.now(), process_key=key)
    return simulate_for(current_actor(), name, content, scenario, BOUNDS, clock=clock, turns=TURNS)


class _Back(NamedTuple):
    """The page that the diagram was tried from."""

    url: str
    text: str


def _back(found: ProcessDefinition) -> _Back:
    url = url_for("pages.show_process", key=found.key, reference=found.version)
    return _Back(url, found.name)


def _reason(error: InvalidInput) -> str:
    if "process" in error.fields:
        return gettext(
            "Berkas ini memuat beberapa proses; pasanglah, lalu uji jalan satu per satu."
        )
    names = ", ".join(error.fields) or str(error)
    return gettext("Tidak ada isian yang dapat dikarang untuk: %(names)s.", names=names)


def _page(
    tried: Simulation | None,
    name: str,
    back: _Back,
    *,
    why: str | None = None,
    named: Mapping[str, str] | None = None,
) -> str:
    names = {**(named or {}), **(dict(_names(tried)) if tried else {})}
    return render_template(
        "simulation.html",
        tried=tried,
        name=name,
        back=back,
        why=why,
        outcomes=OUTCOMES,
        most=_MOST,
        name_of=lambda node: names.get(node) or node,
        place_text=lambda place: _place_text(place, names),
        value_text=_value_text,
        duration_text=_duration_text,
    )


def _names(tried: Simulation) -> Iterator[tuple[str, str]]:
    """Element id -> name, of every element that the answer names."""
    for duty in tried.duties:
        yield duty.activity_id, duty.activity_name or ""
    for run in tried.runs:
        for step in run.path:
            yield step.activity_id or "", step.activity_name or ""
    for place in tried.coverage.unreached_nodes if tried.coverage else ():
        yield place.id, place.name or ""


def _place_text(place: Place, names: Mapping[str, str]) -> str:
    """An element or flow by its name, or by what it leads from and to."""
    if place.name or place.source is None or place.target is None:
        return place.name or place.id
    return " → ".join(names.get(each) or each for each in (place.source, place.target))


def _value_text(value: Json) -> str:
    """What was tried: our words for what has none, and else what the diagram calls it."""
    if value is None:
        return gettext("tidak diisi")
    if isinstance(value, bool):
        return gettext("ya") if value else gettext("tidak")
    return drawn(str(value))


def _duration_text(seconds: int) -> str:
    """By the made-up clock: an hour a task, timers as long as they are."""
    length = timedelta(seconds=seconds)
    hours, minutes = divmod(length.seconds // 60, 60)
    days = gettext("%(days)s hari", days=length.days) if length.days else ""
    rest = gettext("%(hours)s jam %(minutes)s menit", hours=hours, minutes=minutes)
    return f"{days} {rest}".strip()
