"""One call of `alur`: its words, the settings, where it prints, and as whom it acts."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Event
from typing import TypeVar

from engine.cli.printer import Printer
from engine.errors import NotAuthenticated, NotFound, StorageAway, StorageBusy, StorageError
from engine.model import Account, Actor, Role
from engine.process_engine import ProcessEngine, open_engine
from engine.settings import Settings

T = TypeVar("T")

#: In history beside the account: the person was not proved by a password, but by having the
#: database of this machine.
CAPACITY = "command line"
DEFAULT_ACCOUNT = "admin"
#: How often a database that is waited for is looked for.
_BETWEEN_TRIES_S = 2.0
#: For how long a command that is under way waits for it, all times together.
_OUTAGES_S = 600.0
#: Who acts on accounts at the command line: nobody's account, since the first one is made there.
OPERATOR = Actor("-", frozenset({Role.ADMIN}), capacity=CAPACITY)


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a command is given."""

    words: Namespace
    settings: Settings
    printer: Printer

    @contextmanager
    def engine(self, *, is_awaited: bool = False) -> Iterator[ProcessEngine]:
        """The engine of the settings, closed afterwards. Raises StorageOutdated.

        is_awaited: a database that cannot be reached yet is waited for, until somebody stops it.
        """
        engine = self._awaited() if is_awaited else open_engine(self.settings)
        try:
            yield engine
        finally:
            engine.close()

    def _awaited(self) -> ProcessEngine:
        told, never = "", Event()
        while True:
            try:
                return open_engine(self.settings)
            except (StorageAway, StorageBusy) as error:
                if str(error) != told:
                    told = str(error)
                    self.printer.note(f"{told}; waiting for it (Ctrl-C stops that)")
            never.wait(_BETWEEN_TRIES_S)

    def actor(self, engine: ProcessEngine) -> Actor:
        """Who acts: the account of --as, else the admin named "admin".

        Raises NotFound for an unknown account, NotAuthenticated when nobody can be meant.
        """
        return acting(_named(engine, self.words.account), engine.clock.now())


class Outage:
    """What a long command does about a database that goes away while it reads: it waits."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer
        self._left_s = _OUTAGES_S
        self._told = ""

    def is_awaited(self, error: StorageError) -> bool:
        """After a pause, whether to try again; said once of each error."""
        if self._left_s <= 0:
            return False
        if str(error) != self._told:
            self._told = str(error)
            self._printer.note(f"{error}; waiting to go on (Ctrl-C stops that)")
        self._left_s -= _BETWEEN_TRIES_S
        Event().wait(_BETWEEN_TRIES_S)
        return True

    def outlast(self, read: Callable[[], T]) -> T:
        """What is read, from its beginning when it was broken off. It changes nothing."""
        while True:
            try:
                return read()
            except (StorageAway, StorageBusy) as error:
                if not self.is_awaited(error):
                    raise


def acting(account: Account, now: datetime) -> Actor:
    """The actor that an account is on the command line."""
    if not account.is_active:
        raise NotAuthenticated(f"account {account.name} is not active")
    return replace(account.as_actor(now), capacity=CAPACITY)


def _named(engine: ProcessEngine, name: str | None) -> Account:
    if name is not None:
        return engine.accounts.account(name)
    try:
        account = engine.accounts.account(DEFAULT_ACCOUNT)
    except NotFound as error:
        raise NotAuthenticated(
            f"nobody acts: say --as ACCOUNT, or make an admin with "
            f"`alur account add {DEFAULT_ACCOUNT} --role admin`"
        ) from error
    if Role.ADMIN not in account.roles:
        raise NotAuthenticated(
            f"nobody acts: account {DEFAULT_ACCOUNT} is not an admin; say --as ACCOUNT"
        )
    return account
