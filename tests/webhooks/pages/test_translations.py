"""Every text of the pages is marked for translation, and the catalogue is whole and sound."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.pofile import read_po
from jinja2 import Environment

import webhooks
from tests.webhooks.pages.untranslated import untranslated

ROOT = Path(webhooks.__file__).parent
TEMPLATES = sorted((ROOT / "templates").glob("**/*.html"))
PLACEHOLDER = re.compile(r"%\((\w+)\)s|%%")
TAG = re.compile(r"</?(\w+)")


@pytest.fixture(scope="module")
def english() -> Catalog:
    with (ROOT / "translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale="en", abort_invalid=True)


@pytest.fixture(scope="module")
def environment() -> Environment:
    made = Environment(
        extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True, autoescape=True
    )
    made.policies["ext.i18n.trimmed"] = True
    return made


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_every_text_of_a_template_is_marked(template: Path, environment: Environment) -> None:
    assert untranslated(template.read_text("utf-8"), environment) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Simpan</p>", ["Simpan"]),
        ("<p>{{ _('Simpan') }} {{ name }} – 3</p>", []),
        ('<td data-label="Nama">{{ name }}</td>', ["Nama"]),
        ("{{ button(path, 'Hapus saringan') }}", ["Hapus saringan"]),
        ("{{ button(path, _('Hapus saringan'), kind='danger') }}", []),
        ("{% trans %}Simpan <b>ini</b>{% endtrans %}", []),
        ("{% if a %}<b>Simpan</b>{% else %}Hapus{% endif %}", ["Simpan", "Hapus"]),
    ],
)
def test_an_unmarked_text_is_found(source: str, found: list[str], environment: Environment) -> None:
    assert untranslated(source, environment) == found


def _forms(text: str | tuple[str, ...] | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def test_a_translation_has_the_places_and_the_markup_of_its_text(english: Catalog) -> None:
    wrong = [
        (text, told)
        for message in english
        for text in _forms(message.id)[:1]
        for told in _forms(message.string)
        if text and told
        for kind in (PLACEHOLDER, TAG)
        if sorted(set(kind.findall(text))) != sorted(set(kind.findall(told)))
    ]

    assert wrong == []
