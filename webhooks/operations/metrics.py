"""/metrics, for Prometheus: by the token of the settings, or else from this machine only."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from flask import Blueprint, Response, request
from prometheus_client import CONTENT_TYPE_LATEST

from engine.errors import Forbidden, NotAuthenticated
from webhooks.operations.instruments import Instruments
from webhooks.problems import HANDLED, answer

#: What a reverse proxy adds: then the caller is not who the connection says.
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via")


def blueprint(instruments: Instruments, token: str | None) -> Blueprint:
    """The blueprint that answers /metrics."""
    made = Blueprint("metrics", __name__)
    for kind in HANDLED:
        made.register_error_handler(kind, answer)

    @made.get("/metrics")
    def metrics() -> Response:
        """The figures of the whole installation, and the histograms of this process."""
        _require_allowed(token)
        response = Response(instruments.text(), content_type=CONTENT_TYPE_LATEST)
        response.headers["Cache-Control"] = "no-store"
        return response

    return made


def _require_allowed(token: str | None) -> None:
    if token is not None:
        shown = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(shown, f"Bearer {token}".encode()):
            raise NotAuthenticated("metrics need Authorization: Bearer with ALUR_METRICS_TOKEN")
    elif not _is_from_here():
        reason = "only this machine may, or who has ALUR_METRICS_TOKEN when that is set"
        raise Forbidden("nobody", "read /metrics from elsewhere", reason)


def _is_from_here() -> bool:
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
