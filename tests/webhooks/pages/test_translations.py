"""Every text of the pages is marked for translation, and the catalogue is whole and sound."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.catalog import Message as CatalogMessage
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po
from jinja2 import Environment

import webhooks
from tests.webhooks.pages.untranslated import untranslated
from webhooks.pages.office_settings import PLACES

ROOT = Path(webhooks.__file__).parent
TEMPLATES = sorted((ROOT / "templates").glob("**/*.html"))
MARKS = re.compile(r"\b(?:n?gettext|pgettext|lazy_gettext|phrase|Sentence)\(")
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


def _extracted() -> Iterator[tuple[str, str]]:
    """(context, text) of all that stands in the templates and modules."""
    for path in (*TEMPLATES, *ROOT.rglob("*.py"), *(ROOT.parent / "engine").rglob("*.py")):
        is_template = path.suffix == ".html"
        if not is_template and not MARKS.search(path.read_text("utf-8")):
            continue  # to read it word by word would take a while
        for _, text, _, context in extract_from_file(
            "jinja2" if is_template else "python",
            path,
            {**DEFAULT_KEYWORDS, **dict.fromkeys(("phrase", "Sentence", "lazy_gettext"))},
            options={"trimmed": "true"} if is_template else None,
        ):
            yield context or "", text if isinstance(text, str) else text[0]


@pytest.fixture(scope="module")
def extracted() -> set[tuple[str, str]]:
    return set(_extracted())


def test_every_text_is_told_in_english(english: Catalog, extracted: set[tuple[str, str]]) -> None:
    known = {
        (each.context or "", _forms(each.id)[0]) for each in english if all(_forms(each.string))
    }

    assert sorted(extracted - known) == [], (
        "run `make words` and write what is missing into the catalogue"
    )


def test_the_catalogue_has_nothing_that_nobody_says(
    english: Catalog, extracted: set[tuple[str, str]]
) -> None:
    assert [each.id for each in english if each.id and _key(each) not in extracted] == []


def test_pages_of_the_settings_are_marked(english: Catalog) -> None:
    names = {text for place in PLACES for text in (place.name, place.about)} - {"Camunda Modeler"}

    assert {name for name in names if english.get(name) is None} == set()


def _key(message: CatalogMessage) -> tuple[str, str]:
    return message.context or "", _forms(message.id)[0]


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
