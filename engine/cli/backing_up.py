"""`alur backup` and `alur restore`: everything as one file, and a database made of it again."""

from __future__ import annotations

from pathlib import Path

from engine.backup_folder import BackupFolder, new_file
from engine.backups import Backup, restore
from engine.cli.exit_codes import OK, REFUSED
from engine.cli.invocation import OPERATOR, Invocation
from engine.cli.migrating import bring_up_to_date
from engine.cli.progress import Progress
from engine.cli.verifying import Summary, show_faults, summary_of_all
from engine.cli.words import Commands, keep_number
from engine.errors import InvalidInput
from engine.sources import SystemClock
from engine.store import Store


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    backing_up = commands.add(
        "backup",
        back_up,
        about="""Write everything that the database has to one file, while people go on working.

        The file is read once more and compared with what was written. What cannot be read in the
        database, chains of hashes that do not hold, and what SQLite finds damaged in its file are
        shown; the backup has them as they are, its manifest names them, and the command ends
        with 1. It runs no history again: `alur verify --all` does.

        The file fits SQLite and PostgreSQL alike, so that `alur restore` also moves an office from
        one to the other. Only its owner can read it: it has all that people wrote, and the hashes
        of their passwords. The keys are not in it: keep the secret key, the key of checkpoints and
        the folder of checkpoints apart from it. For admins.

        Without FILE it is written to the folder ALUR_BACKUPS, named by its moment; --keep then
        deletes the oldest ones there, so that one line of cron is enough. One of a damaged
        database is called alur-....damaged.zip, and displaces none of a sound one. `alur doctor`
        and /health say when the newest one of that folder is old or damaged.""",
        example="alur backup /media/cadangan/alur-2026-11-21.zip\n"
        "ALUR_BACKUPS=/media/cadangan alur backup --keep 14",
    )
    backing_up.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="the file to write; it must not be there. Without it: a new one in ALUR_BACKUPS",
    )
    backing_up.add_argument(
        "--keep",
        type=keep_number,
        metavar="N",
        help="afterwards delete all but the newest N of the folder ALUR_BACKUPS",
    )
    restoring = commands.add(
        "restore",
        restore_it,
        acts=False,
        about="""Make a database of a backup, bring it to this version, and verify all of it.

        The database that ALUR_DATABASE_URL names must be empty, or not there yet; when anything
        is wrong with the backup, it stays so. A backup of an earlier version of Alur is migrated,
        one of a later version is refused. Ends with 1 when `verify` finds a fault; the database is
        kept then, to be looked at. What was erased after the backup has to be erased again.

        Rows of a damaged database may be such that no table takes them. They are named, and
        nothing is kept, unless --without-damaged leaves them out; then it ends with 1.""",
        example="ALUR_DATABASE_URL=sqlite:///data/baru.db alur restore alur-2026-11-21.zip",
    )
    restoring.add_argument("file", metavar="FILE", help="a file that `alur backup` wrote")
    restoring.add_argument(
        "--without-damaged",
        action="store_true",
        help="leave out the rows that the tables refuse, and name them",
    )
    restoring.add_argument(
        "--unverified", action="store_true", help="do not verify what was restored"
    )


def back_up(call: Invocation) -> int:
    """Write the backup, and delete what is too old."""
    folder = _folder(call)
    with call.engine() as engine:
        actor = call.actor(engine)
        path = folder.new_file(engine.clock.now()) if folder else Path(call.words.file)
        progress = Progress(engine.clock, "rows", deed="wrote and read")
        with new_file(path) as out:
            made = engine.backups.write(out, actor=actor, on_progress=progress)
        if folder and made.fault_count:
            path = folder.mark_damaged(path)
        keep, now = call.words.keep, engine.clock.now()
        deleted = folder.thin_out(keep, now=now) if folder and keep else ()
    size = path.stat().st_size
    call.printer.json(
        {
            "file": str(path),
            "bytes": size,
            **_facts(made),
            "faults": made.faults,
            "deleted": [str(each) for each in deleted],
        }
    )
    show_faults(call, made.faults)
    call.printer.say(f"{made.rows} rows of {len(made.tables)} tables written to {path}")
    for each in deleted:
        call.printer.say(f"deleted {each}")
    call.printer.note("keys are not in it: keep the secret key and that of checkpoints apart")
    if made.fault_count:
        call.printer.note(
            f"the database is damaged: {_faults(made)}. The backup has that as it is; see "
            "systemd/README.md, When something is wrong"
        )
        return REFUSED
    return OK


def _faults(backup: Backup) -> str:
    count = backup.fault_count
    return "1 fault" if count == 1 else f"{count} faults"


def _folder(call: Invocation) -> BackupFolder | None:
    """Where the backup gets a name by itself; None when it was given one."""
    if call.words.file:
        if call.words.keep:
            raise InvalidInput("backup: expected either FILE or --keep, found both")
        return None
    if call.settings.backups is None:
        raise InvalidInput("backup: expected FILE, or a folder in ALUR_BACKUPS")
    return BackupFolder(call.settings.backups)


def restore_it(call: Invocation) -> int:
    """Fill the database, and verify it."""
    path = Path(call.words.file)
    store = Store.open(call.settings.database_url)
    try:
        with path.open("rb") as source:
            progress = Progress(SystemClock(), "rows", deed="restored")
            leaves_out = call.words.without_damaged
            found, refused = restore(
                store, source, leaves_out_damaged=leaves_out, on_progress=progress
            )
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be read: {error.strerror or error}") from error
    finally:
        store.close()
    for each in refused:
        call.printer.remark(f"left out: {each}")
    if found.fault_count:
        call.printer.note(f"of the database that it was made of it tells {_faults(found)}")
    bring_up_to_date(call)
    call.printer.say(f"{found.rows} rows of {len(found.tables)} tables, of {found.made_at}")
    summary = None if call.words.unverified else _verified(call)
    faults = summary.faults if summary else []
    verified = None if summary is None else {"faults": faults, "events": summary.events}
    answer = {"file": str(path), **_facts(found), "leftOut": refused, "verified": verified}
    call.printer.json(answer)
    return REFUSED if faults or refused else OK


def _verified(call: Invocation) -> Summary:
    with call.engine() as engine:
        summary = summary_of_all(engine, OPERATOR)
    show_faults(call, summary.faults)
    for line in summary.in_words(call):
        call.printer.say(line)
    return summary


def _facts(backup: Backup) -> dict[str, object]:
    return {
        "rows": backup.rows,
        "tables": len(backup.tables),
        "schema": backup.schema,
        "madeAt": backup.made_at,
    }
