"""Accounts: who there is, what each may do, and who changed that.

Every change of what somebody may do is recorded in the log of accounts, in the transaction that
makes it. How an account
is proved stands in logins.py, sessions.py and access_tokens.py; what it may do in permissions.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from engine.account_log import record
from engine.account_names import invalid, valid_account_name, valid_text
from engine.errors import NotAuthenticated
from engine.logins import Logins
from engine.model import Account, AccountEventKind, Actor, Language, Role
from engine.passwords import Passwords
from engine.permissions import require_role
from engine.sources import Clock
from engine.store import Store
from engine.tasks import Tasks


class Accounts:
    """The accounts of one store. What changes one takes the role admin, unless it says else."""

    def __init__(
        self, store: Store, clock: Clock, passwords: Passwords, logins: Logins, tasks: Tasks
    ) -> None:
        self._store = store
        self._clock = clock
        self._passwords = passwords
        self._logins = logins
        self._tasks = tasks

    # -------------------------------------------------------------------- questions

    def account(self, name: str) -> Account:
        """The account of that name, or NotFound. For borders that prove who acts."""
        with self._store.reading() as tx:
            return tx.account(name)

    def list(self, *, actor: Actor) -> list[Account]:
        """All accounts, by name. Admins and auditors may see them."""
        require_role(actor, "see accounts", Role.ADMIN, Role.AUDITOR)
        with self._store.reading() as tx:
            return tx.accounts()

    def display_names(self) -> dict[str, str]:
        """Account name -> the name that people know, of everybody."""
        with self._store.reading() as tx:
            return {each.name: each.display_name for each in tx.accounts()}

    # ---------------------------------------------------------------------- changes

    def add(
        self,
        name: str,
        *,
        display_name: str,
        actor: Actor,
        password: str | None = None,
        is_password_temporary: bool = False,
        roles: Iterable[Role | str] = (),
        lanes: Iterable[str] = (),
    ) -> Account:
        """A new active account; without a password it can use access tokens only.

        Raises Forbidden, InvalidInput naming the field, NameTaken.
        """
        require_role(actor, f"add account {name}", Role.ADMIN)
        account = Account(
            name=valid_account_name(name),
            display_name=valid_text("display_name", display_name),
            roles=_valid_roles(roles),
            lanes=_valid_lanes(lanes),
            is_active=True,
            created_at=self._clock.now(),
            password_hash=None if password is None else self._passwords.hash(name, password),
            is_password_temporary=password is not None and is_password_temporary,
        )
        with self._store.writing() as tx:
            tx.add_account(account)
            record(
                tx,
                AccountEventKind.ACCOUNT_ADDED,
                name,
                at=account.created_at,
                actor=actor,
                displayName=account.display_name,
                **_standing(account),
            )
        return account

    def set_roles_and_lanes(
        self, name: str, *, roles: Iterable[Role | str], lanes: Iterable[str], actor: Actor
    ) -> Account:
        """What the account may do from its next request on.

        A task that it has in hand and that waits for it no longer goes back to its lane, in the
        same transaction, as an input of `actor` in the history of the task's instance.
        """
        require_role(actor, f"change account {name}", Role.ADMIN)
        valid_roles, valid_lanes = _valid_roles(roles), _valid_lanes(lanes)
        now = self._clock.now()
        with self._store.writing() as tx:
            account = tx.account(name, for_change=True)
            changed = replace(account, roles=valid_roles, lanes=valid_lanes)
            if changed == account:
                return account
            tx.update_account(changed)
            released = self._tasks.hand_back_lost(tx, changed, actor=actor)
            record(
                tx,
                AccountEventKind.ROLES_CHANGED,
                name,
                at=now,
                actor=actor,
                before=_standing(account),
                after=_standing(changed),
                tasksHandedBack=released,
            )
        return changed

    def deactivate(self, name: str, *, actor: Actor) -> Account:
        """Nobody can act as this account any more: logins end, tokens and password are refused.

        What it did stays; the tasks that it has in hand go back to their lanes. Again changes
        nothing.
        """
        require_role(actor, f"deactivate account {name}", Role.ADMIN)
        now = self._clock.now()
        with self._store.writing() as tx:
            account = tx.account(name, for_change=True)
            changed = replace(account, is_active=False)
            tx.update_account(changed)
            ended = tx.delete_sessions_of(name)
            released = self._tasks.hand_back_lost(tx, changed, actor=actor)
            if changed == account and not (ended or released):
                return account
            kind = AccountEventKind.DEACTIVATED
            record(tx, kind, name, at=now, actor=actor, sessions=ended, tasksHandedBack=released)
        return changed

    def activate(self, name: str, *, actor: Actor) -> Account:
        """The account can be used again. Again changes nothing."""
        require_role(actor, f"activate account {name}", Role.ADMIN)
        with self._store.writing() as tx:
            account = tx.account(name, for_change=True)
            if account.is_active:
                return account
            changed = replace(account, is_active=True)
            tx.update_account(changed)
            record(tx, AccountEventKind.ACTIVATED, name, at=self._clock.now(), actor=actor)
        return changed

    # --------------------------------------------------------------------- language

    def choose_language(self, language: Language, *, actor: Actor) -> Account:
        """Pages and messages for the actor are in that language. It changes no right: no record."""
        with self._store.writing() as tx:
            changed = replace(tx.account(actor.account, for_change=True), language=language)
            tx.update_account(changed)
        return changed

    # -------------------------------------------------------------------- passwords

    def set_password(
        self, name: str, password: str, *, actor: Actor, is_temporary: bool = False
    ) -> Account:
        """Give the account a new password; whoever is logged in with the old one is out.

        is_temporary: good for one login, in which the owner must choose another.
        """
        require_role(actor, f"set the password of {name}", Role.ADMIN)
        new_hash = self._passwords.hash(name, password)
        return self._replace_password(
            name,
            new_hash,
            is_temporary=is_temporary,
            kind=AccountEventKind.PASSWORD_SET,
            actor=actor,
        )

    def change_password(self, old: str, new: str, *, actor: Actor, source: str = "") -> Account:
        """One's own password is another one; every login of the account has ended.

        Raises NotAuthenticated when `old` is not the present one, and counts that as a failed
        login: who took over a login must not find out the password. InvalidInput.
        """
        account = self._logins.authenticate(actor.account, old, source=source, is_for_session=True)
        if old == new:
            raise invalid("password", "expected another one than the present password")
        return self._replace_password(
            account.name,
            self._passwords.hash(account.name, new),
            is_temporary=False,
            kind=AccountEventKind.PASSWORD_CHANGED,
            actor=actor,
            proved=account,
        )

    def _replace_password(
        self,
        name: str,
        new_hash: str,
        *,
        is_temporary: bool,
        kind: AccountEventKind,
        actor: Actor,
        proved: Account | None = None,
    ) -> Account:
        """proved: the account whose password was proved just now."""
        now = self._clock.now()
        with self._store.writing() as tx:
            present = tx.account(name, for_change=True)
            if proved is not None and present.password_hash != proved.password_hash:
                raise NotAuthenticated("the password was changed meanwhile")
            changed = replace(
                present,
                password_hash=new_hash,
                is_password_temporary=is_temporary,
            )
            tx.update_account(changed)
            ended = tx.delete_sessions_of(name)
            tx.clear_login_failures(name)
            record(tx, kind, name, at=now, actor=actor, isTemporary=is_temporary, sessions=ended)
        return changed


def _standing(account: Account) -> dict[str, Any]:
    return {"roles": sorted(account.roles), "lanes": sorted(account.lanes)}


# ----------------------------------------------------------------------- checks


def _valid_roles(roles: Iterable[Role | str]) -> frozenset[Role]:
    try:
        return frozenset(Role(role) for role in roles)
    except ValueError as error:
        expected = ", ".join(Role)
        raise invalid("roles", f"expected some of {expected}; {error}") from error


def _valid_lanes(lanes: Iterable[str]) -> frozenset[str]:
    if isinstance(lanes, str):
        raise invalid("lanes", "expected a list of lane names")
    return frozenset(valid_text("lanes", lane) for lane in lanes)
