"""One person at a browser, without the browser: cookies, forms, and how long each page took."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import requests
from lxml.html import FormElement, document_fromstring
from requests.adapters import HTTPAdapter

from tests.benchmarks.figures import Series

_TIMEOUT_S = 120


@dataclass(frozen=True)
class Shown:
    """An answer: its status, its address, and its forms."""

    status: int
    url: str
    text: str

    def forms(self, ending: str) -> list[FormElement]:
        """The forms whose action ends so."""
        tree = document_fromstring(self.text, base_url=self.url)
        return [f for f in tree.forms if (f.action or "").partition("?")[0].endswith(ending)]


@dataclass
class Visitor:
    """Somebody with an account. `taken`: page -> how long its answers took."""

    origin: str
    name: str
    #: Each is at a computer of his own: an address of this machine's own network.
    address: str = "127.0.0.1"
    #: An access token, which the API asks for, and pages do not look at.
    token: str | None = None
    taken: dict[str, Series] = field(default_factory=dict)
    #: Answers of 500 and more, and what gave no answer at all.
    failures: list[str] = field(default_factory=list)
    _session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self._session.mount("http://", _From(self.address))
        if self.token:
            self._session.headers["Authorization"] = f"Bearer {self.token}"

    def log_in(self, password: str) -> None:
        """A refusal is a failure."""
        page = self.get("login page", "/masuk")
        [form] = page.forms("/masuk")
        page = self.send("login", form, {"nama": self.name, "sandi": password})
        if page.status != 303:
            self.failures.append(f"login of {self.name}: {page.status}")

    def get(self, page: str, path: str) -> Shown:
        return self._ask(page, "GET", path, None)

    def send(self, page: str, form: FormElement, values: Mapping[str, str]) -> Shown:
        """Send the form with these values in it; a redirection is not followed."""
        standing = {str(name): str(value or "") for name, value in form.form_values()}
        return self._ask(page, "POST", str(form.action), standing | values)

    @property
    def cookies(self) -> str:
        """The browser's cookies, as the header sends them."""
        return "; ".join(f"{name}={value}" for name, value in self._session.cookies.items())

    def close(self) -> None:
        self._session.close()

    def _ask(self, page: str, method: str, path: str, data: Mapping[str, str] | None) -> Shown:
        begun = time.perf_counter()
        try:
            answer = self._session.request(
                method,
                urljoin(self.origin, path),
                data=data,
                allow_redirects=False,
                timeout=_TIMEOUT_S,
            )
        except requests.RequestException as error:
            self.failures.append(f"{method} {path}: {error}")
            raise
        self.taken.setdefault(page, Series()).seconds.append(time.perf_counter() - begun)
        if answer.status_code >= 500:
            self.failures.append(f"{method} {path}: {answer.status_code}")
        return Shown(answer.status_code, answer.headers.get("Location", answer.url), answer.text)


class _From(HTTPAdapter):
    """Connects from that address."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more, source_address=(self._address, 0))
