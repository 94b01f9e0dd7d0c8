"""The folder of checkpoints: two files for each, never written over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.checkpoint_format import file_hash, read_checkpoint, signed_part
from engine.durable_files import put_new
from engine.errors import CheckpointsDisagree, InvalidCheckpoint, StorageUnusable
from engine.model import Checkpoint, StoredCheckpoint
from engine.signing_key import is_signed
from engine.sources import Ids

_NAME = re.compile(r"checkpoint-(\d{8,})\.json")


def signed_name(number: int) -> str:
    """What the signed file is called."""
    return f"checkpoint-{number:08}.json"


def heads_name(number: int) -> str:
    """What its companion is called."""
    return f"checkpoint-{number:08}.heads.jsonl"


def number_in(name: str) -> int | None:
    """The number in the name of a signed file; None: it is another file."""
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class CheckpointFolder:
    """Reads checkpoints of a folder. Raises StorageUnusable when it cannot be read."""

    path: Path

    def numbers(self) -> Sequence[int]:
        """The numbers of the checkpoints, in order; none when there is no such folder."""
        try:
            names = [each.name for each in self.path.iterdir()] if self.path.exists() else []
        except OSError as error:
            raise _trouble(self.path, "read", error) from error
        return sorted(number for number in map(number_in, names) if number is not None)

    def has_signed(self, number: int) -> bool:
        """Whether the signed file is there."""
        return (self.path / signed_name(number)).exists()

    def has_heads(self, number: int) -> bool:
        """Whether its companion is there."""
        return (self.path / heads_name(number)).exists()

    def signed(self, number: int) -> bytes:
        """The signed file."""
        file = self.path / signed_name(number)
        try:
            return file.read_bytes()
        except OSError as error:
            raise _trouble(file, "read", error) from error

    def lines(self, number: int) -> Iterator[bytes]:
        """The lines of heads, one at a time, without their ends."""
        file = self.path / heads_name(number)
        try:
            with file.open("rb") as opened:
                for line in opened:
                    yield line.removesuffix(b"\n")
        except OSError as error:
            raise _trouble(file, "read", error) from error

    def put(self, checkpoint: StoredCheckpoint, ids: Ids) -> None:
        """Both files are there, the companion first: who sees the signed one finds its heads.

        Raises CheckpointsDisagree when other ones stand there.
        """
        number = checkpoint.number
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for name, content in (
                (heads_name(number), checkpoint.heads),
                (signed_name(number), checkpoint.content),
            ):
                is_mine = put_new(self.path / name, content, draft=ids.new_id())
                if not is_mine and (self.path / name).read_bytes() != content:
                    raise CheckpointsDisagree(
                        f"{self.path / name} is there already, and is not the one of the database"
                    )
        except OSError as error:
            raise _trouble(self.path, "written", error) from error


def follower_of(
    previous: bytes | None, content: bytes, *, own_key: str | None = None
) -> Checkpoint:
    """The checkpoint in `content`, which is signed and follows the file `previous`.

    own_key: the public half of this installation's key, which lies outside of the database: what it
    has signed was made here, also when the key before it was lost and could name no other.
    Raises InvalidCheckpoint saying what is wrong with it.
    """
    found = read_checkpoint(content)
    if previous is not None:
        before = read_checkpoint(previous)
        expected = (before.number + 1, file_hash(previous))
        is_known = found.key in (before.key_after, own_key)
        if (found.number, found.previous) != expected or not is_known:
            raise InvalidCheckpoint(
                f"checkpoint {found.number} does not follow checkpoint {before.number}: it names "
                "another number, file or key"
            )
    if not is_signed(signed_part(found), found.signature, found.key):
        raise InvalidCheckpoint(f"checkpoint {found.number} is not signed with the key it names")
    return found


def _trouble(file: Path, deed: str, error: OSError) -> StorageUnusable:
    return StorageUnusable(f"{file}: a checkpoint cannot be {deed}: {error.strerror or error}")
