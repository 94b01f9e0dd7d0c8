"""`alur account log`: what happened to accounts, and who did it."""

from __future__ import annotations

from typing import Any

from engine.cli.auditing import in_words
from engine.cli.exit_codes import OK
from engine.cli.invocation import OPERATOR, Invocation
from engine.cli.listing import page_of, say_rest
from engine.cli.words import Commands, add_limit
from engine.errors import InvalidInput
from engine.model import AccountEvent, AccountEventKind
from engine.queries import AccountEventQuery


def add_to(group: Commands) -> None:
    """Declare the command of this module among those of `alur account`."""
    reading = group.add(
        "log",
        log,
        acts=False,
        about="""Show what happened to accounts, the latest first.

        Every change of an account and every login, with who did it and from which address. The
        log can only grow; `alur verify --all` checks its chain.""",
        example="alur account log siti --kind login_failed",
    )
    reading.add_argument("account", nargs="?", metavar="ACCOUNT", help="whose events; else all")
    reading.add_argument("--by", metavar="ACCOUNT", help="only what this account did")
    reading.add_argument(
        "--kind", action="append", metavar="KIND", help="only such events; repeat it for several"
    )
    add_limit(reading)


def log(call: Invocation) -> int:
    """Show the events."""
    words = call.words
    query = AccountEventQuery(account=words.account, actor=words.by, kinds=_kinds(words.kind))
    with call.engine() as engine:
        found = engine.account_log.events(query, page_of(call, "sequence"), actor=OPERATOR)
        total = engine.account_log.count(query, actor=OPERATOR)
    call.printer.json(found)
    call.printer.table(
        ("sequence", "time", "kind", "account", "by", "address", "details…"),
        [_row(event) for event in found],
    )
    say_rest(call, len(found), total)
    return OK


def _kinds(names: list[str] | None) -> tuple[AccountEventKind, ...] | None:
    try:
        return tuple(AccountEventKind(name) for name in names) if names else None
    except ValueError as error:
        expected = ", ".join(AccountEventKind)
        raise InvalidInput(f"--kind: {error}; expected one of {expected}") from error


def _row(event: AccountEvent) -> tuple[Any, ...]:
    by = f"{event.actor} ({event.capacity})" if event.actor else None
    details = in_words(event.payload)
    return event.sequence, event.at, event.kind, event.account, by, event.source, details
