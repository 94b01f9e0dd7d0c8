"""What comes in from elsewhere without a login: links in messages, and messages of systems."""

from __future__ import annotations

from flask import Flask

from webhooks.hooks import links, messages

__all__ = ["register"]


def register(app: Flask) -> None:
    """The app answers under /hook."""
    app.register_blueprint(messages.blueprint)
    app.register_blueprint(links.blueprint)
