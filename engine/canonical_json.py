"""One text for one value: JSON in the canonical form of RFC 8785, for hashes and signatures.

The library that knows the whole rule is slow, and most of what is hashed needs little of it. Where
`plain_json` writes the very same text, that is taken: objects sorted by name, no spaces, only
control characters escaped. The two differ in numbers that are not small integers (§3.2.2.3), which
are not plain, and in the order of names beyond U+D7FF (§3.2.3, UTF-16 units): a text in which those
might occur is written by the library.
"""

from __future__ import annotations

import re
from typing import Any

import rfc8785

from engine.sorted_json import plain_json

#: Why a value has no canonical form: a number out of range, half a character, no JSON at all.
CanonicalizationError = rfc8785.CanonicalizationError

_HIGH_CHARACTER = re.compile("[\ud800-\U0010ffff]").search


def canonical_json(value: dict[str, Any] | list[Any]) -> bytes:
    """The canonical bytes of an object or a list. Raises CanonicalizationError."""
    text = plain_json(value)
    if text is None or (not text.isascii() and _HIGH_CHARACTER(text.decode())):
        return rfc8785.dumps(value)
    return text
