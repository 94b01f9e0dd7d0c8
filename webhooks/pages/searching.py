"""The search: one box for instances, open tasks and SOPs that the visitor may see."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.search import MAX_QUERY
from engine.search_words import Text
from webhooks.language import Phrases, phrase
from webhooks.pages.blueprint import blueprint
from webhooks.pages.inbox_filters import ALL, inbox_address
from webhooks.pages.listings import latest_definitions, page_number, sop_titles
from webhooks.pages.logins import current_actor
from webhooks.rest.context import current_engine

_PAGE = 20
#: Characters around a word that are shown of a long text.
_LONGEST = 160
SOURCES = Phrases(
    {
        "businessKey": phrase("Kunci berkas"),
        "comment": phrase("Komentar"),
        "attachment": phrase("Lampiran"),
        "document": phrase("Dokumen"),
        "reason": phrase("Alasan"),
    }
)


@blueprint.get("/cari")
def search() -> ResponseReturnValue:
    """What is found, in three groups; without words only the box."""
    actor, number = current_actor(), page_number()
    query = request.args.get("q", "").strip()[:MAX_QUERY]
    found = current_engine().search.find(
        query, actor=actor, first_result=(number - 1) * _PAGE, max_results=_PAGE
    )
    return render_template(
        "search.html",
        query=query,
        found=found,
        number=number,
        previous=url_for("pages.search", q=query, hal=number - 1) if number > 1 else None,
        next=url_for("pages.search", q=query, hal=number + 1) if found.has_more else None,
        more_tasks=inbox_address({"lingkup": ALL, "kegiatan": query}),
        titles=sop_titles(latest_definitions(actor)),
        labels=_labels(),
        place=place_of,
        snippet=lambda text: snippet(text, found.words),
    )


def place_of(text: Text, labels: dict[str, str]) -> str:
    """Where the text stands, as people call it."""
    return labels.get(text.name, text.name) if text.name else SOURCES[text.source]


def snippet(text: str, words: tuple[str, ...]) -> str:
    """The text; of a long one the part around the first word that stands in it."""
    if len(text) <= _LONGEST:
        return text
    lower = text.casefold()
    places = [place for word in words if (place := lower.find(word)) >= 0]
    first = max(0, min(places, default=0) - _LONGEST // 4)
    part = text[first : first + _LONGEST].strip()
    return f"{'… ' if first else ''}{part}{' …' if first + _LONGEST < len(text) else ''}"


def _labels() -> dict[str, str]:
    """Field id -> label, of the forms of all SOPs that the visitor sees."""
    definitions, actor = current_engine().definitions, current_actor()
    labels: dict[str, str] = {}
    for each in latest_definitions(actor):
        for node in definitions.model(each.definition_id, actor=actor).nodes.values():
            labels |= {field.id: field.label for field in node.form or ()}
    return labels
