"""Tells Camunda Modeler where the pages are, for its links after a deployment."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

blueprint = Blueprint("webapps", __name__)


@blueprint.get("/.well-known/camunda-automation-platform/webapps")
def get_webapps() -> Response:
    """Every one of Camunda's applications is our own pages."""
    root = request.url_root
    return jsonify({"adminUrl": root, "cockpitUrl": root, "tasklistUrl": root})
