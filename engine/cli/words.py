"""How commands are declared, and the options that several of them share."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Callable
from typing import Any

from engine.cli.invocation import Invocation

Raw = argparse.RawDescriptionHelpFormatter
Command = Callable[[Invocation], int]


class Commands:
    """The commands of `alur`, or of one of its groups."""

    def __init__(self, group: Any) -> None:
        self._group = group

    def add(
        self, name: str, run: Command, *, about: str, example: str, acts: bool = True
    ) -> argparse.ArgumentParser:
        """A command. The first line of `about` stands in the list; `acts`: it takes --as."""
        text = inspect.cleandoc(about)
        parser: argparse.ArgumentParser = self._group.add_parser(
            name,
            help=text.splitlines()[0],
            description=text,
            epilog="example:\n" + "\n".join(f"  {line}" for line in example.splitlines()),
            formatter_class=Raw,
        )
        parser.set_defaults(run=run)
        parser.add_argument("--json", action="store_true", help="answer in JSON, for scripts")
        if acts:
            parser.add_argument(
                "--as",
                dest="account",
                metavar="ACCOUNT",
                help="the account that acts; the admin named admin when not given",
            )
        return parser

    def add_group(self, name: str, *, about: str) -> Commands:
        """A command that has commands of its own."""
        parser = self._group.add_parser(name, help=about, description=about, formatter_class=Raw)
        return Commands(parser.add_subparsers(title="commands", metavar="COMMAND", required=True))


def add_values(parser: argparse.ArgumentParser) -> None:
    """--set, --values and --form, for commands that submit a form."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a value, read as its form field says; repeat it for the lines of a list",
    )
    parser.add_argument(
        "--file",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="a document for a field of type file; repeat it where the field takes several",
    )
    parser.add_argument(
        "--values", metavar="FILE.json", help="a JSON object of values; - reads standard input"
    )
    parser.add_argument("--form", action="store_true", help="show the form's fields and stop")


def add_limit(parser: argparse.ArgumentParser) -> None:
    """--limit, for listings that grow."""
    parser.add_argument(
        "--limit",
        type=_whole_number,
        default=50,
        metavar="N",
        help="show at most N (default 50; 0 shows all)",
    )


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise argparse.ArgumentTypeError(f"expected a whole number, found {text!r}")
    return int(text)


def keep_number(text: str) -> int:
    """How many of something are kept: one at least."""
    number = _whole_number(text)
    if not number:
        raise argparse.ArgumentTypeError("expected 1 or more, found 0")
    return number
