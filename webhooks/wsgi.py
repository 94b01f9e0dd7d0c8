"""The composition root of the web server: settings from the environment, one engine, one app.

A WSGI server is given `webhooks.wsgi:application`, which is made when it is first asked for.
"""

from __future__ import annotations

import os
from typing import Any

from flask import Flask

from engine.logs import log_steps, start_logging
from engine.process_engine import open_engine
from engine.settings import from_environ
from webhooks import create_app


def create_wsgi_app() -> Flask:
    """The app of this process's environment. Raises InvalidInput, StorageOutdated."""
    settings = from_environ(os.environ)
    start_logging(settings)
    engine = open_engine(settings)
    engine.health.watch_steps(log_steps)
    return create_app(engine, settings)


def __getattr__(name: str) -> Any:
    if name != "application":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = create_wsgi_app()
    return globals()[name]
