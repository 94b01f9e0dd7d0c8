"""Files that are there whole or not at all, and are never written over."""

from __future__ import annotations

import os
from pathlib import Path

#: Who may do what with a new file: its owner only; or its owner all, and everybody read.
PRIVATE = 0o600
READABLE = 0o644


def put_new(file: Path, content: bytes, *, draft: str, mode: int = READABLE) -> bool:
    """The file is there, on the disk, with its whole content; whether it is this one's.

    One that is there already stays as it is, whoever made it. draft: what no other writer calls
    his draft. Raises OSError.
    """
    written = file.with_name(f"{file.name}.{draft}")
    descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        try:
            os.link(written, file)
            is_mine = True
        except FileExistsError:
            is_mine = False
    finally:
        written.unlink()
    keep_names(file.parent)
    return is_mine


def keep_names(folder: Path) -> None:
    """Which files the folder has is on the disk too: fsync of a file does not see to its name."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
