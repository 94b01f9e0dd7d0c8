"""Makes up a text that a regular expression of a form matches."""

from __future__ import annotations

import importlib
import re
import string
from collections.abc import Iterable
from typing import Any

from engine.model import FormField

# The standard library's own parser of patterns; it has no public name.
_parser: Any = importlib.import_module("re._parser")

#: What stands for "any character but these": the first that is allowed.
_CANDIDATES = string.ascii_lowercase + string.ascii_uppercase + string.digits + " -_./"
_CATEGORIES = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_WORD": string.ascii_lowercase,
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_DIGIT": string.ascii_lowercase,
    "CATEGORY_NOT_WORD": "-",
    "CATEGORY_NOT_SPACE": string.ascii_lowercase,
}
#: Repeats are tried this many times more than they must be, for a text that must be long.
_MOST_REPEATS = 60


def matching_text(field: FormField) -> str | None:
    """A text of the right length that the field's pattern matches; None when none was found."""
    pattern = re.compile(field.pattern or "")
    parsed = _parser.parse(field.pattern or "")
    least, most = field.min_length or 0, field.max_length or 500
    for extra in range(_MOST_REPEATS):
        text = _text(parsed, extra)
        if text is None:
            return None
        if text.strip() and least <= len(text) <= most and pattern.fullmatch(text):
            return text
    return None


def _text(items: Iterable[Any], extra: int) -> str | None:
    parts = [_part(str(operator), argument, extra) for operator, argument in items]
    return None if None in parts else "".join(part or "" for part in parts)


def _part(operator: str, argument: Any, extra: int) -> str | None:
    if operator in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        least, most, body = argument
        inner = _text(body, extra)
        return None if inner is None else inner * min(int(most), int(least) + extra)
    if operator == "SUBPATTERN":
        return _text(argument[-1], extra)
    if operator == "ATOMIC_GROUP":
        return _text(argument, extra)
    if operator == "BRANCH":
        return _text(argument[1][0], extra)
    if operator == "AT":
        return ""
    return _character(operator, argument)


def _character(operator: str, argument: Any) -> str | None:
    if operator == "LITERAL":
        return chr(argument)
    if operator == "ANY":
        return "a"
    if operator == "NOT_LITERAL":
        return next(each for each in _CANDIDATES if ord(each) != argument)
    if operator == "IN":
        return _member(argument)
    return None


def _member(items: list[Any]) -> str | None:
    """One character of a set such as [A-Z0-9] or [^;]."""
    is_negated = bool(items) and str(items[0][0]) == "NEGATE"
    members = [_members(str(kind), argument) for kind, argument in items[is_negated:]]
    if is_negated:
        return next((c for c in _CANDIDATES if not any(c in each for each in members)), None)
    return next((each[0] for each in members if each), None)


def _members(kind: str, argument: Any) -> str:
    if kind == "LITERAL":
        return chr(argument)
    if kind == "RANGE":
        low, high = argument
        return "".join(map(chr, range(low, min(high, low + 255) + 1)))
    return _CATEGORIES.get(str(argument), "")
