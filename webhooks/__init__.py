"""The thin Flask layer over the engine: the HTTP API and the pages, in one app."""

from __future__ import annotations

from types import TracebackType

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from engine.process_engine import ProcessEngine
from engine.settings import Settings
from webhooks import hooks, operations, pages
from webhooks.limits import MAX_BODY_BYTES, largest_body
from webhooks.patience import Patience
from webhooks.problems import log_unexpected
from webhooks.rest.api import register_api
from webhooks.rest.context import current_engine, put_context

#: How many rows an answer lacks that cannot be read; not there when it lacks none.
LEFT_OUT = "Alur-Left-Out"

__all__ = ["create_app", "largest_body"]


def create_app(
    engine: ProcessEngine, settings: Settings, *, patience: Patience | None = None
) -> Flask:
    """An app over this engine. It opens nothing, and closes nothing: the caller owns the engine.

    patience: for how long its pages wait for an answer.
    """
    app = _App(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    put_context(app, engine, settings, patience)
    if proxies := settings.trusted_proxies:
        # Only these two: a proxy that does not set the others would let anybody set them.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    # Before who asks is looked up, which may fail.
    app.before_request(_note_anew)
    operations.register(app, engine, settings)
    register_api(app)
    pages.register(app, engine, settings)
    hooks.register(app)
    app.after_request(_tell_left_out)
    app.context_processor(lambda: {"left_out": lambda: len(current_engine().left_out)})
    app.teardown_request(_close_files)
    return app


class _App(Flask):
    def log_exception(
        self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]
    ) -> None:
        """In the words of every other failure: Flask's show the path as it was sent."""
        log_unexpected(exc_info)


def _note_anew() -> None:
    current_engine().note_anew()


def _tell_left_out(response: Response) -> Response:
    """Programs must not take a list for whole either; pages say it in words."""
    if left_out := current_engine().left_out:
        response.headers[LEFT_OUT] = str(len(left_out))
    return response


def _close_files(_error: BaseException | None) -> None:
    """Large parts of a form lie in files of the system until they are closed."""
    request.close()
