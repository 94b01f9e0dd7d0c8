"""What Camunda Modeler asks of a server beside the API: where the pages are, and patience."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from webhooks.rest.context import ROOT, current_settings

blueprint = Blueprint("webapps", __name__)


@blueprint.get("/.well-known/camunda-automation-platform/webapps")
def get_webapps() -> Response:
    """Every one of Camunda's applications is our own pages; the Modeler's links begin with it."""
    base_url = current_settings().base_url
    root = f"{base_url}/" if base_url else request.url_root
    return jsonify({"adminUrl": root, "cockpitUrl": root, "tasklistUrl": root})


@blueprint.before_app_request
def forgive_slash() -> None:
    """An endpoint that was typed with a slash at its end is the same endpoint.

    The Modeler adds "/deployment" to whatever was typed, and Camunda's own server merges slashes.
    """
    is_redirected = isinstance(request.routing_exception, RequestRedirect)
    adapter = current_app.create_url_adapter(request)
    if not (is_redirected and adapter and request.path.startswith(f"{ROOT}//")):
        return
    path = f"{ROOT}/{request.path.removeprefix(ROOT).lstrip('/')}"
    try:
        rule, arguments = adapter.match(path, return_rule=True)
    except HTTPException as error:
        request.routing_exception = error
        return
    request.url_rule, request.view_args = rule, dict(arguments)
    request.routing_exception = None
