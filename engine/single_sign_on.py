"""Accounts proved by the office's single sign-on: who they are here, and what their groups give.

An account is found by issuer and subject and by nothing else: names and addresses are given again.
Speaking with the provider is the border's business (webhooks/sign_on.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from engine.account_log import record
from engine.account_names import is_account_name, valid_text
from engine.accounts import Accounts
from engine.errors import Conflict, InvalidInput, NameTaken, SignOnRefused
from engine.model import (
    Account,
    AccountEventKind,
    Actor,
    Identity,
    LoginMethod,
    Role,
    SignOn,
)
from engine.permissions import require_own
from engine.sessions import sha256
from engine.setting_values import Grant
from engine.sources import Clock, Ids
from engine.store import Store

#: How long somebody may take to log in at the provider.
LASTS = timedelta(minutes=10)

#: In the log of accounts, who changed roles and lanes by what the provider said.
CAPACITY = "single sign-on"


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the provider proved."""

    issuer: str
    subject: str
    name: str
    display_name: str
    groups: frozenset[str]


class SingleSignOn:
    """The identities of one store.

    groups: group -> what it gives; when there are none, what an admin gave stays. provisions:
    whether somebody unknown gets an account when a group of his gives something.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: Ids,
        accounts: Accounts,
        *,
        groups: Mapping[str, Grant],
        provisions: bool,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._accounts = accounts
        self._groups = groups
        self._provisions = provisions
        for name, grant in groups.items():
            _require_roles(name, grant)

    # ------------------------------------------------------------------ on the way

    def begin(self, next_path: str, *, account: str | None = None) -> tuple[str, SignOn]:
        """Somebody goes to the provider: the secret state to come back with, and what it is for.

        account: who asks to link it with the identity that comes back; None to log in.
        """
        state = self._ids.new_secret()
        sign_on = SignOn(
            state_hash=sha256(state),
            nonce=self._ids.new_secret(),
            code_verifier=self._ids.new_secret() + self._ids.new_secret(),
            next_path=next_path,
            account=account,
            created_at=self._clock.now(),
        )
        with self._store.writing() as tx:
            tx.add_sign_on(sign_on)
        return state, sign_on

    def take(self, state: str) -> SignOn:
        """What that state was for; it counts once, and for a short time. Raises SignOnRefused."""
        with self._store.writing() as tx:
            found = tx.take_sign_on(sha256(state))
        if found is None or self._clock.now() - found.created_at > LASTS:
            raise SignOnRefused("stale")
        return found

    def forget_begun(self) -> int:
        """Drop what was begun and not ended; how many."""
        with self._store.writing() as tx:
            return tx.forget_sign_ons(self._clock.now() - LASTS)

    # -------------------------------------------------------------------- coming in

    def sign_in(self, person: Person, *, source: str = "") -> Account:
        """The active account of that person, with the roles and lanes that his groups give now.

        Raises SignOnRefused: he has no account, it is not active, or no group gives him anything.
        """
        try:
            return self._signed_in(person)
        except SignOnRefused as error:
            with self._store.writing() as tx:
                record(
                    tx,
                    AccountEventKind.LOGIN_FAILED,
                    error.account,
                    at=self._clock.now(),
                    source=source,
                    method=str(LoginMethod.SINGLE_SIGN_ON),
                    reason=error.reason,
                    subject=person.subject,
                )
            raise

    def _signed_in(self, person: Person) -> Account:
        standing = self._standing(person)
        with self._store.reading() as tx:
            account = tx.account_of_identity(person.issuer, person.subject)
        if account is None:
            return self._provision(person, standing)
        if not account.is_active:
            raise SignOnRefused("inactive", account.name)
        if standing is None:
            return account
        changed = self._accounts.set_roles_and_lanes(
            account.name, roles=standing.roles, lanes=standing.lanes, actor=_acting(account.name)
        )
        if not standing:
            raise SignOnRefused("no group", account.name)
        return changed

    def _standing(self, person: Person) -> Grant | None:
        """What the person's groups give together; None when groups give nothing to anybody."""
        if not self._groups:
            return None
        grants = [self._groups[name] for name in person.groups if name in self._groups]
        return Grant(
            lanes=frozenset().union(*(each.lanes for each in grants)),
            roles=frozenset().union(*(each.roles for each in grants)),
        )

    def _provision(self, person: Person, standing: Grant | None) -> Account:
        if not self._provisions or not standing:
            raise SignOnRefused("unknown")
        name = person.name.strip().lower()
        if not is_account_name(name):
            raise SignOnRefused("name")
        now = self._clock.now()
        account = Account(
            name=name,
            display_name=_display_name(person, name),
            roles=frozenset(Role(each) for each in standing.roles),
            lanes=standing.lanes,
            is_active=True,
            created_at=now,
        )
        identity = Identity(person.issuer, person.subject, name, now)
        try:
            with self._store.writing() as tx:
                tx.add_account(account)
                tx.add_identity(identity)
                record(
                    tx,
                    AccountEventKind.ACCOUNT_ADDED,
                    name,
                    at=now,
                    actor=_acting(name),
                    displayName=account.display_name,
                    roles=sorted(account.roles),
                    lanes=sorted(account.lanes),
                    issuer=person.issuer,
                    subject=person.subject,
                )
        except NameTaken as error:
            with self._store.reading() as tx:
                present = tx.account_of_identity(person.issuer, person.subject)
            if present is not None:
                return present  # he logged in on two pages at once
            # Whoever has the name here need not be who has it there.
            raise SignOnRefused("taken", name) from error
        return account

    # ---------------------------------------------------------------------- linking

    def identities_of(self, account_name: str) -> list[Identity]:
        """Whom the provider calls this account."""
        with self._store.reading() as tx:
            return tx.identities_of(account_name)

    def link(self, account_name: str, *, issuer: str, subject: str, actor: Actor) -> Identity:
        """From now on this identity is proved to be the account. Oneself, or an admin.

        Raises Conflict when it is another account's.
        """
        require_own(actor, account_name, "link an identity with")
        now = self._clock.now()
        identity = Identity(issuer, subject, account_name, now)
        with self._store.writing() as tx:
            tx.account(account_name)
            present = tx.account_of_identity(issuer, subject)
            if present is not None and present.name == account_name:
                return identity
            if present is not None:
                raise Conflict(f"this identity is that of account {present.name}")
            tx.add_identity(identity)
            kind = AccountEventKind.IDENTITY_LINKED
            record(tx, kind, account_name, at=now, actor=actor, issuer=issuer, subject=subject)
        return identity

    def unlink(self, account_name: str, *, actor: Actor) -> int:
        """No identity is proved to be the account any more; how many there were.

        Raises InvalidInput when the owner could not log in without.
        """
        require_own(actor, account_name, "unlink the identities of")
        with self._store.writing() as tx:
            account = tx.account(account_name, for_change=True)
            if actor.account == account_name and account.password_hash is None:
                text = "the account has no password, and could not log in any more"
                raise InvalidInput(text, {"identity": [text]})
            count = tx.delete_identities_of(account_name)
            if count:
                kind = AccountEventKind.IDENTITY_UNLINKED
                record(tx, kind, account_name, at=self._clock.now(), actor=actor, count=count)
        return count

    def end_sessions(self, issuer: str, subject: str) -> int:
        """The provider says that this person logged out there: so he did here; how many logins."""
        with self._store.writing() as tx:
            account = tx.account_of_identity(issuer, subject)
            if account is None:
                return 0
            method = LoginMethod.SINGLE_SIGN_ON
            count = tx.delete_sessions_of(account.name, method=method)
            if count:
                record(
                    tx,
                    AccountEventKind.SESSIONS_REVOKED,
                    account.name,
                    at=self._clock.now(),
                    actor=_acting(account.name),
                    count=count,
                )
        return count


def _acting(account_name: str) -> Actor:
    """Who changes an account by what the provider says of it: the account, by logging in."""
    return Actor(account_name, frozenset({Role.ADMIN}), capacity=CAPACITY)


def _display_name(person: Person, name: str) -> str:
    try:
        return valid_text("display_name", person.display_name)
    except InvalidInput:
        return name


def _require_roles(name: str, grant: Grant) -> None:
    unknown = sorted(grant.roles - {str(role) for role in Role})
    if unknown:
        expected = ", ".join(Role)
        raise InvalidInput(
            f"ALUR_OIDC_GROUPS: group {name!r} gives the role {unknown[0]!r}; "
            f"expected some of {expected}"
        )
