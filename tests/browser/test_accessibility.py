"""Every main page, on a desk and on a phone: axe finds nothing, and nothing juts out sideways."""

from __future__ import annotations

import base64
import hashlib
import tarfile
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit
from tests.browser.pages import PAGES
from tests.browser.served import Served
from tests.needs import npm

#: The checks of Deque, as npm has them.
PACKAGE = "axe-core@4.14.1"
SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="

RUN = """() => axe.run(document, {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'], resultTypes: ['violations'],
})"""
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script, as published."""
    folder = tmp_path_factory.mktemp("axe")
    npm("pack", "--silent", "--prefer-offline", PACKAGE, folder=folder)
    [archive] = folder.glob("*.tgz")
    digest = hashlib.sha512(archive.read_bytes()).digest()
    assert base64.b64encode(digest).decode() == SHA512
    with tarfile.open(archive) as files:
        content = files.extractfile("package/axe.min.js")
        assert content is not None
        return content.read().decode()


@pytest.mark.parametrize(("who", "where"), PAGES, ids=str)
def test_page_is_accessible_and_fits(
    served: Served, visit: Visit, axe: str, who: str | None, where: str
) -> None:
    page = visit(who)
    answer = page.goto(served.paths.get(where, where))
    assert answer is not None
    assert answer.status == (404 if where == "/tidak-ada" else 200)
    # The debugger's own way in: the policy of the page stays in force, and the page as it is.
    page.evaluate(axe)

    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        assert violations(page) == []
        assert too_wide(page) == []


def violations(page: Page) -> list[tuple[str, str, list[str]]]:
    """(rule, what it says, the places) of everything that axe finds."""
    found: dict[str, Any] = page.evaluate(RUN)
    return [
        (each["id"], each["help"], [str(node["target"]) for node in each["nodes"]])
        for each in found["violations"]
    ]


def too_wide(page: Page) -> list[str]:
    """The elements that make the page wider than its window."""
    found: list[str] = page.evaluate(
        """() => document.scrollingElement.scrollWidth <= innerWidth ? [] :
          [...document.querySelectorAll('main *, header *')]
            .filter(each => !each.closest('svg'))
            .filter(each => each.getBoundingClientRect().right > innerWidth)
            .map(each => each.outerHTML.slice(0, 120))"""
    )
    return found
