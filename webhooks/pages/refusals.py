"""Error pages: what was refused, in words that help; the API answers its own paths in JSON."""

from __future__ import annotations

from flask import Response, current_app, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from engine.errors import EngineError
from webhooks.pages.blueprint import blueprint
from webhooks.pages.explanations import Explanation, explain, explain_http, unexpected
from webhooks.pages.logins import read_login, visitor
from webhooks.pages.people import display_names
from webhooks.problems import in_truth, log_failure, problem_of
from webhooks.rest.context import is_api


@blueprint.errorhandler(EngineError)
def refuse(error: EngineError) -> ResponseReturnValue:
    """The page of an engine's refusal, with the status that the API would give."""
    error = in_truth(error)
    problem = problem_of(error)
    if problem.status >= 500:
        log_failure(error)
    names = display_names() if problem.status == 409 else {}
    response = error_page(explain(error, names), problem.status)
    if problem.status != 401:
        response.headers.update(problem.headers or {})
    return response


@blueprint.app_errorhandler(HTTPException)
def refuse_http(error: HTTPException) -> ResponseReturnValue:
    """The page of a refusal that happened before or around a view."""
    if is_api(request.path) or error.code is None or error.code < 400:
        return error
    if request.routing_exception is not None:
        # No page of that address, so nobody asked who is looking: whoever it is keeps the menu.
        g.login = read_login()
    response = error_page(explain_http(error.code, error.description), error.code)
    response.headers.extend((k, v) for k, v in error.get_headers() if k == "Retry-After")
    return response


@blueprint.errorhandler(Exception)
def refuse_unexpected(error: Exception) -> ResponseReturnValue:
    """Nothing is told of a fault of ours but that it happened; the log has its cause."""
    if isinstance(error, HTTPException):
        return refuse_http(error)
    current_app.logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return error_page(unexpected(), 500)


def error_page(explanation: Explanation, status: int) -> Response:
    """The page of one explanation."""
    page = render_template("error.html", explanation=explanation, status=status, login=visitor())
    return make_response(page, status)
