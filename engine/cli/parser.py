"""The words of `alur`: every command with its options, its explanation and an example."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NoReturn

import engine
from engine.cli import (
    accounts,
    auditing,
    backing_up,
    checkpoints,
    demo,
    deploying,
    doctoring,
    drawing,
    exporting,
    instances,
    kept_messages,
    messages,
    migrating,
    moving,
    personal_data,
    retaining,
    searching,
    serving,
    simulating,
    substitutions,
    superiors,
    tasks,
    verifying,
    webhooks,
)
from engine.cli.exit_codes import BAD_INPUT, MEANINGS
from engine.cli.words import Commands, Raw


class _Parser(argparse.ArgumentParser):
    """Refuses in one line, as every command does."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"alur: {message} (see {self.prog} --help)\n")


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands. `run` of what it returns is the command's function."""
    parser = _Parser(
        prog="alur",
        formatter_class=Raw,
        description="Official procedures that run, and prove that they ran.",
        epilog=_epilog(),
    )
    parser.add_argument("--version", action="version", version=f"alur {engine.__version__}")
    group = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    commands = Commands(group)
    rooms: tuple[Callable[[Commands], None], ...] = (
        demo.add_to,
        serving.add_to,
        migrating.add_to,
        backing_up.add_to,
        doctoring.add_to,
        deploying.add_to,
        drawing.add_to,
        simulating.add_to,
        instances.add_to,
        moving.add_to,
        tasks.add_to,
        searching.add_to,
        messages.add_to,
        kept_messages.add_to,
        auditing.add_to,
        verifying.add_to,
        checkpoints.add_to,
        exporting.add_to,
        retaining.add_to,
        personal_data.add_to,
        accounts.add_to,
        substitutions.add_to,
        superiors.add_to,
        webhooks.add_to,
    )
    for add_to in rooms:
        add_to(commands)
    return parser


def _epilog() -> str:
    codes = "\n".join(f"  {code}  {meaning}" for code, meaning in MEANINGS.items())
    return (
        f"exit codes:\n{codes}\n\n"
        "Settings come from ALUR_... environment variables; README.md lists them.\n"
        "alur COMMAND --help explains a command and shows an example."
    )
