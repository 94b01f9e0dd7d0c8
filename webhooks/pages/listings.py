"""What lists share: filters that live in the URL, pages of 25, and the SOPs to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import request, url_for

from engine.model import Actor, ProcessDefinition, Role
from engine.queries import DefinitionQuery, Page, SortOrder
from webhooks.rest.context import current_engine

PAGE_SIZE = 25
#: Nobody reads on which of 3,000 pages he is, and counting them all would take longer than a page.
MOST_COUNTED = 1_000
_MAX_PAGE = 100_000
#: What the URL says of one page only: its number, and what was done before it.
_OF_ONE_PAGE = {"hal", "kabar", "selesai", "diambil", "gagal"}


@dataclass(frozen=True, slots=True)
class Pager:
    """Where in a list the visitor is. `previous` and `next` are links, or None at the ends."""

    number: int
    pages: int
    total: int
    previous: str | None
    next: str | None
    #: There are more pages, and more in all, than were counted.
    has_more: bool = False


def argument(name: str) -> str | None:
    """A filter of the URL; a blank one is none."""
    return request.args.get(name, "").strip()[:200] or None


def page_number() -> int:
    """Which page the URL asks for."""
    return max(1, min(request.args.get("hal", 1, type=int), _MAX_PAGE))


def page_of(number: int, *sorting: tuple[str, SortOrder]) -> Page:
    """The engine's words for a page of a list."""
    return Page((number - 1) * PAGE_SIZE, PAGE_SIZE, sorting)


def countable(number: int) -> int:
    """How far to count for the page of that number: one more than is said, to know of more."""
    return max(MOST_COUNTED, number * PAGE_SIZE) + 1


def pager(number: int, total: int, most: int | None = None) -> Pager:
    """The links around the page that is shown: the last one when the list has become shorter.

    most: how far it was counted, as `countable` says; a total of that many stands for more.
    """
    has_more = total == most
    total -= has_more
    pages = max(1, -(-total // PAGE_SIZE))
    number = min(number, pages)
    return Pager(
        number,
        pages,
        total,
        _link(number - 1) if number > 1 else None,
        _link(number + 1) if number < pages or has_more else None,
        has_more,
    )


def _link(number: int) -> str:
    assert request.endpoint is not None  # noqa: S101 - a page is shown, so there is a route to it
    kept = {k: v for k, v in request.args.items() if k not in _OF_ONE_PAGE and v}
    return url_for(request.endpoint, **{**(request.view_args or {}), **kept, "hal": number})


def containing(text: str | None) -> str | None:
    """The engine's pattern for "contains this text"."""
    if text is None:
        return None
    for special in ("\\", "%", "_"):
        text = text.replace(special, "\\" + special)
    return f"%{text}%"


def may_list(actor: Actor) -> bool:
    """Whether the actor may see instances beside those that it started."""
    return actor.has(Role.AUDITOR, Role.ADMIN) or bool(actor.working_lanes)


def latest_definitions(actor: Actor) -> list[ProcessDefinition]:
    """The newest version of every SOP that the actor may see, by name."""
    found = current_engine().definitions.definitions(DefinitionQuery(is_latest=True), actor=actor)
    return sorted(found, key=lambda each: (each.name.casefold(), each.key))


def sop_titles(definitions: list[ProcessDefinition]) -> Mapping[str, str]:
    """Key -> what people call the SOP; the key tells two of one name apart."""
    names = [each.name for each in definitions]
    return {
        each.key: f"{each.name} ({each.key})" if names.count(each.name) > 1 else each.name
        for each in definitions
    }


def lanes_of(actor: Actor, definitions: list[ProcessDefinition]) -> dict[str, str]:
    """The actor's own lanes first, then those of the SOPs that the actor sees."""
    others = {lane for each in definitions for lane in each.lanes} - actor.working_lanes
    return {lane: lane for lane in [*sorted(actor.working_lanes), *sorted(others)]}
