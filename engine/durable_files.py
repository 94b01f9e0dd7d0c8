"""Files that are there whole or not at all, and are never written over."""

from __future__ import annotations

import errno
import os
from pathlib import Path

#: Who may do what with a new file: its owner only; or its owner all, and everybody read.
PRIVATE = 0o600
READABLE = 0o644
#: What a disk answers that knows no second name of a file: FAT, and some shares of a network.
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


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
        is_mine = take_name(written, file)
    finally:
        written.unlink(missing_ok=True)
    keep_names(file.parent)
    return is_mine


def take_name(draft: Path, file: Path) -> bool:
    """The file is what the draft was, unless there is one already; whether it is. Raises OSError.

    Where a file has one name only, two that write the same one at once could overwrite each other.
    """
    try:
        os.link(draft, file)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if file.exists():
            return False
        draft.rename(file)
    return True


def keep_names(folder: Path) -> None:
    """Which files the folder has is on the disk too: fsync of a file does not see to its name."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
