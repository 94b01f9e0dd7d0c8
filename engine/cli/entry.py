"""Runs one command and turns whatever is refused into one line on stderr and an exit code."""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.cli.exit_codes import INTERRUPTED, OK, REFUSED, exit_code_of
from engine.cli.invocation import Invocation
from engine.cli.parser import build_parser
from engine.cli.printer import Printer, give_up_stdout
from engine.errors import EngineError, StorageError
from engine.settings import Settings, from_environ


def run(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """The exit code of the command in `argv`, under the settings in `environ`."""
    try:
        words = build_parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or OK)
    except KeyboardInterrupt:
        return INTERRUPTED
    printer = Printer(words.json, Settings().time_zone)
    try:
        settings = from_environ(environ)
    except EngineError as error:
        printer.error(error)
        return exit_code_of(error)
    return _run(words, settings)


def _run(words: argparse.Namespace, settings: Settings) -> int:
    printer = Printer(words.json, settings.time_zone)
    try:
        code: int = words.run(Invocation(words, settings, printer))
        sys.stdout.flush()
    except EngineError as error:
        _show_place(settings)
        printer.error(error)
        _name_database(error, settings, printer)
        return exit_code_of(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        give_up_stdout()
        return OK
    except Exception as error:  # noqa: BLE001 - a person gets a line, not a traceback
        _show_place(settings)
        printer.error(RuntimeError(f"unexpected {type(error).__name__}: {error}{_hint(settings)}"))
        return REFUSED
    return code


def _name_database(error: EngineError, settings: Settings, printer: Printer) -> None:
    """Which file it is about: whoever looks after several, or forgot a setting, wants to know."""
    kind, _, file = settings.database_url.partition(":///")
    if isinstance(error, StorageError) and kind.startswith("sqlite") and file not in str(error):
        printer.remark(f"the database is the file {Path(file).absolute()}")


def _show_place(settings: Settings) -> None:
    if settings.log_level == "DEBUG":
        traceback.print_exc()


def _hint(settings: Settings) -> str:
    return "" if settings.log_level == "DEBUG" else " (ALUR_LOG_LEVEL=DEBUG shows where)"
