"""A disk that remembers which bytes were synced, so that its power can be cut afterwards.

SQLite writes through a VFS of its own (apsw), which does everything for real and keeps a journal of
it. From the journal the disk is made again as a power cut at any moment would have left it: synced
bytes are there; of the later ones none, some, or one of them torn in two.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

#: Disks write whole sectors; a torn write ends at one.
_SECTOR = 512


@dataclass(frozen=True)
class Written:
    file: str
    offset: int
    content: bytes


@dataclass(frozen=True)
class Truncated:
    file: str
    size: int


@dataclass(frozen=True)
class Synced:
    file: str


@dataclass(frozen=True)
class Deleted:
    file: str


@dataclass(frozen=True)
class Acknowledged:
    """Somebody was told that it is done. `what`: as the workload counts it."""

    what: int


Entry = Written | Truncated | Synced | Deleted | Acknowledged


class Disk:
    """The journal of one VFS; names of files are those within its folder."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.journal: list[Entry] = []
        #: How many more bytes files may grow by; None: any number.
        self.room: int | None = None
        #: Whether it fails to sync what was written.
        self.fails = False
        self._vfs = _Vfs(self)

    def acknowledge(self, what: int) -> None:
        self.journal.append(Acknowledged(what))

    def file(self, path: str) -> str:
        return Path(path).name

    def take_room(self, size: int) -> None:
        """Raises apsw.FullError, as a disk without so much room does."""
        if self.room is None:
            return
        if size > self.room:
            raise apsw.FullError("database or disk is full")
        self.room -= size

    def close(self) -> None:
        self._vfs.unregister()


class _Vfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        super().__init__(disk.name, "")

    def xOpen(self, name: Any, flags: list[int]) -> _File:  # noqa: N802 - SQLite's name
        return _File(self._disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - SQLite's
        super().xDelete(filename, syncdir)
        self._disk.journal.append(Deleted(self._disk.file(filename)))


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        self._disk = disk
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._file = disk.file(path or "temporary")
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.take_room(max(0, offset + len(data) - self.xFileSize()))
        super().xWrite(data, offset)
        self._disk.journal.append(Written(self._file, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        super().xTruncate(newsize)
        self._disk.journal.append(Truncated(self._file, newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802
        if self._disk.fails:
            raise apsw.IOError("disk I/O error")
        super().xSync(flags)
        self._disk.journal.append(Synced(self._file))


@dataclass
class _Platter:
    """One file: what is safe, and what is still on its way, in order."""

    safe: bytearray
    pending: list[Written | Truncated] = field(default_factory=list)

    def sync(self) -> None:
        for entry in self.pending:
            _apply(self.safe, entry)
        self.pending.clear()

    def after_cut(self, chance: random.Random) -> bytes:
        """Disks reorder: each write that was on its way arrived, did not, or arrived in part."""
        left = bytearray(self.safe)
        for entry in self.pending:
            fate = chance.choice(("lost", "written", "torn"))
            if fate == "written":
                _apply(left, entry)
            elif fate == "torn" and isinstance(entry, Written):
                sectors = chance.randint(0, len(entry.content) // _SECTOR)
                _apply(left, Written(entry.file, entry.offset, entry.content[: sectors * _SECTOR]))
        return bytes(left)


def cuts(
    journal: Sequence[Entry], before: dict[str, bytes], moments: Sequence[int], seed: int
) -> Iterator[tuple[int, dict[str, bytes]]]:
    """For each moment (entries that had happened): the last acknowledgement, and the files left.

    before: the files as they were when the journal began, all of them safe. moments: ascending.
    """
    chance = random.Random(seed)
    platters = {name: _Platter(bytearray(content)) for name, content in before.items()}
    acknowledged, done = 0, 0
    for moment in moments:
        for entry in journal[done:moment]:
            if isinstance(entry, Acknowledged):
                acknowledged = entry.what
            elif isinstance(entry, Deleted):
                platters.pop(entry.file, None)
            elif isinstance(entry, Synced):
                platters.setdefault(entry.file, _Platter(bytearray())).sync()
            else:
                platters.setdefault(entry.file, _Platter(bytearray())).pending.append(entry)
        done = moment
        yield acknowledged, {name: each.after_cut(chance) for name, each in platters.items()}


def _apply(content: bytearray, entry: Written | Truncated) -> None:
    if isinstance(entry, Truncated):
        del content[entry.size :]
        return
    end = entry.offset + len(entry.content)
    if len(content) < end:
        content.extend(b"\0" * (end - len(content)))
    content[entry.offset : end] = entry.content
