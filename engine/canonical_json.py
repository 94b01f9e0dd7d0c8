"""One text for one value: JSON in the canonical form of RFC 8785, for hashes and signatures.

The library that knows the whole rule is slow, and most of what is hashed needs little of it. Where
the C encoder of the standard library writes the very same text, that is taken: objects sorted by
name, no spaces, only control characters escaped. The two differ in numbers that are not small
integers (§3.2.2.3) and in the order of names beyond U+D7FF (§3.2.3, UTF-16 units), so a text in
which either might occur is written by the library.
"""

from __future__ import annotations

import json
import re
from typing import Any

import rfc8785

#: Why a value has no canonical form: a number out of range, half a character, no JSON at all.
CanonicalizationError = rfc8785.CanonicalizationError

_encode = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
).encode

_LARGEST_INTEGER = 2**53
_HIGH_CHARACTER = re.compile("[\ud800-\U0010ffff]").search


def canonical_json(value: dict[str, Any] | list[Any]) -> bytes:
    """The canonical bytes of an object or a list. Raises CanonicalizationError."""
    if not _is_plain(value):
        return rfc8785.dumps(value)
    text = _encode(value)
    if not text.isascii() and _HIGH_CHARACTER(text):
        return rfc8785.dumps(value)
    return text.encode()


def _is_plain(value: object) -> bool:
    """Whether it is made of texts, small integers, yes, no and null, named by texts."""
    kind = type(value)
    if kind is dict:
        for name, each in value.items():  # type: ignore[attr-defined]
            if type(name) is not str or not (type(each) is str or _is_plain(each)):
                return False
        return True
    if kind is list:
        return all(map(_is_plain, value))  # type: ignore[call-overload]
    if kind is int:
        return -_LARGEST_INTEGER < value < _LARGEST_INTEGER  # type: ignore[operator]
    return kind is str or kind is bool or value is None
