"""Cuts a JUEL, FEEL or Python expression into tokens; strings keep what looks like operators."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from engine.bpmn.refusals import NotRun, Refusal

LARGEST_INTEGER = 2**53

_TOKEN = re.compile(
    r"""
    (?P<blank>\s+)
  | (?P<number>(?:\d+(?:\.(?!\.)\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<name>[^\W\d]\w*)
  | (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
  | (?P<operator>\*\*|//|\.\.|==|!=|<=|>=|<>|&&|\|\||:=|->|<<|>>|[-+*/%<>=!?:.,()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "t": "\t", "r": "\r", "/": "/"}


class TokenKind(StrEnum):
    """What a token is."""

    NAME = "name"
    NUMBER = "number"
    STRING = "string"
    OPERATOR = "operator"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `text` is the operator or name; `value` the constant of a number or string."""

    kind: TokenKind
    text: str
    value: str | int | float | None = None


def tokenize(source: str) -> list[Token]:
    """All tokens of the expression, closed by one of kind END. Raises Refusal."""
    tokens: list[Token] = []
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            _refuse_character(source, source[position])
        position = match.end()
        if match.lastgroup != "blank":
            tokens.append(_token(source, str(match.lastgroup), match.group()))
    return [*tokens, Token(TokenKind.END, "")]


def _token(source: str, group: str, text: str) -> Token:
    if group == "number":
        return Token(TokenKind.NUMBER, text, _number(source, text))
    if group == "string":
        return Token(TokenKind.STRING, text, _unescape(source, text[1:-1]))
    if group == "name" and unicodedata.normalize("NFKC", text) != text:
        raise Refusal(
            source,
            f"the name {text!r} is not in its normal Unicode form",
            f"nama {text!r} tidak dalam bentuk Unicode yang baku",
        )
    return Token(TokenKind(group), text)


def _number(source: str, text: str) -> int | float:
    value = int(text) if text.isdigit() and len(text) < 20 else float(text)
    if not math.isfinite(value) or abs(value) > LARGEST_INTEGER:
        raise Refusal(source, f"the number {text} is too large", f"bilangan {text} terlalu besar")
    return value


def _unescape(source: str, text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        code = match.group(1)
        if len(code) == 5 and not 0xD800 <= int(code[1:], 16) <= 0xDFFF:
            return chr(int(code[1:], 16))
        if code not in _ESCAPED:
            raise Refusal(
                source,
                f"the escape \\{code} in a string is not known",
                f"tanda lepas \\{code} di dalam teks tidak dikenal",
            )
        return _ESCAPED[code]

    return _ESCAPE.sub(replace, text)


def _refuse_character(source: str, character: str) -> NoReturn:
    if character in "'\"":
        raise Refusal(
            source, "a string is not closed", "ada teks yang tanda kutipnya tidak ditutup"
        )
    if character in "$#":
        raise NotRun(
            source,
            "only one ${...} around the whole expression is run",
            "hanya satu ${...} yang mengapit seluruh ungkapan yang dijalankan",
        )
    raise Refusal(
        source,
        f"the character {character!r} is not part of the language",
        f"tanda {character!r} bukan bagian dari bahasa ungkapan",
    )
