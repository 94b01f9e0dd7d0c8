"""Cursors: where a page of a listing ended, as a text that the next request brings back.

A cursor says an order and the values of the last row in it, and opens nothing: whoever makes one up
begins a page elsewhere, among rows that he may see anyway. One of another order is refused.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn
from urllib.parse import urlencode

from flask import request

from engine.errors import InvalidInput
from engine.queries import Page
from webhooks.rest.requests import is_text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
#: Longer than any that we write: an order has a few fields, and ids are short.
_LONGEST = 4096


def write_cursor(page: Page, row: Any, *, ties: Sequence[str]) -> str:
    """Where `row` stands in the order of `page`."""
    values = [getattr(row, name) for name in (*(name for name, _ in page.sorting), *ties)]
    text = json.dumps([_order(page), [_written(value) for value in values]], ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(text: str, page: Page) -> tuple[str | int | datetime | None, ...]:
    """The place that a cursor names in the order of `page`. Raises InvalidInput."""
    if len(text) > _LONGEST:
        _refuse("it is none that was given")
    try:
        told = json.loads(base64.b64decode(_padded(text), altchars=b"-_", validate=True))
        order, values = told
        place = tuple(_read(value) for value in values)
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        _refuse("it is none that was given")
    if order != _order(page):
        _refuse("it is of another order: sort as in the request that gave it")
    return place


def link_to_next(cursor: str) -> str:
    """The Link header (RFC 8288) that leads from the page of this request to the next one."""
    kept = [
        (name, value)
        for name, value in request.args.items(multi=True)
        if name not in {"after", "firstResult"}
    ]
    return f'<{request.path}?{urlencode([*kept, ("after", cursor)])}>; rel="next"'


def _order(page: Page) -> list[list[str]]:
    return [[name, str(order)] for name, order in page.sorting]


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"at": (value - _EPOCH) // _MILLISECOND}
    return value if value is None or isinstance(value, int) else str(value)


def _read(value: Any) -> str | int | datetime | None:
    if isinstance(value, dict):
        return _EPOCH + int(value["at"]) * _MILLISECOND
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, str) and is_text(value):
        return value
    raise ValueError("neither a text, nor a number, nor a moment")


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)


def _refuse(why: str) -> NoReturn:
    raise InvalidInput(f"after: this is no cursor of this listing: {why}", {"after": [why]})
