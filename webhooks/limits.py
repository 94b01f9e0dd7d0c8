"""How large a request may be: a little, unless its route takes files and its caller is known."""

from __future__ import annotations

from flask import request

from engine.document_intake import MAX_LARGEST_FILES, MEGABYTE
from engine.settings import Settings
from webhooks.rest.context import current_settings

MAX_BODY_BYTES = 6 * MEGABYTE


def largest_body(settings: Settings) -> int:
    """The bytes of the largest request that any route reads: all its files, in base64."""
    files = settings.max_file_mb * MEGABYTE * MAX_LARGEST_FILES
    return files * 4 // 3 + MAX_BODY_BYTES


def allow_files() -> None:
    """This request may bring files. To be called before anything reads its body."""
    request.max_content_length = largest_body(current_settings())
