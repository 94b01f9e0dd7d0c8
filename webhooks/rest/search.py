"""Looking for instances, open tasks and process definitions by words, keys and ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.search import Found
from webhooks.auth import require_actor
from webhooks.rest.context import current_engine
from webhooks.rest.resource import Resource
from webhooks.schemas.search import FoundAnswer, SearchFilter

resource = Resource("search", path="/search", description="What is found by words")


@resource.on("GET", "", "Look for instances, open tasks and definitions", is_own=True)
@resource.takes(SearchFilter, "query")
@resource.gives(FoundAnswer)
def search(asked: Mapping[str, Any]) -> Found:
    """Each word of `query` stands in what is found, or begins a word there; a whole id finds its
    instance or task. Only what the caller may see.
    """
    return current_engine().search.find(
        asked["query"],
        actor=require_actor(),
        first_result=asked["first_result"],
        max_results=asked["max_results"],
    )
