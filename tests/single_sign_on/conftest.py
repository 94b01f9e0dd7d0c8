"""A real provider of OpenID Connect, an office that uses it, and people with a browser.

The provider is node-oidc-provider, installed by npm as package-lock.json says, once per run.
Without npm or its registry the tests are skipped on a laptop and fail in CI.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from lxml.html import document_fromstring

from engine.process_engine import ProcessEngine, build_engine
from engine.setting_values import Grant
from engine.settings import Settings
from engine.sources import ManualClock, RandomIds, SystemClock
from tests.databases import store_in_memory
from tests.needs import npm, program
from tests.office import ADMIN, quick_passwords
from tests.serving import served
from tests.webhooks.pages.browser import PASSWORD, Browser, Page
from webhooks import create_app

HERE = Path(__file__).parent
GROUPS = {
    "sso-perencana": Grant(frozenset({"Perencana"}), frozenset({"staff"})),
    "sso-kadis": Grant(frozenset({"Kadis"}), frozenset({"staff"})),
    "sso-apip": Grant(frozenset(), frozenset({"auditor"})),
}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class SignOnServer:
    """The provider, as its administrator sees it."""

    issuer: str
    base_url: str
    _session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self._session.trust_env = False

    def has(self, subject: str, *groups: str, username: str = "", name: str = "") -> str:
        """There is such a person with these groups."""
        claims = {
            "preferred_username": username or subject,
            "name": name or subject.title(),
            "groups": list(groups),
        }
        self._session.put(f"{self.issuer}/people/{subject}", json=claims, timeout=10)
        return subject

    def log_out(self, subject: str) -> None:
        """The person logs out at the provider."""
        self._session.post(f"{self.issuer}/logout/{subject}", timeout=10).raise_for_status()


@pytest.fixture(scope="session")
def provider_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("single-sign-on")
    for name in ("package.json", "package-lock.json", "provider.mjs"):
        shutil.copy(HERE / name, folder / name)
    npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)
    return folder


@pytest.fixture(scope="session")
def server(provider_folder: Path) -> Iterator[SignOnServer]:
    port, own_port = free_port(), free_port()
    base_url = f"http://127.0.0.1:{own_port}"
    asked = {
        "port": port,
        "redirect": f"{base_url}/masuk/sso/kembali",
        "backchannel": f"{base_url}/masuk/sso/keluar",
    }
    command = [program("node"), "--no-warnings", "provider.mjs", json.dumps(asked)]
    with subprocess.Popen(
        command, cwd=provider_folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        line = next(each for each in process.stdout if each.startswith("{"))
        yield SignOnServer(json.loads(line)["issuer"], base_url)
        process.terminate()


@dataclass
class SignOnOffice:
    """Alur with a single sign-on."""

    server: SignOnServer
    engine: ProcessEngine
    clock: ManualClock
    app: Flask

    def browser(self) -> Person:
        return Person(self, Browser(self.app))


@dataclass
class Person:
    """Somebody's browser: its cookies here, and those that it has at the provider."""

    office: SignOnOffice
    here: Browser
    there: requests.Session = field(default_factory=requests.Session)

    def log_in(self, subject: str, path: str = "/masuk/sso") -> Page:
        """Log in by the provider, and see where that leads."""
        return self.here.get(self.come_back(self.leave(path), subject))

    def leave(self, path: str = "/masuk/sso") -> str:
        """Where the provider is asked."""
        response = self.here.get(path, follow=False).response
        assert response.status_code == 303, response.text
        return str(response.location)

    def come_back(self, url: str, subject: str) -> str:
        """Log in and agree at the provider; the path that it sends back to."""
        self.there.trust_env = False
        response = self.there.get(url, allow_redirects=False, timeout=10)
        for _ in range(20):
            if response.is_redirect:
                target = requests.compat.urljoin(response.url, response.headers["Location"])
                if target.startswith(self.office.server.base_url):
                    return target.removeprefix(self.office.server.base_url)
                response = self.there.get(target, allow_redirects=False, timeout=10)
            else:
                response = self._fill_in(response, subject)
        raise AssertionError(f"the provider does not come to an end: {response.text}")

    def _fill_in(self, response: requests.Response, subject: str) -> requests.Response:
        tree = document_fromstring(response.content, base_url=response.url)
        assert tree.forms, response.text
        values = {**dict(tree.forms[0].form_values()), "login": subject, "password": "x"}
        target = requests.compat.urljoin(response.url, tree.forms[0].action)
        return self.there.post(target, data=values, allow_redirects=False, timeout=10)


def settings_of(server: SignOnServer, **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "base_url": server.base_url,
        "oidc_issuer": server.issuer,
        "oidc_client_id": "alur",
        "oidc_client_secret": "rahasia-dari-sso",
        "oidc_groups": GROUPS,
        "oidc_provision": True,
    }
    return Settings(**{**values, **changes})


@contextlib.contextmanager
def office_of(server: SignOnServer, **changes: Any) -> Iterator[SignOnOffice]:
    store = store_in_memory()
    # The provider lives by the computer's clock, and its tokens do.
    clock = ManualClock(SystemClock().now())
    settings = settings_of(server, **changes)
    passwords = quick_passwords()
    engine = build_engine(store, clock, RandomIds(), settings, passwords=passwords)
    for name, role in (("admin", "admin"), ("lama", "staff")):
        engine.accounts.add(
            name, display_name=name.title(), password=PASSWORD, roles=[role], actor=ADMIN
        )
    yield SignOnOffice(server, engine, clock, create_app(engine, settings))
    store.close()


@pytest.fixture
def office(server: SignOnServer) -> Iterator[SignOnOffice]:
    with office_of(server) as made:
        yield made


@contextlib.contextmanager
def listening(office: SignOnOffice) -> Iterator[None]:
    """The office answers at its public address, for the provider itself."""
    port = urlsplit(office.server.base_url).port
    with served(office.app, port=port, threads=2):
        yield


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
