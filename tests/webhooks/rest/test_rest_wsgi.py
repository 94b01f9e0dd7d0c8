from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import webhooks.wsgi
from engine.errors import StorageOutdated
from engine.store import Store


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment names a database that is not there yet; the module is as newly imported."""
    url = f"sqlite:///{tmp_path / 'alur.db'}"
    monkeypatch.setenv("ALUR_DATABASE_URL", url)
    monkeypatch.delitem(webhooks.wsgi.__dict__, "application", raising=False)
    return url


def test_importing_opens_nothing(database: str, tmp_path: Path) -> None:
    importlib.reload(webhooks.wsgi)

    assert list(tmp_path.iterdir()) == []


def test_application_is_made_once_from_the_environment(database: str) -> None:
    store = Store.open(database)
    store.migrate()
    store.close()

    application = webhooks.wsgi.application

    assert webhooks.wsgi.application is application
    found = application.test_client().get("/engine-rest/version")
    assert found.json == {"version": "7.24.0"}
    application.extensions["alur"].engine.close()
    del webhooks.wsgi.application


def test_database_of_another_version_is_refused(database: str) -> None:
    with pytest.raises(StorageOutdated):
        webhooks.wsgi.create_wsgi_app()


def test_nothing_else_is_made_up() -> None:
    with pytest.raises(AttributeError):
        _ = webhooks.wsgi.app
