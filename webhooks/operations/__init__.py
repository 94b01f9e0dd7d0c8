"""What those who run Alur ask of it: is it well, what are its figures, what was asked of it."""

from __future__ import annotations

from flask import Flask

from engine.process_engine import ProcessEngine
from engine.settings import Settings
from webhooks.operations import health, metrics, requests
from webhooks.operations.instruments import Instruments

__all__ = ["register"]


def register(app: Flask, engine: ProcessEngine, settings: Settings) -> None:
    """The app answers under /health and /metrics, and every request is logged and measured.

    Before all else of the app: what is measured is the whole of a request.
    """
    instruments = Instruments(engine.health)
    requests.watch(app, instruments)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(metrics.blueprint(instruments, settings.metrics_token))
