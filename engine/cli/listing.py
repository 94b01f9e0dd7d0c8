"""Listings that grow: the newest first, so many at a time, and never cut without a word."""

from __future__ import annotations

from engine.cli.invocation import Invocation
from engine.queries import Page, SortOrder


def page_of(call: Invocation, newest_by: str) -> Page:
    """The page that --limit asks for."""
    return Page(max_results=call.words.limit or None, sorting=((newest_by, SortOrder.DESC),))


def say_rest(call: Invocation, shown: int, total: int) -> None:
    """Tell when there is more than was shown."""
    if shown < total:
        call.printer.note(f"{shown} of {total} are shown; --limit 0 shows all")
