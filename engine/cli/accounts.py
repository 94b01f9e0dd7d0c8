"""`alur account ...`: who may log in. The operator of the machine acts, so nobody is asked for."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from engine.accounts import Accounts
from engine.cli import account_log
from engine.cli.exit_codes import OK
from engine.cli.invocation import OPERATOR, Invocation
from engine.cli.words import Commands
from engine.errors import InvalidInput
from engine.model import AccessToken, Account, Role, Scope


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    group = commands.add_group("account", about="Manage who may log in.")
    adding = group.add(
        "add",
        add,
        acts=False,
        about="""Make an account. The password is asked for, or read from standard input.""",
        example='alur account add siti --name "Siti Aminah" --role staff --lane Perencana',
    )
    _add_name(adding)
    adding.add_argument("--name", dest="display_name", help="shown to people; else the account")
    roles = [str(role) for role in Role]
    adding.add_argument(
        "--role", action="append", default=[], choices=roles, help="repeat it for several"
    )
    adding.add_argument(
        "--lane", action="append", default=[], help="whose tasks it does; repeat it for several"
    )
    _add_password(adding)
    adding.add_argument(
        "--no-password", action="store_true", help="for a system that uses access tokens only"
    )
    group.add(
        "list",
        list_accounts,
        acts=False,
        about="""List all accounts.""",
        example="alur account list",
    )
    _add_password(
        _add_name(
            group.add(
                "password",
                password,
                acts=False,
                about="""Give an account a new password; its logins end.""",
                example="alur account password siti",
            )
        )
    )
    minting = group.add(
        "token",
        token,
        acts=False,
        about="""Make an access token and show its secret, this once.""",
        example="alur account token siti --name laptop --days 90",
    )
    _add_name(minting)
    minting.add_argument("--name", dest="token_name", required=True, help="what it is for")
    minting.add_argument(
        "--scope",
        action="append",
        choices=[str(scope) for scope in Scope],
        help="what it may be used for; repeat it for several; all when not given",
    )
    minting.add_argument("--days", type=int, metavar="N", help="it expires then; else never")
    _add_name(
        group.add(
            "tokens",
            tokens,
            acts=False,
            about="""List an account's access tokens, without their secrets.""",
            example="alur account tokens siti",
        )
    )
    revoking = group.add(
        "revoke",
        revoke,
        acts=False,
        about="""Refuse an access token from now on.""",
        example="alur account revoke siti 1b0ad77e-6c5c-4a5e-b1a1-5b7de3c0ffe1",
    )
    _add_name(revoking)
    revoking.add_argument("token", metavar="TOKEN", help="the token's id; see alur account tokens")
    _add_name(
        group.add(
            "deactivate",
            deactivate,
            acts=False,
            about="""Refuse an account from now on: its logins end, its tokens stop.""",
            example="alur account deactivate siti",
        )
    )
    _add_name(
        group.add(
            "activate",
            activate,
            acts=False,
            about="""Let a deactivated account log in again.""",
            example="alur account activate siti",
        )
    )
    _add_name(
        group.add(
            "unlock",
            unlock,
            acts=False,
            about="""Forget an account's failed logins, so that nobody has to wait.""",
            example="alur account unlock siti",
        )
    )
    account_log.add_to(group)


def _add_name(parser: Any) -> Any:
    parser.add_argument("account", metavar="ACCOUNT", help="the account's name")
    return parser


def _add_password(parser: Any) -> None:
    parser.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )
    parser.add_argument(
        "--temporary",
        action="store_true",
        help="good for one login, in which its owner must choose another",
    )


@contextmanager
def _accounts(call: Invocation) -> Iterator[Accounts]:
    with call.engine() as engine:
        yield engine.accounts


# --------------------------------------------------------------------- commands


def add(call: Invocation) -> int:
    """Make an account."""
    words = call.words
    with _accounts(call) as accounts:
        account = accounts.add(
            words.account,
            display_name=words.display_name or words.account,
            password=None if words.no_password else _read_password(call),
            is_password_temporary=words.temporary,
            roles=words.role,
            lanes=words.lane,
            actor=OPERATOR,
        )
    return _answer(call, account, f"made account {account.name}")


def list_accounts(call: Invocation) -> int:
    """List all accounts."""
    with _accounts(call) as accounts:
        found = accounts.list(actor=OPERATOR)
    call.printer.json(found)
    call.printer.table(
        ("account", "name", "roles", "lanes", "active", "created"), [_row(each) for each in found]
    )
    return OK


def password(call: Invocation) -> int:
    """Set a password."""
    with _accounts(call) as accounts:
        accounts.account(call.words.account)
        account = accounts.set_password(
            call.words.account,
            _read_password(call),
            actor=OPERATOR,
            is_temporary=call.words.temporary,
        )
    return _answer(call, account, f"account {account.name} has a new password; its logins ended")


def token(call: Invocation) -> int:
    """Make an access token."""
    days = call.words.days
    if days is not None and not 1 <= days <= 3650:
        raise InvalidInput(f"--days {days}: expected 1 to 3650")
    with call.engine() as engine:
        expires_at = engine.clock.now() + timedelta(days=days) if days else None
        made, secret = engine.access_tokens.create(
            call.words.account,
            call.words.token_name,
            expires_at=expires_at,
            scopes=call.words.scope or tuple(Scope),
            actor=OPERATOR,
        )
    call.printer.json({"token": made, "secret": secret})
    call.printer.say(secret)
    call.printer.note(f"token {made.token_id}; keep the secret, it is shown this once")
    return OK


def tokens(call: Invocation) -> int:
    """List an account's tokens."""
    with call.engine() as engine:
        engine.accounts.account(call.words.account)
        found = engine.access_tokens.of(call.words.account, actor=OPERATOR)
    call.printer.json(found)
    call.printer.table(
        ("token", "name", "scopes", "created", "expires", "last used"),
        [_token_row(each) for each in found],
    )
    return OK


def revoke(call: Invocation) -> int:
    """Refuse a token."""
    with call.engine() as engine:
        engine.access_tokens.revoke(call.words.account, call.words.token, actor=OPERATOR)
    call.printer.json({"tokenId": call.words.token, "isRevoked": True})
    call.printer.say(f"token {call.words.token} is refused from now on")
    return OK


def deactivate(call: Invocation) -> int:
    """Refuse an account."""
    with _accounts(call) as accounts:
        account = accounts.deactivate(call.words.account, actor=OPERATOR)
    return _answer(call, account, f"account {account.name} is refused from now on")


def activate(call: Invocation) -> int:
    """Let an account in again."""
    with _accounts(call) as accounts:
        account = accounts.activate(call.words.account, actor=OPERATOR)
    return _answer(call, account, f"account {account.name} can be used again")


def unlock(call: Invocation) -> int:
    """Forget failed logins."""
    with call.engine() as engine:
        count = engine.logins.unlock(call.words.account, actor=OPERATOR)
    call.printer.json({"account": call.words.account, "forgotten": count})
    call.printer.say(f"{count} failed logins of {call.words.account} are forgotten")
    return OK


def _answer(call: Invocation, account: Account, sentence: str) -> int:
    call.printer.json(account)
    call.printer.say(sentence)
    return OK


def _read_password(call: Invocation) -> str:
    """From standard input or a prompt; never from a word, which others on the machine can read."""
    if call.words.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise InvalidInput("no password: say --password-stdin, or run this at a terminal")
    first = getpass.getpass("password: ")
    if getpass.getpass("again: ") != first:
        raise InvalidInput("the two passwords differ; nothing was changed")
    return first


def _row(each: Account) -> tuple[object, ...]:
    roles, lanes = ", ".join(sorted(each.roles)), ", ".join(sorted(each.lanes))
    is_active = "yes" if each.is_active else "no"
    return each.name, each.display_name, roles, lanes, is_active, each.created_at


def _token_row(each: AccessToken) -> tuple[object, ...]:
    scopes = ", ".join(sorted(each.scopes))
    return each.token_id, each.name, scopes, each.created_at, each.expires_at, each.last_used_at
