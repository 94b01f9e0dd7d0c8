"""No page says anything in Indonesian to who chose English but what a diagram or a person said.

Every text of ours is put between «», so that what stands outside of them is looked at by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from babel.dates import get_day_names, get_month_names
from babel.support import NullTranslations
from flask import Flask
from flask_babel import Domain
from lxml import etree
from lxml.html import HtmlElement

from engine.model import Language
from engine.settings import Settings
from tests.browser.pages import PAGES
from tests.browser.served import LATE, PASSWORD, PEOPLE, PERSONAL, REVISED, STUCK, Served
from tests.office import PROCESSES, SOP_FILES
from tests.webhooks.pages.browser import Browser
from webhooks import create_app

_MARKED = re.compile(r"«[^«»]*»")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
_SPOKEN = ("aria-label", "alt", "title", "placeholder", "data-label")
#: Code, times (their words are Babel's), pictures of diagrams; and what says its own language.
_QUIET = {"code", "time", "script", "svg"}
#: The diagrams of the story beside the SOPs.
_OWN = tuple(each.encode() for each in (LATE, STUCK, PERSONAL, *REVISED))
#: What people of the story typed, and names of programs, formats and zones.
_TYPED = """
Gerbang layanan|https://gerbang.dinas.test/kait/alur/peristiwa|Naskah terakhir|srikandi|surat_masuk
balasan|LAP-7|nomor|jumlah|Mengisi|Menandatangani|contoh isian|tetap|P-17|P-18|P-19
400/12/Setda|Perwali baru|SK 188/2026|permintaan yang bersangkutan|Bidang A|Bidang B|dari bawaan
Rekapitulasi_Laporan_Kinerja_Triwulan_Final_Revisi_3.pdf|application/pdf|application/octet-stream
Mohon diperiksa sebelum ditandatangani; lihat|Kantor|kantor|bytes|QR
Alur|SHA-256|BPMN|SSO|Camunda|Modeler|WIB|WITA|WIT|Asia/Jakarta|Asia/Makassar|Asia/Jayapura|MB|KB
REST endpoint|HTTP Basic|Bearer token|Tenant ID|Deploy|Start|Windows|macOS|Linux|API
Werkzeug/3.1.9|Chrome
"""


class _Marking(Domain):
    """Says every text as it is written, between «»."""

    def get_translations(self) -> NullTranslations:
        return _Marks()


class _Marks(NullTranslations):
    def ugettext(self, message: str) -> str:
        return f"«{message}»"

    def ungettext(self, singular: str, plural: str, num: int) -> str:
        return f"«{singular if num == 1 else plural}»"

    def upgettext(self, context: str, message: str) -> str:
        return f"«{message}»"


@pytest.fixture(scope="module")
def app(served: Served) -> Flask:
    made = create_app(served.office.engine, Settings())
    made.extensions["babel"].instance.domain_instance = _Marking()
    return made


@pytest.fixture(scope="module")
def visitors(app: Flask) -> Callable[[str | None], Browser]:
    """A browser in English for each person, and for a stranger."""

    @cache
    def visitor(account: str | None) -> Browser:
        browser = Browser(app)
        browser.client.set_cookie("alur_bahasa", Language.ENGLISH)
        if account is not None:
            browser.log_in(account, PASSWORD)
        return browser

    return visitor


@pytest.fixture(scope="module")
def said_by_others(served: Served) -> re.Pattern[str]:
    """Everything that the diagrams and the people of the story say, the longest first."""
    files = [(PROCESSES / f"{stem}.bpmn").read_bytes() for stem in SOP_FILES]
    texts = {each for file in (*files, *_OWN) for each in _texts_of(file)}
    texts |= {name for name, (shown, _, lanes) in PEOPLE.items() for name in (name, shown, *lanes)}
    texts |= set(re.split(r"[|\n]", _TYPED))
    days = served.office.engine.calendars.calendar("kantor").days.values()
    texts |= {text for day in days for text in (day.name, day.basis)}
    for names in (get_month_names("wide", locale="en"), get_day_names("wide", locale="en")):
        texts.update(map(str, names.values()))
    texts.add("lampiran-yang-panjang-sekali" * 4)
    longest_first = sorted((each for each in texts if len(each) > 1), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


def _texts_of(file: bytes) -> Iterator[str]:
    for node in etree.fromstring(file).iter(etree.Element):
        for text in (*node.attrib.values(), node.text or ""):
            yield from (" ".join(line.split()) for line in text.splitlines())


def unmarked(page: HtmlElement, said_by_others: re.Pattern[str]) -> list[str]:
    """What the page says outside of «», in the order of the page."""
    for node in page.xpath("//*"):
        if node.tag in _QUIET or (node.tag != "html" and node.get("lang")):
            node.text = None
            for child in list(node):
                node.remove(child)
    texts = [" ".join(page.itertext())]
    texts += [node.get(name) for name in _SPOKEN for node in page.xpath(f"//*[@{name}]")]
    texts = [_DIGEST.sub(" ", _without_marked(" ".join(text.split()))) for text in texts]
    left = [said_by_others.sub(" ", text) for text in texts]
    return [" ".join(text.split()) for text in left if _LETTERS.search(text)]


def _without_marked(text: str) -> str:
    """Marked texts may stand in marked ones."""
    while (shorter := _MARKED.sub(" ", text)) != text:
        text = shorter
    return text


@pytest.mark.parametrize(("account", "where"), PAGES, ids=str)
def test_a_page_says_nothing_outside_of_a_translation(
    account: str | None,
    where: str,
    app: Flask,
    served: Served,
    said_by_others: re.Pattern[str],
    visitors: Callable[[str | None], Browser],
) -> None:
    page = visitors(account).get(served.paths.get(where, where))

    assert page.tree.get("lang") == Language.ENGLISH
    assert unmarked(page.tree, said_by_others) == []
