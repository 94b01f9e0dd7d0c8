"""`alur export`: histories and evidence as files that others can read, and verify."""

from __future__ import annotations

import io
import shutil
import sys
from datetime import date, datetime, time, timedelta
from importlib import import_module
from tempfile import SpooledTemporaryFile
from typing import IO

from engine.cli import event_logs
from engine.cli.exit_codes import OK
from engine.cli.files import STANDARD_INPUT as STANDARD_OUTPUT
from engine.cli.files import written_whole
from engine.cli.invocation import Invocation
from engine.cli.progress import Progress
from engine.cli.words import Commands
from engine.errors import InvalidInput
from engine.model import Period

#: What is built in memory; more goes to a file that is gone afterwards.
_IN_MEMORY = 16 * 2**20


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    group = commands.add_group("export", about="Write histories as files for others.")
    exporting = group.add(
        "history",
        history,
        about="""Write the history of instances as one ZIP file that proves itself.

        It holds the events with their hash chain, the diagrams, the checkpoints that cover them,
        and a script that verifies all that on another machine: with Python alone, without Alur,
        its database or a network. Nothing is written when an instance may not be seen.""",
        example="alur export history 0d8cdb52-3a9b-4a55-8f36-0a5ad2f1f9a1 -o riwayat.zip\n"
        "unzip -p riwayat.zip verify_export.py > verify_export.py\n"
        "python3 verify_export.py riwayat.zip",
    )
    exporting.add_argument("instances", nargs="+", metavar="INSTANCE", help="an instance's id")
    exporting.add_argument(
        "-o",
        "--out",
        metavar="FILE",
        default=STANDARD_OUTPUT,
        help="the file to write; standard output when not given",
    )
    exporting.add_argument(
        "--documents", action="store_true", help="with the bytes of the documents"
    )
    event_logs.add_to(group)
    printing = group.add(
        "pdf",
        pdf,
        about="""Write one instance as a PDF document, in Indonesian, after verifying it.

        It has the identity of the SOP, who did which step when, the diagram with the way that was
        taken, every step with what was filled in, files with their SHA-256, and a verification
        code that `alur verify --code` and the page /periksa know.""",
        example="alur export pdf 0d8cdb52-3a9b-4a55-8f36-0a5ad2f1f9a1 berkas.pdf",
    )
    printing.add_argument("instance", metavar="INSTANCE", help="an instance's id")
    printing.add_argument("out", metavar="FILE", help="the file to write")

    packing = group.add(
        "akip",
        akip,
        about="""Write a package of evidence (Paket Bukti AKIP) of a period as one ZIP file.

        It has a report as PDF, all tables as CSV, how far each history goes with the checkpoints
        that list it, and scripts that verify all that with Python alone. Every history of the
        period is verified for it; --unverified leaves that out. Days are the office's.""",
        example="alur export akip --from 2026-07-01 --to 2026-12-31 paket-bukti-akip.zip",
    )
    packing.add_argument("--from", dest="first", required=True, metavar="DAY", help="its first day")
    packing.add_argument("--to", dest="last", required=True, metavar="DAY", help="its last day")
    packing.add_argument("--unverified", action="store_true", help="do not verify the histories")
    packing.add_argument("out", metavar="FILE", help="the file to write")


def akip(call: Invocation) -> int:
    """Write the package."""
    words = call.words
    first, last = _day("--from", words.first), _day("--to", words.last)
    if last < first:
        raise InvalidInput(f"--to {last}: expected a day that is not before --from {first}")
    zone = call.settings.time_zone
    period = Period(
        datetime.combine(first, time(0), zone),
        datetime.combine(last + timedelta(days=1), time(0), zone),
    )
    evidence = import_module("webhooks.evidence")
    with call.engine() as engine, SpooledTemporaryFile(_IN_MEMORY) as built:
        actor, progress = call.actor(engine), Progress(engine.clock, "instances")

        def tell(done: int, total: int) -> bool:
            progress(done, total)
            return True

        with evidence.writing_papers(engine, call.settings):
            count = evidence.write_package(
                built,
                period,
                f"{first} sampai {last}",
                actor=actor,
                verifies=not words.unverified,
                on_progress=tell,
            )
        built.seek(0)
        sha256 = engine.evidence_packages.record_made(period, built, actor=actor)
        built.seek(0)
        _keep(built, words.out)
    call.printer.json({"file": words.out, "instances": count, "sha256": sha256})
    call.printer.say(f"evidence of {count} instances written to {words.out}, SHA-256 {sha256}")
    return OK


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{name} {text}: expected a day such as 2026-12-31") from error


def pdf(call: Invocation) -> int:
    """Write the document."""
    words = call.words
    # By name: webhooks stands above the command line; see serving.py.
    evidence = import_module("webhooks.evidence")
    with call.engine() as engine, evidence.writing_papers(engine, call.settings):
        made = evidence.instance_pdf(words.instance, actor=call.actor(engine))
    _keep(io.BytesIO(made), words.out)
    call.printer.json({"file": words.out, "bytes": len(made)})
    call.printer.say(f"{len(made)} bytes written to {words.out}")
    return OK


def history(call: Invocation) -> int:
    """Write the export."""
    words = call.words
    if words.out == STANDARD_OUTPUT and (words.json or sys.stdout.isatty()):
        raise InvalidInput("export history: expected -o FILE, or standard output led to a file")
    with call.engine() as engine, SpooledTemporaryFile(_IN_MEMORY) as built:
        events = engine.history_export.write(
            words.instances,
            built,
            actor=call.actor(engine),
            with_documents=words.documents,
        )
        built.seek(0)
        if words.out == STANDARD_OUTPUT:
            shutil.copyfileobj(built, sys.stdout.buffer)
            return OK
        _keep(built, words.out)
    call.printer.json({"file": words.out, "events": events})
    call.printer.say(f"{events} events written to {words.out}")
    return OK


def _keep(built: IO[bytes], path: str) -> None:
    with written_whole(path) as out:
        shutil.copyfileobj(built, out)
