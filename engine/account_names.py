"""What an account, and what stands beside it, may be called."""

from __future__ import annotations

import re

from engine.errors import InvalidInput

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
_MAX_TEXT = 255


def is_account_name(text: str) -> bool:
    """Whether an account may have this name."""
    return _NAME.fullmatch(text) is not None


def valid_account_name(text: str) -> str:
    """The name, or InvalidInput."""
    if not is_account_name(text):
        raise invalid("name", "expected 2 to 64 of a-z, 0-9, dot, dash and underscore")
    return text


def valid_text(field: str, value: str) -> str:
    """The text without the spaces around it. Raises InvalidInput naming the field."""
    if not value.strip() or len(value) > _MAX_TEXT or not value.isprintable():
        raise invalid(field, f"expected 1 to {_MAX_TEXT} printable characters, found {value!r}")
    return value.strip()


def invalid(field: str, message: str) -> InvalidInput:
    """The refusal of one field."""
    return InvalidInput(f"{field}: {message}", {field: [message]})
