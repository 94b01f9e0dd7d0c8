"""Where papers are written: in a request, or around a worker and a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from flask import Flask, has_app_context

from engine.process_engine import ProcessEngine
from engine.settings import Settings
from webhooks import language
from webhooks.rest.context import put_context


@contextmanager
def writing_papers(engine: ProcessEngine, settings: Settings) -> Iterator[None]:
    """Within it papers may be written: by a worker or a command, where no page is asked for."""
    with ExitStack() as stack:
        if not has_app_context():
            app = Flask(__name__)
            put_context(app, engine, settings)
            language.register(app, lambda: None)
            stack.enter_context(app.app_context())
        yield
