"""The one blueprint of all pages: its modules hang their views on it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Blueprint

from webhooks.rest.context import current_engine

View = TypeVar("View", bound=Callable[..., Any])

blueprint = Blueprint("pages", __name__)


def at_once(view: View) -> View:
    """What the view asks is of one moment; for pages that ask the engine much.

    Not for one that waits for other threads: they might wait for its transaction.
    """

    @wraps(view)
    def shown(*args: Any, **named: Any) -> Any:
        with current_engine().reading_at_once():
            return view(*args, **named)

    return cast(View, shown)
