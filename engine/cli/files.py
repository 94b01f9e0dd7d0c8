"""Reads and writes the files that a command names."""

from __future__ import annotations

import sys
from pathlib import Path

from engine.errors import InvalidInput

#: The word for standard input in place of a file.
STANDARD_INPUT = "-"


def read_file(path: str) -> bytes:
    """The content of the file. Raises InvalidInput that names it."""
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidInput(f"{path}: cannot be read: {reason}") from error


def read_text(path: str) -> str:
    """The text of the file, or of standard input for "-"."""
    content = sys.stdin.buffer.read() if path == STANDARD_INPUT else read_file(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path}: expected text in UTF-8") from error


def write_file(path: str, content: bytes) -> None:
    """The file holds exactly that. Raises InvalidInput that names it."""
    try:
        Path(path).write_bytes(content)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidInput(f"{path}: cannot be written: {reason}") from error
