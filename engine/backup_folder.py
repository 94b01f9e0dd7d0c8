"""The folder of backups: each named by its moment, so that the newest and the oldest are known."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from engine.durable_files import PRIVATE, keep_names, take_name
from engine.errors import InvalidInput, StorageUnusable

_FORMAT = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"alur-(\d{8}T\d{6}Z)(\.damaged)?\.zip(\.part)?")
#: A draft that is older is left from a backup that was interrupted.
_INTERRUPTED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class KeptBackup:
    """A whole backup in the folder."""

    file: Path
    made_at: datetime
    #: Whether something was found wrong with the database as it was made.
    is_damaged: bool = False


@dataclass(frozen=True, slots=True)
class BackupFolder:
    """Lists and thins out backups; other files of the folder are left alone.

    It must be there: a folder that is made where a disk is not mounted would fill another disk.
    """

    path: Path

    def new_file(self, moment: datetime) -> Path:
        """What a backup of that moment is called. Raises InvalidInput without the folder."""
        if not self.path.is_dir():
            raise InvalidInput(
                f"{self.path}: expected the folder of backups; make it, or mount its disk"
            )
        return self.path / f"alur-{moment.astimezone(UTC).strftime(_FORMAT)}.zip"

    def mark_damaged(self, file: Path) -> Path:
        """What the file is called now, by which everybody sees that the database was damaged."""
        marked = file.with_name(f"{file.stem}.damaged.zip")
        try:
            file.rename(marked)
            keep_names(self.path)
        except OSError as error:
            raise _trouble(file, "renamed", error) from error
        return marked

    def backups(self) -> Sequence[KeptBackup]:
        """The whole ones, the newest first. Raises StorageUnusable when it cannot be read."""
        found = [kept for kept in self._files() if kept.file.suffix == ".zip"]
        return sorted(found, key=lambda kept: kept.made_at, reverse=True)

    def thin_out(self, keep: int, *, now: datetime) -> Sequence[Path]:
        """Delete all but the newest `keep`, and what interruptions left; what was deleted.

        Of a sound database as many are kept as of a damaged one, which so displace none of them.
        Raises StorageUnusable naming the file that cannot be deleted.
        """
        left = [
            kept.file
            for kept in self._files()
            if kept.file.suffix == ".part" and now - kept.made_at > _INTERRUPTED
        ]
        found = self.backups()
        kinds = [[kept for kept in found if kept.is_damaged is each] for each in (False, True)]
        old = [*(kept.file for kind in kinds for kept in kind[keep:]), *left]
        for file in old:
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                raise _trouble(file, "deleted", error) from error
        return old

    def _files(self) -> Iterator[KeptBackup]:
        try:
            names = [each.name for each in self.path.iterdir()]
        except OSError as error:
            raise _trouble(self.path, "read", error) from error
        for name in names:
            found = _NAME.fullmatch(name)
            with suppress(ValueError):  # digits that are no date
                if found:
                    moment = datetime.strptime(found[1], _FORMAT).replace(tzinfo=UTC)
                    yield KeptBackup(self.path / name, moment, is_damaged=bool(found[2]))


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that is there whole or not at all, and is never written over another one.

    Raises InvalidInput naming it.
    """
    draft = path.with_name(f"{path.name}.part")
    try:
        if path.exists():
            raise InvalidInput(f"{path}: is there already; expected a new file")
        if draft.exists():
            raise InvalidInput(
                f"{draft}: is left from a backup that was interrupted, or belongs to one that goes "
                "on; delete it when none does"
            )
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE)
        try:
            with os.fdopen(descriptor, "w+b") as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
            if not take_name(draft, path):
                raise InvalidInput(f"{path}: is there already; expected a new file")
        finally:
            draft.unlink(missing_ok=True)
        keep_names(path.parent)
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be written: {error.strerror or error}") from error


def _trouble(path: Path, what: str, error: OSError) -> StorageUnusable:
    return StorageUnusable(f"{path}: cannot be {what}: {error.strerror or error}")
