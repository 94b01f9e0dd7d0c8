"""Checkpoints in order, from wherever each may be had: brought, in a folder, in the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.checkpoint_folder import CheckpointFolder
from engine.checkpoint_format import head_of, lines_of, read_checkpoint
from engine.errors import InvalidCheckpoint, InvalidInput, NotFound
from engine.merkle import Tree
from engine.model import Head, StoredCheckpoint
from engine.store import StoreTransaction


@dataclass(frozen=True, slots=True)
class Series:
    """The checkpoints up to `last`: the given file, else the folder's, else the database's.

    Whatever the database has is judged by what names its hash.
    """

    tx: StoreTransaction
    folder: CheckpointFolder | None
    last: int
    #: What somebody brought as the last one.
    given: bytes | None = None

    def numbers(self) -> Sequence[int]:
        """All that may be had up to `last`: whatever the given one says that it is."""
        newest = max(self.folder.numbers(), default=0) if self.folder else 0
        known = max(newest, self.tx.last_checkpoint_number())
        return [*range(1, min(known, self.last - 1) + 1), self.last]

    def signed(self, number: int) -> bytes | None:
        """The signed file; None: it is nowhere. Raises DamagedRow."""
        if number == self.last and self.given is not None:
            return self.given
        if self.folder and self.folder.has_signed(number):
            return self.folder.signed(number)
        try:
            return self.tx.checkpoint(number).content
        except NotFound:
            return None

    def copied(self, number: int) -> StoredCheckpoint | None:
        """What the database has of one that was had from elsewhere. Raises DamagedRow."""
        is_given = number == self.last and self.given is not None
        if not is_given and not (self.folder and self.folder.has_signed(number)):
            return None
        try:
            return self.tx.checkpoint(number)
        except NotFound:
            return None

    def lines(self, number: int) -> Iterable[bytes]:
        """The lines of its heads."""
        if self.folder and self.folder.has_heads(number):
            return self.folder.lines(number)
        try:
            return lines_of(self.tx.checkpoint(number).heads)
        except NotFound:
            return ()


def series_at(tx: StoreTransaction, place: Path) -> Series:
    """What a folder has, or what leads to one file. Raises InvalidInput."""
    if place.is_file():
        try:
            return series_up_to(tx, place.read_bytes(), CheckpointFolder(place.parent))
        except InvalidCheckpoint as error:
            raise InvalidInput(f"{place}: {error}") from error
        except OSError as error:
            raise InvalidInput(f"{place}: cannot be read: {error.strerror or error}") from error
    folder = CheckpointFolder(place)
    numbers = folder.numbers()
    if not numbers:
        raise InvalidInput(f"{place}: expected a checkpoint, or a folder with some; found none")
    return Series(tx, folder, numbers[-1])


def series_up_to(tx: StoreTransaction, content: bytes, folder: CheckpointFolder | None) -> Series:
    """What leads to one signed file. Raises InvalidCheckpoint."""
    return Series(tx, folder, read_checkpoint(content).number, content)


def growing(tree: Tree, lines: Iterable[bytes]) -> Iterator[Head]:
    """The heads on the lines, each of which becomes a leaf of the tree."""
    for line in lines:
        tree.add(line)
        yield head_of(line)
