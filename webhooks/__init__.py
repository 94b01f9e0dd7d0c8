"""The thin Flask layer over the engine: the HTTP API and the pages, in one app."""

from __future__ import annotations

from flask import Flask

from engine.process_engine import ProcessEngine
from engine.settings import Settings
from webhooks import hooks, pages
from webhooks.rest.api import register_api
from webhooks.rest.context import put_context

MAX_BODY_BYTES = 6 * 1024 * 1024


def create_app(engine: ProcessEngine, settings: Settings) -> Flask:
    """An app over this engine. It opens nothing, and closes nothing: the caller owns the engine."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    put_context(app, engine, settings)
    register_api(app)
    pages.register(app, engine, settings)
    hooks.register(app)
    return app
