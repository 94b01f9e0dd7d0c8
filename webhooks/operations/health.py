"""/health: whether this process is up, may be asked, and is well; details are for admins."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from engine import __version__
from engine.errors import Forbidden
from engine.model import Check, Role
from webhooks.auth import authenticate_request, require_actor
from webhooks.problems import HANDLED, answer
from webhooks.rest.context import current_engine

blueprint = Blueprint("health", __name__, url_prefix="/health")
for _kind in HANDLED:
    blueprint.register_error_handler(_kind, answer)


@blueprint.get("/live")
def live() -> Response:
    """The process answers; nothing else is looked at."""
    return _sealed(jsonify({"status": "ok"}))


@blueprint.get("/ready")
def ready() -> Response:
    """Whether requests may be sent here: database, schema, disk. 503 when not."""
    return _answer(current_engine().health.readiness())


@blueprint.get("")
def health() -> Response:
    """All of it, and whether workers do their duties. 503 when anything fails."""
    return _answer(current_engine().health.checks())


def _answer(checks: tuple[Check, ...]) -> Response:
    is_well = all(check.is_well for check in checks)
    body: dict[str, Any] = {"status": "ok" if is_well else "failing"}
    if _may_see_details():
        body |= {"version": __version__, "checks": [_shown(check) for check in checks]}
    response = jsonify(body)
    response.status_code = 200 if is_well else 503
    return _sealed(response)


def _may_see_details() -> bool:
    """Whether an admin asks; who shows a wrong proof is refused, not shown less."""
    if "Authorization" not in request.headers:
        return False
    authenticate_request()
    actor = require_actor()
    if Role.ADMIN not in actor.roles:
        raise Forbidden(actor.account, "see the details of health", "this needs the role admin")
    return True


def _shown(check: Check) -> dict[str, Any]:
    return {"name": check.name, "ok": check.is_well, "message": check.message}


def _sealed(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
