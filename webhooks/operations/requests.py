"""Every request: its id, its duration, one line in the log. Never what was sent or answered."""

from __future__ import annotations

import logging
import re
from time import perf_counter

from flask import Flask, Response, g, request

from engine.model import Actor
from engine.sources import RandomIds
from webhooks.operations.instruments import Instruments

_log = logging.getLogger("alur.requests")

#: What a proxy may call a request; another name could be anything, and is replaced.
_SANE_ID = re.compile(r"[A-Za-z0-9._\-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HEADER = "X-Request-Id"


def watch(app: Flask, instruments: Instruments) -> None:
    """Requests of this app are named, measured and logged."""
    ids = RandomIds()

    @app.before_request
    def begin() -> None:
        given = request.headers.get(_HEADER, "")
        g.request_id = given if _SANE_ID.fullmatch(given) else ids.new_id()
        g.began = perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        response.headers[_HEADER] = g.request_id
        _note(response, instruments, seconds=perf_counter() - g.began)
        return response


def _note(response: Response, instruments: Instruments, *, seconds: float) -> None:
    # A method or path of somebody's invention would make a new row for each.
    method = request.method if request.method in _METHODS else "other"
    route = request.url_rule.rule if request.url_rule else "none"
    status = response.status_code
    instruments.see_request(method, route, status=status, seconds=seconds)
    fields = {
        "method": method,
        "route": route,
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
        "account": _account(),
        "request_id": g.request_id,
    }
    _log.info("request", extra={"fields": fields})


def _account() -> str | None:
    """Who proved to be calling: by the API's proof, or by a login."""
    actor: Actor | None = g.get("actor")
    if actor is not None:
        return actor.account
    login = g.get("login")
    return login.account.name if login is not None else None
