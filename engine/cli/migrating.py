"""`alur migrate`: a database with the schema of this version, and on request a backup before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.backup_folder import new_file
from engine.backups import Backups
from engine.cli.exit_codes import OK
from engine.cli.invocation import OPERATOR, Invocation
from engine.cli.progress import Progress
from engine.cli.words import Commands
from engine.errors import OutcomeUnknown, StorageUnusable
from engine.process_engine import outside_of
from engine.sources import RandomIds, SystemClock
from engine.store import Store


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    parser = commands.add(
        "migrate",
        migrate,
        acts=False,
        about="""Create the database, or bring its schema to that of this version.

        A SQLite file and its folder are created; a PostgreSQL database must be there. Running it
        again changes nothing. Back up before migrating a database that is in use: --backup writes
        what it has, whichever version of Alur made it, and only then migrates. All of a migration
        is kept, or nothing of it.""",
        example="ALUR_DATABASE_URL=sqlite:///data/alur.db alur migrate\n"
        "alur migrate --backup /media/cadangan/before-0.2.zip",
    )
    parser.add_argument(
        "--backup",
        metavar="FILE",
        help="write a backup there before, when there is something to migrate",
    )


def migrate(call: Invocation) -> int:
    """Bring the schema up to date."""
    call.printer.json({"warnings": bring_up_to_date(call, backup=call.words.backup)})
    call.printer.say("the database has the schema of this version")
    return OK


def bring_up_to_date(call: Invocation, *, backup: str | None = None) -> list[str]:
    """Migrate, index what is not yet, and note what the operator should know of this database.

    backup: the file to write before a database that is in use is migrated.
    """
    store = Store.open(call.settings.database_url)
    try:
        _require_no_other(call, store)
        if backup is not None and store.schema() and not store.is_up_to_date():
            _back_up(call, store, Path(backup))
        _surely(
            lambda: store.migrate(
                on_version=lambda version: call.printer.note(f"brought to schema version {version}")
            )
        )
        warnings = store.warnings()
    finally:
        store.close()
    with call.engine() as engine:
        _surely(
            lambda: engine.search.add_missing(
                on_progress=lambda done: call.printer.note(
                    f"indexed {done} instances for the search"
                )
            )
        )
    for warning in warnings:
        call.printer.note(warning)
    return warnings


def _require_no_other(call: Invocation, store: Store) -> None:
    """A database that has gone is not replaced by an empty one: its checkpoints know of it."""
    outside = outside_of(store, RandomIds(), call.settings)
    if outside is None or store.schema() is not None or not outside.folder.numbers():
        return
    raise StorageUnusable(
        f"{store.place} is not there or empty, and {outside.folder.path.absolute()} has "
        "checkpoints of a database: put that back, or restore a backup; for a new office move the "
        "folder of checkpoints away; nothing was made"
    )


def _surely(deed: Callable[[], object]) -> None:
    """Do what changes nothing when it was done; again when the answer to its commit was lost."""
    try:
        deed()
    except OutcomeUnknown:
        deed()


def _back_up(call: Invocation, store: Store, path: Path) -> None:
    clock = SystemClock()
    with new_file(path) as out:
        made = Backups(store, clock).write(
            out, actor=OPERATOR, on_progress=Progress(clock, "rows", deed="wrote and read")
        )
    call.printer.note(f"{made.rows} rows with schema version {made.schema} written to {path}")
