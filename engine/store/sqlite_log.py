"""The log (`-wal`) that was left behind, before SQLite opens it: is committed work lost in it?

After a crash SQLite takes what the log has up to the first frame whose checksum does not hold, and
forgets the rest without a word. At the end that is right: it is what a power cut leaves of a
transaction that nobody was told of. In the middle it is damage, and acknowledged work is gone. The
checksum of a frame goes on from that of the frame before it (sqlite.org/fileformat.html 4), so both
can be told apart: whoever wrote a frame that follows upon one that commits had seen that commit.
"""

from __future__ import annotations

import logging
import os
import shutil
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import BinaryIO

from engine.durable_files import PRIVATE, keep_names, take_name
from engine.errors import StorageUnusable

_log = logging.getLogger(__name__)

_HEAD, _FRAME = struct.Struct(">8I"), struct.Struct(">6I")
_MAGIC = 0x377F0682
_WORD = 0xFFFFFFFF
#: What the header of a frame begins with: its page, and how many pages there are when it commits.
_NUMBERS = 8
_PAGE_SIZES = frozenset(2**power for power in range(9, 17))
_USUAL_SIZE = 4096
#: How the name of a copy goes on after that of the log.
_KEPT = ".damaged-"
#: Another process may be writing where the log is read, so that a frame is half there: damage is
#: what is found twice at one place.
_TRIES = 4

Sums = tuple[int, int]


@dataclass(frozen=True)
class Lost:
    """What SQLite will pass over."""

    #: The first frame that does not hold, from 1 on; 0: the header of the log.
    frame: int
    #: Behind it, how many transactions there are at least that had been committed.
    transactions: int
    #: What tells this log from the one that is begun after it.
    mark: str


@dataclass(frozen=True)
class _Frame:
    page: int
    #: The frame ends a transaction, and is kept with it.
    commits: bool
    salts: Sums
    sums: Sums
    #: What the checksum is about: the beginning of its header, and the page.
    summed: bytes


def copies(database: Path) -> list[Path]:
    """The damaged logs that were kept beside the database, oldest name first."""
    return sorted(database.parent.glob(f"{escape(database.name)}-wal{_KEPT}*"))


def keep_if_damaged(database: Path) -> Path | None:
    """When committed work is lost in the log, a copy of it is kept beside it; where.

    Said in the log of the program, each time. Raises StorageUnusable when no copy can be made:
    whoever works on then writes over what an expert could still save.
    """
    log = database.with_name(f"{database.name}-wal")
    try:
        lost = lost_in(log)
        if lost is None:
            return None
        kept = log.with_name(f"{log.name}{_KEPT}{lost.mark}")
        if not kept.exists():
            _copy(log, kept)
    except OSError as error:
        raise StorageUnusable(
            f"{log} cannot be read, or not be copied although it is damaged: "
            f"{error.strerror or error}; see to that, so that Alur can open the database"
        ) from error
    _log.error(
        "%s is damaged at frame %d, and SQLite passes over what is behind it: at least %d "
        "transactions that had been committed, so that acknowledged steps may be missing; `alur "
        "verify --all` says what checkpoints know of; the log is kept as %s",
        *(log, lost.frame, lost.transactions, kept),
    )
    return kept


def lost_in(log: Path) -> Lost | None:
    """What of the log SQLite will pass over although it had been committed; None: nothing.

    What one power cut leaves of one transaction is none; nor is one transaction behind a damage,
    which looks alike. Raises OSError.
    """
    before = None
    for _ in range(_TRIES):
        try:
            with log.open("rb") as opened:
                found = _lost(opened.read(_HEAD.size), opened)
        except FileNotFoundError:
            return None
        if found is None or (found.mark, found.frame) == before:
            return found
        before = (found.mark, found.frame)
    return None


class FirstLook:
    """Keeps the log of one database if it is damaged, before its first connection. Thread-safe."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._is_done = False

    def __call__(self, *_: object) -> None:
        """For SQLAlchemy's `do_connect`: it goes on to connect."""
        with self._lock:
            if not self._is_done:
                keep_if_damaged(self._database)
                self._is_done = True


def _lost(head: bytes, opened: BinaryIO) -> Lost | None:
    if len(head) < _HEAD.size:
        return None
    magic, _, said, _, *rest = _HEAD.unpack(head)
    # Not asked of the database: closing its file would take SQLite's locks of this process away.
    page_size = said if said in _PAGE_SIZES else _USUAL_SIZE
    salts, sums = (rest[0], rest[1]), (rest[2], rest[3])
    order = ">" if magic & 1 else "<"
    sums_of_head = _summed(struct.unpack(f"{order}6I", head[:24]), (0, 0))
    words = struct.Struct(f"{order}{(_NUMBERS + page_size) // 4}I")

    def follows(frame: _Frame, sums: Sums) -> bool:
        return _summed(words.unpack(frame.summed), sums) == frame.sums

    frames = enumerate(_frames(opened, page_size), start=1)
    broken, before = 0, next(frames, (0, None))[1]
    if before is None:
        return None
    if magic & ~1 == _MAGIC and sums_of_head == sums:
        broken, frame = 1, before
        while frame.salts == salts and frame.page and follows(frame, sums):
            sums = frame.sums
            found = next(frames, None)
            if found is None:
                return None
            broken, frame = found
        before = frame
    elif before.salts != salts and not follows(before, sums):
        return None  # a log before this one, of which nothing is needed any more
    else:
        salts = before.salts
    lost = 0
    for _, frame in frames:
        # A commit may be written several times, to fill a sector: then nothing follows upon it.
        if before.commits and frame.salts == salts and frame.summed != before.summed:
            lost += follows(frame, before.sums)
        before = frame
    return Lost(broken, lost, f"{salts[0]:08x}{salts[1]:08x}") if lost else None


def _frames(opened: BinaryIO, page_size: int) -> Iterator[_Frame]:
    """The whole ones that come next."""
    while len(content := opened.read(_FRAME.size + page_size)) == _FRAME.size + page_size:
        page, size, *rest = _FRAME.unpack_from(content)
        yield _Frame(
            page,
            commits=size > 0,
            salts=(rest[0], rest[1]),
            sums=(rest[2], rest[3]),
            summed=content[:_NUMBERS] + content[_FRAME.size :],
        )


def _summed(words: tuple[int, ...], sums: Sums) -> Sums:
    first, second = sums
    pairs = iter(words)
    for one, other in zip(pairs, pairs, strict=True):
        first = (first + one + second) & _WORD
        second = (second + other + first) & _WORD
    return first, second


def _copy(log: Path, kept: Path) -> None:
    draft = log.with_name(f"{log.name}.{os.getpid()}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as to, log.open("rb") as of:
            shutil.copyfileobj(of, to)
            to.flush()
            os.fsync(to.fileno())
        take_name(draft, kept)
    finally:
        draft.unlink(missing_ok=True)
    keep_names(kept.parent)
