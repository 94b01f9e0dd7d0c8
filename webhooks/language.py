"""The language of a page or a message, and the catalogue that its words come from.

Indonesian is what templates and modules say; that text is the key of its English one. How to write
and to translate a text stands in CONTRIBUTING.md.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import TypeVar

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, has_app_context
from flask_babel import Babel, Domain, force_locale, get_locale, gettext
from markupsafe import Markup

from engine.model import FileSize, Language, Sentence

#: Every language, by the name that those who read it know.
LANGUAGES: Mapping[Language, str] = {
    Language.INDONESIAN: "Bahasa Indonesia",
    Language.ENGLISH: "English",
}
_CATALOGUES = Path(__file__).parent / "translations"
_Key = TypeVar("_Key")


def register(app: Flask, choose: Callable[[], Language | None]) -> None:
    """Pages of the app are in the language that `choose` says; in Indonesian for None."""
    # It installs `_` and {% trans %} in the app's templates.
    _Catalogued(app, default_locale=Language.INDONESIAN, locale_selector=choose)
    app.jinja_env.policies["ext.i18n.trimmed"] = True


def current_language() -> Language:
    """What is spoken now; Indonesian where nobody said anything else."""
    locale = get_locale()
    return Language.INDONESIAN if locale is None else Language(locale.language)


@contextmanager
def speaking(language: Language | None) -> Iterator[None]:
    """What is said meanwhile is said in that language: a letter in that of its receiver.

    It needs no app of the caller's: letters are written by a worker, too.
    """
    with ExitStack() as stack:
        if not has_app_context():
            stack.enter_context(_bare_app().app_context())
        stack.enter_context(force_locale(language or Language.INDONESIAN))
        yield


def phrase(text: str) -> str:
    """The text as it is: a mark for the catalogue, where a text stands that is shown elsewhere."""
    return text


def told(text: str) -> str:
    """A sentence of the engine in the language that is spoken; any other text as it is."""
    if not isinstance(text, Sentence):
        return text
    values = {
        name: size_words(v) if isinstance(v, FileSize) else v for name, v in text.values.items()
    }
    return gettext(text.text, **values)


def size_words(size: int) -> str:
    """The size of a file: 812 byte, 1,4 MB; in English 812 bytes, 1.4 MB."""
    words = str(FileSize(size))
    if current_language() is Language.ENGLISH:
        return words.replace("byte", "bytes").replace(",", ".")
    return words


def drawn(text: str) -> str:
    """Words of a diagram, which are not translated: marked where the page around is not Indonesian.

    WCAG 2.1, 3.1.2 Language of Parts: a screen reader pronounces them as what they are.
    """
    if current_language() is Language.INDONESIAN:
        return text
    return Markup('<span lang="id">{}</span>').format(text)


class Phrases(Mapping[_Key, str]):
    """Texts by key, each marked by `phrase`; given in the language that is spoken when asked."""

    def __init__(self, texts: Mapping[_Key, str]) -> None:
        self._texts = texts

    def __getitem__(self, key: _Key) -> str:
        return gettext(self._texts[key])

    def __iter__(self) -> Iterator[_Key]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


@cache
def catalogue(language: Language) -> NullTranslations:
    """The texts of a language, read and compiled once in a process.

    Only the .po file is kept: a compiled one beside it could be older than it.
    """
    if language is Language.INDONESIAN:
        return Translations()
    path = _CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language, abort_invalid=True))
    compiled.seek(0)
    return Translations(compiled)


class _Catalogue(Domain):
    def get_translations(self) -> NullTranslations:
        return catalogue(current_language())


class _Catalogued(Babel):
    """Flask-Babel looks for compiled files; ours are compiled when they are first needed."""

    @cached_property
    def domain_instance(self) -> Domain:
        return _Catalogue()


@cache
def _bare_app() -> Flask:
    app = Flask(__name__)
    register(app, lambda: None)
    return app
