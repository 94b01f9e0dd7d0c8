"""`alur retention`: which instances have outlived their retention."""

from __future__ import annotations

import sys

from engine.cli.exit_codes import OK
from engine.cli.invocation import Invocation
from engine.cli.words import Commands
from engine.retention import csv_of


def add_to(commands: Commands) -> None:
    """Declare the command of this module."""
    listing = commands.add(
        "retention",
        retention,
        about="""List the ended instances whose retention is over, for the office to decide.

        The class stands in the diagram: sop:jraKode, sop:jraAktif and sop:jraInaktif (P2Y, P6M),
        sop:jraAkhir (musnah, permanen, dinilai); that of the newest version counts. Nothing is
        ever deleted. For auditors and admins.""",
        example="alur retention --csv > usul-musnah.csv",
    )
    listing.add_argument("--csv", action="store_true", help="as CSV, for a spreadsheet")


def retention(call: Invocation) -> int:
    """Show what has outlived its retention."""
    with call.engine() as engine:
        actor = call.actor(engine)
        found = engine.retention.outlived(actor=actor)
        classes = engine.retention.classes(actor=actor)
    if call.words.csv:
        sys.stdout.write(csv_of(found))
        return OK
    call.printer.json(found)
    call.printer.table(
        ("instance", "business key", "definition", "class", "ended", "over on", "then"),
        [
            (
                each.instance_id,
                each.business_key,
                each.definition_key,
                each.code,
                each.ended_on.isoformat(),
                each.over_on.isoformat(),
                each.fate,
            )
            for each in found
        ],
    )
    without = [each.definition.key for each in classes if each.retention is None]
    if without:
        call.printer.say(f"no class in the diagram of: {', '.join(without)}")
    return OK
