"""Puts the API together: its blueprints, its OpenAPI document, who may call, how errors look."""

from __future__ import annotations

import re
from threading import Lock
from typing import Any, cast

from flask import Flask, Request, Response, request
from flask_smorest import Api
from marshmallow import INCLUDE, Schema, fields
from werkzeug.exceptions import BadRequest, HTTPException, NotFound
from werkzeug.routing import RequestRedirect

from engine import __version__
from engine.errors import EngineError
from engine.model import Scope
from webhooks.auth import authenticate_request, count_write, require_actor, require_scope
from webhooks.limits import allow_files
from webhooks.problems import answer
from webhooks.rest import (
    account_event,
    checkpoint,
    contact,
    delivery,
    deployment,
    execution,
    external_task,
    historic_figures,
    history,
    incident,
    kept_message,
    message,
    migration,
    personal_data,
    playback,
    process_definition,
    process_instance,
    remark,
    report,
    search,
    simulation,
    substitution,
    superiors,
    task,
    task_link,
    version,
    webapps,
    webhook_subscription,
)
from webhooks.rest.context import ROOT, is_api
from webhooks.rest.requests import is_text
from webhooks.rest.resource import OWN, Resource

RESOURCES: tuple[Resource, ...] = (
    version.resource,
    deployment.resource,
    process_definition.resource,
    process_instance.resource,
    migration.resource,
    simulation.resource,
    task.resource,
    remark.resource,
    task_link.resource,
    external_task.resource,
    message.resource,
    message.signals,
    message.subscriptions,
    kept_message.resource,
    execution.resource,
    incident.resource,
    search.resource,
    history.resource,
    historic_figures.resource,
    playback.resource,
    account_event.resource,
    checkpoint.resource,
    substitution.resource,
    personal_data.resource,
    personal_data.erasures,
    superiors.resource,
    report.resource,
    webhook_subscription.resource,
    delivery.resource,
    contact.resource,
)

#: What anybody may read: what this server is, and how to speak to it.
_PUBLIC = {"version.get_version", "version.list_engines", "api-docs.openapi_json"}


#: Views whose requests may bring files, as variables or as attachments.
_TAKING_FILES = {
    "process-definition.start_instance",
    "process-instance.modify_variables",
    "task.complete_task",
    "remark.create_task_attachment",
    "remark.create_instance_attachment",
    "external-task.complete_external_task",
    "external-task.report_bpmn_error",
}


class Problem(Schema):
    """The body of every error; some kinds have facts of their own beside these."""

    class Meta:
        """The document says that more may come."""

        unknown = INCLUDE

    type = fields.String(metadata={"description": "The kind of error, as Camunda names it"})
    message = fields.String()
    code = fields.Integer(allow_none=True)


class _Api(Api):  # type: ignore[misc]
    """smorest's Api, but the app's error handlers stay with the pages.

    Its document is made when it is first asked for: that takes longer than all else of an app.
    """

    ERROR_SCHEMA = Problem

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self._undocumented: list[Resource] = []
        self._turn = Lock()

    def register_blueprint(self, blp: Resource) -> None:
        """The app answers for the resource, as it does after smorest's own method."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp)
        self._undocumented.append(blp)

    def _openapi_json(self) -> Response:
        with self._turn:
            while self._undocumented:
                self._document(self._undocumented.pop(0))
        return cast(Response, super()._openapi_json())

    def _document(self, blp: Resource) -> None:
        blp.register_views_in_doc(self, self._app, self.spec, name=blp.name, parameters=None)
        self.spec.tag({"name": blp.name, "description": blp.description})

    def _register_error_handlers(self) -> None:
        pass


#: (method, rule) -> the scope that an access token needs for it.
SCOPES = {route: scope for each in RESOURCES for route, scope in each.scopes.items()}


def register_api(app: Flask) -> None:
    """The app answers under /engine-rest."""
    app.config.update(_SPECIFICATION)
    # The first of the deployed definitions is the one that Camunda Modeler starts.
    app.json.sort_keys = False  # type: ignore[attr-defined]
    api = _Api(app)
    for resource in RESOURCES:
        api.register_blueprint(resource)
    app.register_blueprint(webapps.blueprint)
    app.before_request(_guard)
    app.after_request(_seal)


def _guard() -> Response | None:
    """Nobody gets past this unproved, and no path of the API redirects or answers in HTML."""
    if not is_api(request.path):
        return None
    try:
        if request.endpoint not in _PUBLIC:
            authenticate_request()
            _allow_files(request.endpoint)
            _require_leave()
        _require_route(request.routing_exception)
        _require_text(request)
    except (EngineError, HTTPException) as error:
        return answer(error)
    return None


def _allow_files(endpoint: str | None) -> None:
    """A view of several routes has a number behind its name for all but the first."""
    if re.sub(r"_\d+$", "", endpoint or "") in _TAKING_FILES:
        allow_files()


def _require_leave() -> None:
    """Refuse what the caller's token is not for, and what its account does too often."""
    method = "GET" if request.method == "HEAD" else request.method
    scope = SCOPES.get((method, request.url_rule.rule)) if request.url_rule else None
    require_scope(scope)
    if scope not in {None, Scope.READ}:
        count_write(require_actor().account)


def _require_route(fault: HTTPException | None) -> None:
    if isinstance(fault, RequestRedirect):
        raise NotFound(f"there is no {request.path} in this API")
    if fault is not None:
        raise fault


def _require_text(asked: Request) -> None:
    parts = [asked.path, *asked.args.keys(), *(v for _, vs in asked.args.lists() for v in vs)]
    if not all(is_text(part) for part in parts):
        raise BadRequest("the address has a NUL")


def _seal(response: Response) -> Response:
    if is_api(request.path):
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        if response.status_code == 204:
            # Camunda's clients parse whatever says that it is JSON, also what is empty.
            response.headers.pop("Content-Type", None)
    return response


_SPECIFICATION: dict[str, Any] = {
    "API_TITLE": "Alur",
    "API_VERSION": __version__,
    "OPENAPI_VERSION": "3.0.3",
    "OPENAPI_URL_PREFIX": ROOT,
    "OPENAPI_JSON_PATH": "openapi.json",
    "API_SPEC_OPTIONS": {
        "info": {
            "description": "A declared subset of the Camunda 7 REST dialect, and resources of our "
            'own under the tag "Tambahan".'
        },
        "components": {
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "an access token (alur_…)",
                },
            }
        },
        "tags": [{"name": OWN, "description": "What Camunda does not have"}],
        "security": [{"basic": []}, {"bearer": []}],
    },
}
