"""A browser for tests of pages: it keeps cookies, reads forms and sends them as they stand."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

PASSWORD = "prosedur-resmi-1"


@dataclass
class Page:
    """An answer, read as a person reads it."""

    response: TestResponse
    tree: HtmlElement = field(init=False)

    def __post_init__(self) -> None:
        parser = HTMLParser(encoding="utf-8")
        self.tree = document_fromstring(self.response.data or b"<html></html>", parser=parser)
        for area in self.tree.iter("textarea"):
            # A browser drops the line end that follows the tag; this parser keeps it.
            area.text = (area.text or "").removeprefix("\n")

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def path(self) -> str:
        return self.response.request.path

    @property
    def text(self) -> str:
        return " ".join(self.tree.text_content().split())

    @property
    def heading(self) -> str:
        return " ".join(self.tree.xpath("//h1")[0].text_content().split())

    def links(self) -> list[str]:
        return self.tree.xpath("//main//a/@href")

    def link(self, label: str) -> str:
        found = [a for a in self.tree.xpath("//a") if label in " ".join(a.text_content().split())]
        assert found, f"no link {label!r} in: {self.text}"
        return found[0].get("href")

    def buttons(self) -> list[str]:
        found = self.tree.xpath("//main//button | //main//a[contains(@class, 'button')]")
        return [" ".join(b.text_content().split()) for b in found]

    def form(self, action: str) -> tuple[str, dict[str, Any]]:
        """The form whose action ends so: where it goes, and what stands in it."""
        forms = [f for f in self.tree.forms if urlsplit(f.action or "").path.endswith(action)]
        assert forms, f"no form to {action!r} in: {self.text}"
        return forms[0].action, dict(forms[0].form_values())

    def value(self, name: str) -> str | None:
        found = [f for f in self.tree.xpath("//main//form") if name in f.fields]
        return found[0].fields[name]

    def fault_of(self, name: str) -> str | None:
        found = self.tree.xpath(f"//*[@id='{name}-salah']")
        return found[0].text_content() if found else None


def _chosen(value: Any) -> Any:
    """A value as the test client takes it: files as streams, an unchosen file as nothing."""
    if isinstance(value, tuple):
        content, name = value
        return FileStorage(io.BytesIO(content), name)
    if isinstance(value, list):
        return [_chosen(each) for each in value]
    return "" if value is None else value


class Browser:
    """One visitor."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()

    def get(self, path: str, *, follow: bool = True, **headers: str) -> Page:
        return Page(self.client.get(path, follow_redirects=follow, headers=headers))

    def post(self, path: str, values: dict[str, Any], *, follow: bool = True, **more: Any) -> Page:
        return Page(self.client.post(path, data=values, follow_redirects=follow, **more))

    def send(self, page: Page, action: str, *, follow: bool = True, **values: Any) -> Page:
        """Fill in the form that goes there, and send it. A file is (bytes, name) or a list."""
        target, standing = page.form(action)
        filled = {name: _chosen(each) for name, each in (standing | values).items()}
        if not any(isinstance(each, tuple | list) for each in values.values()):
            return self.post(target, filled, follow=follow)
        # In memory: the client's own way leaves a file of the system open.
        boundary, body = encode_multipart(filled)
        kind = f"multipart/form-data; boundary={boundary}"
        return Page(self.client.post(target, data=body, content_type=kind, follow_redirects=follow))

    def log_in(self, name: str, password: str = PASSWORD, path: str = "/masuk") -> Page:
        return self.send(self.get(path), "/masuk", nama=name, sandi=password)

    def cookie(self, name: str = "alur_session") -> str | None:
        found = self.client.get_cookie(name)
        return found.value if found else None
