"""Proves accounts by their passwords, and makes guessers wait.

Failures are counted in the database, so that the limits hold over several processes. A login that
is open already is not asked for a password, so nobody can end it by failing under its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.account_log import record
from engine.account_names import is_account_name
from engine.errors import NotAuthenticated, NotFound, TooManyLogins
from engine.model import Account, AccountEventKind, Actor, Role
from engine.passwords import MAX_LENGTH, Passwords, ProvedPasswords
from engine.permissions import require_role
from engine.second_factors import failure_name
from engine.sources import Clock, Ids
from engine.store import Store, StoreTransaction


@dataclass(frozen=True, slots=True)
class Limit:
    """So many failures within so long, after which one must wait until the oldest is that old."""

    failures: int
    within: timedelta

    @property
    def minutes(self) -> int:
        """How long one must wait at most."""
        return self.within // timedelta(minutes=1)


#: Of one name from one address: somebody who tries passwords, or forgot his own.
OF_NAME_AND_SOURCE = Limit(10, timedelta(minutes=15))
#: From one address under any names: somebody who tries one password on many names.
OF_SOURCE = Limit(100, timedelta(minutes=15))
#: Of one name from anywhere: many addresses that guess together. An address from which the
#: account has logged in lately is excepted, so that strangers cannot lock its owner out.
OF_NAME = Limit(100, timedelta(hours=24))
_KNOWN_FOR = timedelta(days=30)

#: After which time a failure counts nowhere any more.
LONGEST_WINDOW = max(each.within for each in (OF_NAME_AND_SOURCE, OF_SOURCE, OF_NAME))

_REFUSED = "the name or the password is wrong, or the account is not active"


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known before the password is looked at."""

    account: Account | None
    failures: int
    #: The limit that was reached.
    limit: Limit | None


class Logins:
    """The passwords of one store's accounts, asked for."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, passwords: Passwords) -> None:
        self._store = store
        self._clock = clock
        self._passwords = passwords
        self._proved = ProvedPasswords(ids.new_secret().encode())
        # Checked for a name that has no account, so that it takes as long as any other.
        self._decoy = passwords.hash_secret(ids.new_secret())

    def authenticate(
        self, name: str, password: str, *, source: str = "", is_for_session: bool = False
    ) -> Account:
        """The account whose name and password these are.

        source: the address that asks. is_for_session: a session follows, and records the success.
        Raises NotAuthenticated, which does not tell what was wrong; TooManyLogins, whether or not
        there is such an account; TooManyHashes.
        """
        if not is_account_name(name) or len(password) > MAX_LENGTH:
            self._passwords.matches(self._decoy, "")
            raise NotAuthenticated(_REFUSED)
        known = self._look_up(name, source)
        if known.limit is not None:
            raise TooManyLogins(known.limit.minutes)
        is_fresh = self._proves(known.account, password)
        if known.account is None or is_fresh is None:
            self._record_failure(name, source, known)
            raise NotAuthenticated(_REFUSED)
        self._record_success(known, source, is_told=is_fresh and not is_for_session)
        return known.account

    def unlock(self, name: str, *, actor: Actor) -> int:
        """The failures under that name are forgotten; how many there were. Admins may."""
        require_role(actor, f"unlock {name}", Role.ADMIN)
        now = self._clock.now()
        with self._store.writing() as tx:
            account = tx.account(name)
            found = tx.clear_login_failures(name)
            found += tx.clear_login_failures(failure_name(name))
            if found:
                kind = AccountEventKind.LOGIN_UNLOCKED
                record(tx, kind, account.name, at=now, actor=actor, failures=found)
        return found

    def failures_of(self, name: str) -> int:
        """How many logins under that name failed lately, from anywhere."""
        with self._store.reading() as tx:
            return tx.recent_login_failures(name, self._clock.now() - OF_NAME.within)

    def forget_old_failures(self) -> int:
        """Drop the failures that count nowhere any more; how many."""
        with self._store.writing() as tx:
            return tx.forget_login_failures(self._clock.now() - LONGEST_WINDOW)

    # --------------------------------------------------------------- before and after

    def _look_up(self, name: str, source: str) -> _Known:
        now = self._clock.now()
        with self._store.reading() as tx:
            near = now - OF_NAME_AND_SOURCE.within
            failures = tx.recent_login_failures(name, near, source=source)
            limit = _reached(tx, name, source, failures, now)
            try:
                return _Known(tx.account(name), failures, limit)
            except NotFound:
                return _Known(None, failures, limit)

    def _proves(self, account: Account | None, password: str) -> bool | None:
        """None when the password is wrong; else whether that was found out just now."""
        if account is None or account.password_hash is None:
            self._passwords.matches(self._decoy, password)
            return None
        proof = self._proved.proof(account.name, password, account.password_hash)
        now = self._clock.now()
        is_remembered = self._proved.holds(proof, now)
        if not is_remembered and not self._passwords.matches(account.password_hash, password):
            return None
        if not is_remembered:
            self._proved.keep(proof, now)
        return not is_remembered if account.is_active else None

    def _record_failure(self, name: str, source: str, known: _Known) -> None:
        now = self._clock.now()
        # What was typed as a name that nobody has may be somebody's password.
        account = known.account.name if known.account else None
        with self._store.writing() as tx:
            tx.record_login_failure(name, source, now)
            record(tx, AccountEventKind.LOGIN_FAILED, account, at=now, source=source)
            if known.failures + 1 == OF_NAME_AND_SOURCE.failures:
                minutes = OF_NAME_AND_SOURCE.minutes
                kind = AccountEventKind.LOGIN_LOCKED
                record(tx, kind, account, at=now, source=source, minutes=minutes)

    def _record_success(self, known: _Known, source: str, *, is_told: bool) -> None:
        if known.account is None or not (known.failures or is_told):
            return
        with self._store.writing() as tx:
            if known.failures:
                # Others' failures still count: they did not prove to be the owner.
                tx.clear_login_failures(known.account.name, source=source)
            if is_told:
                record(
                    tx,
                    AccountEventKind.LOGIN_SUCCEEDED,
                    known.account.name,
                    at=self._clock.now(),
                    actor=known.account.as_actor(),
                    source=source,
                    method="password for one request",
                )


def _reached(
    tx: StoreTransaction, name: str, source: str, failures: int, now: datetime
) -> Limit | None:
    """The first limit that this attempt stands at."""
    if failures >= OF_NAME_AND_SOURCE.failures:
        return OF_NAME_AND_SOURCE
    if tx.recent_failures_from(source, now - OF_SOURCE.within) >= OF_SOURCE.failures:
        return OF_SOURCE
    of_name = tx.recent_login_failures(name, now - OF_NAME.within)
    if of_name >= OF_NAME.failures and not tx.has_logged_in_from(name, source, now - _KNOWN_FOR):
        return OF_NAME
    return None
