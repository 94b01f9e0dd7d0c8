"""Reads and writes the files that a command names."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

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
    with written_whole(path) as out:
        out.write(content)


@contextmanager
def written_whole(path: str) -> Iterator[IO[bytes]]:
    """What is written is the file when the block ends; when it raises, the file is as it was.

    What is no file (/dev/stdout, a pipe) is written to at once. Raises InvalidInput that names it.
    """
    try:
        target = Path(path).resolve()
        if target.exists() and not target.is_file():
            with target.open("wb") as out:
                yield out
            return
        with _draft(target.with_name(f"{target.name}.part")) as (draft, out):
            yield out
            out.flush()
            if target.exists():
                draft.chmod(target.stat().st_mode)
            draft.replace(target)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidInput(f"{path}: cannot be written: {reason}") from error


@contextmanager
def _draft(draft: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """A new file, which is gone afterwards unless it was moved."""
    try:
        out = draft.open("xb")
    except FileExistsError as error:
        raise InvalidInput(
            f"{draft}: is there already; another command may write it, or was killed as it did: "
            "delete it then"
        ) from error
    try:
        with out:
            yield draft, out
    finally:
        draft.unlink(missing_ok=True)
