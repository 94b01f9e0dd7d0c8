"""The engine's nouns as JSON for scripts: the names of their fields in camelCase, as in the API."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any


def plain(value: Any) -> Any:
    """The value as JSON: times in ISO 8601 with milliseconds, sets sorted.

    Fields that a repr hides (contents, password hashes) are left out.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [field for field in dataclasses.fields(value) if field.repr]
        return {camel(field.name): plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(each) for each in value)
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def dumped(value: Any, *, indent: int | None = 2) -> str:
    """The value as JSON text."""
    return json.dumps(plain(value), ensure_ascii=False, indent=indent)


def camel(name: str) -> str:
    """deployed_at -> deployedAt."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
