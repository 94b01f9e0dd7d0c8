"""Writes what a command has to say: tables for people, JSON for scripts, errors on stderr."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.cli.json_output import camel, dumped
from engine.cli.table import Column, one_line, table
from engine.errors import EngineError


@dataclass(frozen=True, slots=True)
class Printer:
    """One command's output. `zone`: in which times are shown to people."""

    is_json: bool
    zone: ZoneInfo

    def say(self, text: str) -> None:
        """A sentence for people; a script that asked for JSON gets only JSON."""
        if not self.is_json:
            _print(text)

    def json(self, value: Any) -> None:
        """The answer for scripts, when they asked for it."""
        if self.is_json:
            _print(dumped(value))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Rows for people; a heading that ends in "…" marks long text, which may be wrapped."""
        if self.is_json:
            return
        self._table(columns, rows, sys.stdout.isatty(), sys.stdout)

    def error_table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Rows beside an error, on stderr."""
        if not self.is_json:
            self._table(columns, rows, sys.stderr.isatty(), sys.stderr)

    def _table(
        self,
        headings: Sequence[str],
        rows: Sequence[Sequence[object]],
        is_terminal: bool,
        stream: Any,
    ) -> None:
        columns = [Column(each.rstrip("…"), each.endswith("…")) for each in headings]
        width = shutil.get_terminal_size().columns if is_terminal else None
        cells = [[self._cell(cell) for cell in row] for row in rows]
        if lines := "\n".join(table(columns, cells, width=width)):
            _print(lines, stream)

    def _cell(self, cell: object) -> object:
        return self.local(cell) if isinstance(cell, datetime) else cell

    def local(self, moment: datetime) -> str:
        """The moment on the office's clock: 2026-03-02 09:15:00 WITA."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M:%S %Z}"

    def note(self, text: str) -> None:
        """A remark beside the answer."""
        print(f"alur: {one_line(text)}", file=sys.stderr, flush=True)

    def remark(self, text: str) -> None:
        """A note for people; what a script reads of an error is one JSON object."""
        if not self.is_json:
            self.note(text)

    def error(self, error: Exception) -> None:
        """One line that names the thing; as JSON with its facts for scripts."""
        if self.is_json:
            print(dumped({"error": _facts(error)}, indent=None), file=sys.stderr, flush=True)
        else:
            self.note(str(error))


def _print(text: str, stream: Any = None) -> None:
    """Raises EngineError when the text cannot be written, but of a reader that has gone."""
    try:
        print(text, file=stream or sys.stdout, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        give_up_stdout()
        raise EngineError(
            f"the answer cannot be written: {error.strerror or error}; what was asked may be done"
        ) from error


def give_up_stdout() -> None:
    """Write nowhere from now on: else Python fails once more when it exits, by another code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _facts(error: Exception) -> dict[str, Any]:
    facts = vars(error) if isinstance(error, EngineError) else {}
    named = {camel(name): fact for name, fact in facts.items()}
    return {"type": type(error).__name__, "message": str(error), **named}
