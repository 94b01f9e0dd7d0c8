"""Sentences for people that are said deep inside, where nobody knows who will read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

_KILOBYTE = 1024


class Sentence(str):
    """An Indonesian sentence that a page may say in another language.

    text: the sentence with named places, `%(most)s`; values: what stands in them.
    """

    __slots__ = ("text", "values")

    text: str
    values: Mapping[str, object]

    def __new__(cls, text: str, **values: object) -> Sentence:
        """The sentence, as text in Indonesian."""
        made = super().__new__(cls, text % values if values else text)
        made.text, made.values = text, values
        return made


#: Says a sentence in the language of who reads it; `str` says it in Indonesian.
Say = Callable[["Sentence"], str]


class FileSize(int):
    """Bytes of a file; as text in words that people know: 812 byte, 14 KB, 1,4 MB."""

    def __str__(self) -> str:
        if self < _KILOBYTE:
            return f"{int(self)} byte"
        if self < _KILOBYTE**2:
            return f"{round(self / _KILOBYTE)} KB"
        return f"{self / _KILOBYTE**2:.1f}".removesuffix(".0").replace(".", ",") + " MB"
