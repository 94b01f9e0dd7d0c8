"""Adds the routes of a listing: GET and POST, of its rows and of their count."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from engine.errors import InvalidInput
from engine.model import Actor, Scope
from engine.queries import Page
from webhooks.auth import require_actor
from webhooks.rest.cursors import link_to_next, read_cursor, write_cursor
from webhooks.rest.resource import Resource
from webhooks.schemas.base import Count, Shape
from webhooks.schemas.filters import CursorWindow, Filter, Listing, Window

#: What the OpenAPI document says of a listing that has cursors.
_LINKED: Mapping[str, Any] = {
    "responses": {
        "200": {
            "headers": {
                "Link": {
                    "description": "With `maxResults`, when there is more: the next page",
                    "schema": {"type": "string"},
                }
            }
        }
    }
}

Find = Callable[[Any, Page, Actor], Sequence[Any]]
Total = Callable[[Any, Actor], int]


def add_listing(
    resource: Resource,
    path: str,
    noun: str,
    *,
    filters: type[Filter],
    answer: type[Shape],
    find: Find,
    total: Total,
    with_post: bool = False,
    is_own: bool = False,
    placed: Callable[[Any], Any] = lambda row: row,
) -> None:
    """GET path and path/count, filtered by the query string; with_post: or by a body.

    is_own: Camunda has no such listing. placed: what of a row has the fields that it is sorted by.
    A listing whose filters name `ties` has cursors: a page with `maxResults` links to the next one.
    """
    ties = filters.ties

    def rows(listing: Listing) -> Any:
        actor = require_actor()
        if listing.is_empty:
            return []
        page = _begun(listing)
        if not ties or not page.max_results:
            return find(listing.query, page, actor)
        # One more than asked for: so it is known whether there is a next page.
        found = find(listing.query, replace(page, max_results=page.max_results + 1), actor)
        if len(found) <= page.max_results:
            return found
        shown = found[: page.max_results]
        return shown, {"Link": link_to_next(write_cursor(page, placed(shown[-1]), ties=ties))}

    def count(listing: Listing) -> Mapping[str, int]:
        actor = require_actor()
        return {"count": 0 if listing.is_empty else total(listing.query, actor)}

    def rows_by_body(listing: Listing, window: Mapping[str, Any]) -> Any:
        return rows(listing.windowed(window))

    name = noun.replace(" ", "_")
    of_query, of_body = resource.takes(filters, "query"), resource.takes(filters)
    gives_rows, gives_count = resource.gives(answer(many=True)), resource.gives(Count)
    get = partial(resource.on, "GET", is_own=is_own)
    post = partial(resource.on, "POST", is_own=is_own, scope=Scope.READ)
    total_path, in_body = f"{path}/count", "filters in the body"
    notes = _LINKED if ties else None
    get(path, f"List {noun}", endpoint=f"list_{name}", notes=notes)(of_query(gives_rows(rows)))
    get(total_path, f"Count {noun}", endpoint=f"count_{name}")(of_query(gives_count(count)))
    if with_post:
        window = CursorWindow if ties else Window
        paged = of_body(resource.takes(window, "query")(gives_rows(rows_by_body)))
        post(path, f"List {noun}, {in_body}", endpoint=f"find_{name}", notes=notes)(paged)
        counted = of_body(gives_count(count))
        post(total_path, f"Count {noun}, {in_body}", endpoint=f"tally_{name}")(counted)


def _begun(listing: Listing) -> Page:
    """The page that is asked for; a cursor and a number cannot both say where it begins."""
    page = listing.page
    if listing.after is None:
        return page
    if page.first_result:
        raise InvalidInput(
            "after and firstResult cannot be combined",
            {"after": ["it says where the page begins, and so does firstResult"]},
        )
    return replace(page, after=read_cursor(listing.after, page))
