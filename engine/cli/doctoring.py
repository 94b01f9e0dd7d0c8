"""`alur doctor`: one page that says whether everything is in order, and what to do."""

from __future__ import annotations

from collections import Counter

from engine.cli.exit_codes import OK, REFUSED
from engine.cli.invocation import Invocation
from engine.cli.table import one_line
from engine.cli.words import Commands
from engine.doctor.examination import examine
from engine.model import Diagnosis, Verdict
from engine.process_engine import build_engine, outside_of
from engine.sources import RandomIds, SystemClock
from engine.store import Store

_MARKS = {Verdict.OK: "ok", Verdict.ATTENTION: "ATTENTION", Verdict.BROKEN: "BROKEN"}


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    parser = commands.add(
        "doctor",
        examine_it,
        acts=False,
        about="""Say on one page whether this installation is in order, and what to do.

        Looks at files and their owners, disks, the database and its diagrams, the clock, duties
        of workers, checkpoints, backups, the secret key, accounts, incidents and deliveries; it
        changes nothing, and works beside a running Alur. Ends with 1 when something is BROKEN;
        ATTENTION alone is no failure. It does not run history again: `alur verify --all` does.""",
        example="alur doctor\nalur doctor --quiet | mail -E -s 'Alur needs somebody' root",
    )
    parser.add_argument(
        "--quiet", action="store_true", help="show only what needs somebody; nothing when all is ok"
    )


def examine_it(call: Invocation) -> int:
    """Look at everything, and show it."""
    store = Store.open(call.settings.database_url)
    clock, ids = SystemClock(), RandomIds()
    try:
        found = list(
            examine(
                call.settings,
                store,
                outside=outside_of(store, ids, call.settings),
                engine_over=lambda store: build_engine(store, clock, ids, call.settings),
            )
        )
    finally:
        store.close()
    call.printer.json(found)
    shown = [each for each in found if each.advice or not call.words.quiet]
    for each in shown:
        _show(call, each)
    counts = Counter(each.verdict for each in found)
    if shown:
        call.printer.say(_sum(counts))
    return REFUSED if counts[Verdict.BROKEN] else OK


def _show(call: Invocation, diagnosis: Diagnosis) -> None:
    mark = _MARKS[diagnosis.verdict]
    call.printer.say(f"{mark:<9}  {diagnosis.name}: {one_line(diagnosis.message)}")
    if diagnosis.advice:
        call.printer.say(f"{'':<9}  -> {diagnosis.advice}")


def _sum(counts: Counter[Verdict]) -> str:
    return (
        f"{counts[Verdict.OK]} in order, {counts[Verdict.ATTENTION]} need attention, "
        f"{counts[Verdict.BROKEN]} are broken"
    )
