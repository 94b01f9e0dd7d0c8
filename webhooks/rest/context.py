"""What a request finds in its app: the engine and the settings that create_app was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask, current_app, request

from engine.process_engine import ProcessEngine
from engine.settings import Settings
from engine.sources import Clock
from webhooks.patience import Patience
from webhooks.rates import Rates

if TYPE_CHECKING:
    from webhooks.sign_on import Provider

#: Everything of the API stands under this path.
ROOT = "/engine-rest"
_NAME = "alur"


@dataclass(frozen=True, slots=True)
class _Context:
    engine: ProcessEngine
    settings: Settings
    rates: Rates
    patience: Patience
    provider: Provider | None


def put_context(
    app: Flask, engine: ProcessEngine, settings: Settings, patience: Patience | None = None
) -> None:
    """Requests of this app speak to this engine."""
    app.extensions[_NAME] = _Context(
        engine,
        settings,
        Rates(engine.clock),
        patience or Patience(engine.clock),
        _provider(settings, engine.clock) if settings.oidc_issuer else None,
    )


def _provider(settings: Settings, clock: Clock) -> Provider:
    # Late: Authlib is for offices with a single sign-on only.
    from webhooks.sign_on import Provider

    return Provider(settings, clock)


def current_engine() -> ProcessEngine:
    """The engine of the app that answers the request."""
    return _context().engine


def current_settings() -> Settings:
    """The settings of the app that answers the request."""
    return _context().settings


def base_url() -> str:
    """Where browsers reach Alur: as set, else as it was asked."""
    return current_settings().base_url or request.url_root.rstrip("/")


def current_rates() -> Rates:
    """How often callers of this app did what is counted."""
    return _context().rates


def current_patience() -> Patience:
    """What takes long in this app, and is worked out beside its requests."""
    return _context().patience


def current_provider() -> Provider | None:
    """The provider of the office's single sign-on, if there is one."""
    return _context().provider


def is_api(path: str) -> bool:
    """Whether the path belongs to the API, and so answers in JSON whatever happens."""
    return path == ROOT or path.startswith(ROOT + "/")


def _context() -> _Context:
    found: _Context = current_app.extensions[_NAME]
    return found
