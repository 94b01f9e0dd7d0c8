"""Adds the routes of a listing: GET and POST, of its rows and of their count."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from engine.model import Actor, Scope
from engine.queries import Page
from webhooks.auth import require_actor
from webhooks.rest.resource import Resource
from webhooks.schemas.base import Count, Shape
from webhooks.schemas.filters import Filter, Listing, Window

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
) -> None:
    """GET path and path/count, filtered by the query string; with_post: or by a body.

    is_own: Camunda has no such listing.
    """

    def rows(listing: Listing) -> Sequence[Any]:
        actor = require_actor()
        return [] if listing.is_empty else find(listing.query, listing.page, actor)

    def count(listing: Listing) -> Mapping[str, int]:
        actor = require_actor()
        return {"count": 0 if listing.is_empty else total(listing.query, actor)}

    def rows_by_body(listing: Listing, window: Mapping[str, Any]) -> Sequence[Any]:
        return rows(listing.windowed(window))

    name = noun.replace(" ", "_")
    of_query, of_body = resource.takes(filters, "query"), resource.takes(filters)
    gives_rows, gives_count = resource.gives(answer(many=True)), resource.gives(Count)
    get = partial(resource.on, "GET", is_own=is_own)
    post = partial(resource.on, "POST", is_own=is_own, scope=Scope.READ)
    total_path, in_body = f"{path}/count", "filters in the body"
    get(path, f"List {noun}", endpoint=f"list_{name}")(of_query(gives_rows(rows)))
    get(total_path, f"Count {noun}", endpoint=f"count_{name}")(of_query(gives_count(count)))
    if with_post:
        paged = of_body(resource.takes(Window, "query")(gives_rows(rows_by_body)))
        post(path, f"List {noun}, {in_body}", endpoint=f"find_{name}")(paged)
        counted = of_body(gives_count(count))
        post(total_path, f"Count {noun}, {in_body}", endpoint=f"tally_{name}")(counted)
