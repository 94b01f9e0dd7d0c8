"""`alur checkpoint`: the heads of all histories, signed and written outside of the database."""

from __future__ import annotations

from engine.checkpoint_format import fingerprint
from engine.cli.exit_codes import OK
from engine.cli.invocation import Invocation
from engine.cli.words import Commands
from engine.model import Checkpoint
from engine.process_engine import ProcessEngine


def add_to(commands: Commands) -> None:
    """Declare the command of this module."""
    making = commands.add(
        "checkpoint",
        make,
        about="""Make a checkpoint now: sign how far every history goes, outside of the database.

        The worker makes one each hour in which something changed, and within a minute after an
        instance ended. The files are in the folder ALUR_CHECKPOINTS, by default beside a SQLite
        database; copy them to a place that the administrator of the database cannot write to.
        `alur verify --all` compares them with the database. Only admins make one.""",
        example="alur checkpoint\n"
        "alur checkpoint --new-key\n"
        "alur checkpoint --after-restore 'disk failed, backup of 3 May restored'\n"
        "alur checkpoint --lost-key 'the disk that had it has failed'",
    )
    which = making.add_mutually_exclusive_group()
    which.add_argument(
        "--new-key",
        action="store_true",
        help="sign with a new key from now on; the old one signs the new one, and is deleted",
    )
    which.add_argument(
        "--after-restore",
        metavar="REASON",
        help="go on although the folder has later checkpoints than the database, which was "
        "restored from an older copy; what is lost stays a fault that verify names",
    )
    which.add_argument(
        "--lost-key",
        metavar="REASON",
        help="go on with a new key, since the one there was is lost; that nobody vouches for the "
        "new one stays a fault that verify names",
    )


def make(call: Invocation) -> int:
    """Make what was asked for."""
    with call.engine() as engine:
        made = _made(call, engine)
    call.printer.json([{"checkpoint": each, "fingerprint": fingerprint(each.key)} for each in made])
    call.printer.table(
        ("checkpoint", "time", "heads", "key…"),
        [(each.number, each.at, each.count, fingerprint(each.key)) for each in made],
    )
    return OK


def _made(call: Invocation, engine: ProcessEngine) -> list[Checkpoint]:
    actor = call.actor(engine)
    if call.words.after_restore is not None:
        return engine.checkpoints.resume(call.words.after_restore, actor=actor)
    if call.words.lost_key is not None:
        return engine.checkpoints.replace_lost_key(call.words.lost_key, actor=actor)
    if call.words.new_key:
        return engine.checkpoints.turn_key_over(actor=actor)
    return engine.checkpoints.make(actor=actor)
