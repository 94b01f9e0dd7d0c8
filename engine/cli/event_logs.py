"""`alur export log`: histories as the logs that tools of process mining read."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import IO
from zoneinfo import ZoneInfo

from engine.cli.exit_codes import OK, REFUSED
from engine.cli.files import STANDARD_INPUT as STANDARD_OUTPUT
from engine.cli.files import written_whole
from engine.cli.invocation import Invocation
from engine.cli.progress import Progress
from engine.cli.words import Commands
from engine.errors import InvalidInput
from engine.event_logs.selections import LogFormat, WantedLog

FORMATS = {"xes": LogFormat.XES, "ocel": LogFormat.OCEL, "csv": LogFormat.CSV}
#: How the name of a file ends that is written in a format.
_ENDINGS = {"xes": "xes", "json": "ocel", "jsonocel": "ocel", "csv": "csv"}
_PACKED = ".gz"
#: A query asks for what lies strictly between two moments, in whole milliseconds.
_TICK = timedelta(milliseconds=1)


def add_to(group: Commands) -> None:
    """Declare `log` in the group `export`."""
    exporting = group.add(
        "log",
        log,
        about="""Write what happened in instances as an event log, for process mining.

        XES (IEEE 1849-2016), OCEL 2.0 (JSON) or CSV: every visit of an activity with its account,
        lane, times and deadline; of forms only choices, numbers, dates and ticks, and nothing
        personal. Instances that began in the period are in it, those that still run too: the
        attribute sop:state tells. Of one that is damaged the log has its id and why (sop:leftOut);
        it is named, and this ends with 1.
        For auditors and admins; the log of accounts says who took it.

        Token replay counts the entries that have sop:passage; --passages writes only those.""",
        example="alur export log --process pdk_balangan triwulan-1.xes --from 2026-01-01 "
        "--to 2026-03-31\n"
        "alur export log --office 'Dinas Pendidikan' --format ocel dinas.json.gz\n"
        "alur export log --process pdk_balangan --format csv - | head",
    )
    exporting.add_argument(
        "file",
        metavar="FILE",
        help="the file to write, packed when its name ends with .gz; - is standard output",
    )
    exporting.add_argument(
        "--format", choices=FORMATS, help="by default as FILE's name ends, else xes"
    )
    exporting.add_argument("--process", metavar="KEY", help="the key of the SOP; all by default")
    exporting.add_argument(
        "--office", metavar="NAME", help="SOPs of this office only (sop:satuanKerja)"
    )
    exporting.add_argument(
        "--from",
        dest="first",
        type=_day,
        metavar="DAY",
        help="instances that began on this day of the office (2026-01-31) or later",
    )
    exporting.add_argument(
        "--to", dest="last", type=_day, metavar="DAY", help="instances that began on it or before"
    )
    exporting.add_argument(
        "--passages",
        action="store_true",
        help="one entry for each passing of a token through an activity, and nothing else",
    )


def log(call: Invocation) -> int:
    """Write the log."""
    words, zone = call.words, call.settings.time_zone
    is_out = words.file == STANDARD_OUTPUT
    if is_out and (words.json or sys.stdout.isatty()):
        raise InvalidInput("export log: expected a FILE, or standard output led to a file")
    wanted = WantedLog(
        definition_key=words.process,
        office=words.office,
        started_after=_midnight(words.first, zone) - _TICK if words.first else None,
        started_before=_midnight(words.last + timedelta(days=1), zone) if words.last else None,
        passages_only=words.passages,
    )
    left: list[str] = []
    with call.engine() as engine:
        engine.note_anew()
        parts = engine.event_logs.export(
            wanted,
            _format(words.format, words.file),
            actor=call.actor(engine),
            is_packed=words.file.endswith(_PACKED),
            on_progress=Progress(engine.clock, "instances", deed="told"),
            on_left_out=lambda instance, why: left.append(f"instance {instance}: {why}"),
        )
        if is_out:
            _write(parts, sys.stdout.buffer)
        else:
            with written_whole(words.file) as out:
                size = _write(parts, out)
    for each in left:
        call.printer.remark(f"left out: {each}")
    if not is_out:
        call.printer.json({"file": words.file, "bytes": size, "leftOut": left})
        call.printer.say(f"{size} bytes written to {words.file}")
    return REFUSED if left else OK


def _format(named: str | None, file: str) -> LogFormat:
    ending = file.removesuffix(_PACKED).rpartition(".")[2]
    return FORMATS[named or _ENDINGS.get(ending, "xes")]


def _write(parts: Iterable[bytes], target: IO[bytes]) -> int:
    return sum(target.write(part) for part in parts)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    # So that its midnight can be said in every time zone.
    if not 1990 <= found.year <= 2200:
        raise ArgumentTypeError(f"expected a day such as 2026-01-31, found {text!r}")
    return found
