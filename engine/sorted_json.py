"""One text for one value, fast: JSON with sorted names, no spaces, as the standard library has it.

Half of what a step writes is JSON. Its values are nearly all made of texts and small integers, and
of these orjson writes the very text of the standard library in a tenth of the time. The two differ
in fractions, and orjson writes objects that are no JSON: so the standard library writes all others.
"""

from __future__ import annotations

import json
from typing import Any

import orjson

_encode = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
).encode

#: Beyond it a JSON number is not the same number everywhere (RFC 7493 §2.2).
_LARGEST_INTEGER = 2**53
#: What the standard library does not write either.
_NO_MORE = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def sorted_json(value: object) -> bytes:
    """The text in UTF-8. Raises ValueError and TypeError for what JSON or UTF-8 cannot say."""
    return plain_json(value) or _encode(value).encode()


def plain_json(value: object) -> bytes | None:
    """The same, of texts, small integers, yes, no and null, named by texts; None: it has others."""
    if not _is_plain(value):
        return None
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        # Half a character, or too deep for it.
        return None


def json_of(value: object) -> bytes:
    """Some text for what is made of texts, integers, yes, no and null; raises as `sorted_json`.

    For who reads it right away: of other numbers it may say others.
    """
    try:
        return orjson.dumps(value, option=_NO_MORE)
    except TypeError:
        return _encode(value).encode()


def texts_said(text: str) -> Any:
    """What JSON says of which only texts are expected; of large numbers it may say others.

    Raises ValueError when the text is no JSON, or has half a character.
    """
    return orjson.loads(text)


def _is_plain(value: Any) -> bool:
    # Exactly these types: orjson would write what was made of them too.
    kind = type(value)
    if kind is dict:
        for name, each in value.items():
            if type(name) is not str or not (type(each) is str or _is_plain(each)):
                return False
        return True
    if kind is list or kind is tuple:
        return all(map(_is_plain, value))
    if kind is int:
        return bool(-_LARGEST_INTEGER < value < _LARGEST_INTEGER)
    return kind is str or kind is bool or value is None
