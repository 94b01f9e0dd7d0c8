"""Files and disks: whose they are, who may read them, and how much room there is."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from shutil import disk_usage

from engine.backup_folder import BackupFolder
from engine.checkpoints import Outside
from engine.doctor.diagnoses import attention, broken, looked, ok
from engine.health import MIN_FREE_BYTES
from engine.model import Diagnosis
from engine.secret_key import beside

_MIB = 2**20
#: SQLite keeps its log at 64 MiB; it grows when somebody reads for very long.
_LARGE_LOG = 512 * _MIB


def look_at_files(database: Path, outside: Outside | None) -> Iterator[Diagnosis]:
    """The file of a SQLite database with what lies beside it."""
    there = [each for each in _files_of(database, outside) if each.exists()]
    yield looked("owner", lambda: _owner(database, there), advice=_OWNER_ADVICE)
    yield looked("secrecy", lambda: _secrecy(there), advice=_OWNER_ADVICE)
    log = _beside(database, "-wal")
    if log.exists() and log.stat().st_size > _LARGE_LOG:
        size = log.stat().st_size // _MIB
        advice = "a process has read for very long: restart Alur, and end what else has it open"
        yield attention("log", f"{log} has grown to {size} MiB", advice)


def look_at_disks(
    database: Path | None, outside: Outside | None, backups: Path | None
) -> Iterator[Diagnosis]:
    """Room where checkpoints and backups go, and whether they go down with the database."""
    if outside is not None and outside.folder.path.exists():  # else /health says what is missing
        yield looked(
            "checkpoint folder",
            lambda: _place(outside.folder.path, database, room=MIN_FREE_BYTES, what="checkpoints"),
            advice="look at the mount and its owner; the folder is ALUR_CHECKPOINTS",
        )
    if backups is None:
        yield attention(
            "backup folder",
            "ALUR_BACKUPS names no folder, so nobody can say how old the newest backup is",
            "set it to a folder of another disk, and run `alur backup --keep 14` daily",
        )
        return
    yield looked(
        "backup folder",
        lambda: _place(backups, database, room=_room_of_backup(backups), what="backups"),
        advice="look at the mount and its owner; the folder is ALUR_BACKUPS",
    )


# ------------------------------------------------------------------------- owners

_OWNER_ADVICE = "run `alur doctor` as the user of the service, and look at owners and modes"


def _files_of(database: Path, outside: Outside | None) -> tuple[Path, ...]:
    files = (database, _beside(database, "-wal"), _beside(database, "-shm"), beside(database))
    return (*files, outside.key.file) if outside else files


def _beside(database: Path, ending: str) -> Path:
    return database.with_name(database.name + ending)


def _owner(database: Path, there: list[Path]) -> Diagnosis:
    folder = database.absolute().parent
    # A folder of root's may be shared on purpose.
    model = folder if folder.stat().st_uid else database
    wanted = model.stat().st_uid
    foreign = [str(each) for each in there if each.stat().st_uid != wanted]
    if foreign:
        return broken(
            "owner",
            f"of another user than {model}, which is {_name(model)}'s: {', '.join(foreign)}",
            f"chown {_name(model)} {' '.join(foreign)}; run commands as the service's user",
        )
    if os.geteuid() != wanted:
        return attention(
            "owner",
            f"the files belong to {_name(model)}, and somebody else (uid {os.geteuid()}) runs this",
            "what this user makes the service may not open: run commands as the service's user",
        )
    return ok("owner", f"{len(there)} files belong to the user who runs this")


def _name(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:  # a user of a container, or one that is gone
        return f"uid {path.stat().st_uid}"


def _secrecy(there: list[Path]) -> Diagnosis:
    open_files = [each for each in there if _is_open_to_others(each)]
    if open_files:
        names = " ".join(str(each) for each in open_files)
        said = f"others on this machine may read {names.replace(' ', ', ')}"
        return attention("secrecy", said, f"chmod 600 {names}")
    return ok("secrecy", "others on this machine can read neither database nor keys")


def _is_open_to_others(file: Path) -> bool:
    may_enter = stat.S_IMODE(file.absolute().parent.stat().st_mode) & stat.S_IXOTH
    return bool(may_enter and stat.S_IMODE(file.stat().st_mode) & stat.S_IROTH)


# -------------------------------------------------------------------------- disks


def _place(folder: Path, database: Path | None, *, room: int, what: str) -> Diagnosis:
    name = f"{what.removesuffix('s')} folder"
    if not folder.is_dir():
        return broken(name, f"{folder} is not there", "make it, or mount its disk")
    if not os.access(folder, os.W_OK | os.X_OK):
        return broken(name, f"{folder}: this user may not write there", "change its owner")
    free = disk_usage(folder).free
    if free < room:
        said = f"{folder}: {free // _MIB} MiB are free, {room // _MIB} are wanted"
        return broken(name, said, "free some room there")
    if database is not None and folder.stat().st_dev == database.absolute().parent.stat().st_dev:
        said = f"{folder} is on the disk of the database: both are lost together"
        return attention(name, said, f"let {what} go to another disk, or copy them there")
    return ok(name, f"{folder}: {free // _MIB} MiB are free")


def _room_of_backup(folder: Path) -> int:
    """As much as the newest one took, half as much again."""
    newest = next(iter(BackupFolder(folder).backups()), None) if folder.is_dir() else None
    taken = newest.file.stat().st_size * 3 // 2 if newest else 0
    return max(taken, MIN_FREE_BYTES)
