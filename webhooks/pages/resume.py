"""Forms that came when their login had ended: what was typed is kept, and nothing is done yet.

The person reads it again and sends it again, so that a foreign page cannot make anybody do a thing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, g, request
from flask_babel import gettext
from werkzeug.exceptions import HTTPException

from engine.errors import EngineError
from webhooks.pages.fields import PREFIX
from webhooks.pages.messages import STILL_THERE
from webhooks.pages.starting import start_page_again
from webhooks.pages.tasks import task_page_again
from webhooks.pages.uploads import PENDING

_PAGES: Mapping[str, Callable[..., str]] = {
    "pages.complete_task": task_page_again,
    "pages.start_process": start_page_again,
}
_HELD = {"kunci_berkas", "kunci_kirim", "definisi"}


def comes_from_here() -> bool:
    """Whether a page of this server sent the form."""
    return urlsplit(request.headers.get("Origin", "")).netloc == request.host


def is_resumable(path: str) -> bool:
    """Whether forms that go to this path can be shown again."""
    return _route(path) is not None


def held_fields() -> list[tuple[str, str]]:
    """What was typed, for the login page to hold."""
    return [
        (name, value)
        for name, value in request.form.items()
        if name.startswith((PREFIX, PENDING)) or name in _HELD
    ]


def page_again(path: str) -> str | None:
    """The form that goes to `path`, as it was typed, for the visitor who is logged in now."""
    route = _route(path)
    if route is None:
        return None
    endpoint, arguments = route
    g.notice = gettext(STILL_THERE)
    try:
        return _PAGES[endpoint](**arguments)
    except EngineError:
        g.notice = None
        return None


def _route(path: str) -> tuple[str, Mapping[str, Any]] | None:
    adapter = current_app.create_url_adapter(request)
    if adapter is None:
        return None
    try:
        endpoint, arguments = adapter.match(path, method="POST")
    except HTTPException:
        return None
    return (endpoint, arguments) if endpoint in _PAGES else None
