"""Requests that a client may send again: the key that they bring, and what the answer says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request

KEY = "Idempotency-Key"

#: For the OpenAPI document, of views that may be repeated safely.
REPEATABLE: Mapping[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": KEY,
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            "description": "The same request again under this key gives the first one's answer",
        }
    ]
}


def idempotency_key() -> str | None:
    """The key of the request, by which a client may send it again."""
    return request.headers.get(KEY)


def repeat_header(*, is_repeat: bool) -> dict[str, str]:
    """Tell a client that its request had been done before."""
    return {"Idempotency-Replayed": "true"} if is_repeat else {}
