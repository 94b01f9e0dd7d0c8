"""One app for the tests of a process: its routes and templates are compiled once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from engine.process_engine import ProcessEngine
from engine.settings import Settings
from webhooks import create_app
from webhooks.rest.context import put_context

AppOver = Callable[[ProcessEngine, Settings], Flask]


@pytest.fixture(scope="session")
def app_over() -> AppOver:
    """The app, which speaks to this engine until it is given another one.

    What stands in an app from its making on (proxies, metrics) is that of the first engine and
    of no settings: a test of these makes an app of its own.
    """
    made: list[Flask] = []

    def over(engine: ProcessEngine, settings: Settings) -> Flask:
        if not made:
            made.append(create_app(engine, Settings()))
        put_context(made[0], engine, settings)
        return made[0]

    return over
