"""Who may log in, and the proofs of it: passwords, access tokens and browser sessions.

What an account may do once it is known stands in permissions.py. Of every secret only a hash is
stored.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from engine.errors import InvalidInput, NotAuthenticated, NotFound, StorageBusy, TooManyLogins
from engine.model import AccessToken, Account, Role, Session
from engine.passwords import MAX_LENGTH, ProvedPasswords, objection
from engine.sources import Clock, Ids
from engine.store import Store, StoreTransaction

TOKEN_PREFIX = "alur_"  # noqa: S105 - it marks a token, so that a leaked one is recognised

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
_MAX_TEXT = 255

#: Failures of one name within the window after which it must wait.
MAX_FAILURES = 10
FAILURE_WINDOW = timedelta(minutes=15)

#: How often a login or token notes that it is in use, at most.
_TOUCH_EVERY = timedelta(minutes=1)

_REFUSED = "the name or the password is wrong, or the account is not active"
_TOKEN_REFUSED = "the access token is unknown or has expired, or its account is not active"  # noqa: S105


def owasp_hasher() -> PasswordHasher:
    """Argon2id as the OWASP password storage cheat sheet sets it: 19 MiB, 2 passes, 1 lane."""
    return PasswordHasher(memory_cost=19 * 1024, time_cost=2, parallelism=1)


class Accounts:
    """The accounts of one store."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: Ids,
        *,
        hasher: PasswordHasher | None = None,
        session_idle: timedelta = timedelta(minutes=30),
        session_lifetime: timedelta = timedelta(hours=12),
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._hasher = hasher or owasp_hasher()
        self._session_idle = session_idle
        self._session_lifetime = session_lifetime
        self._proved = ProvedPasswords(ids.new_secret().encode())
        # Checked for a name that has no account, so that it takes as long as any other.
        self._decoy = self._hasher.hash(ids.new_secret())

    # -------------------------------------------------------------- accounts

    def add(
        self,
        name: str,
        *,
        display_name: str,
        password: str | None = None,
        roles: Iterable[Role | str] = (),
        lanes: Iterable[str] = (),
    ) -> Account:
        """A new active account; without a password it can use access tokens only.

        Raises InvalidInput naming the field, NameTaken.
        """
        if not _NAME.fullmatch(name):
            raise _invalid("name", "expected 2 to 64 of a-z, 0-9, dot, dash and underscore")
        account = Account(
            name=name,
            display_name=_valid_text("display_name", display_name),
            roles=_valid_roles(roles),
            lanes=_valid_lanes(lanes),
            is_active=True,
            created_at=self._clock.now(),
            password_hash=None if password is None else self._hash(name, password),
        )
        with self._store.writing() as tx:
            tx.add_account(account)
        return account

    def account(self, name: str) -> Account:
        """The account of that name, or NotFound."""
        with self._store.reading() as tx:
            return tx.account(name)

    def list(self) -> list[Account]:
        """All accounts, by name."""
        with self._store.reading() as tx:
            return tx.accounts()

    def set_password(self, name: str, password: str) -> Account:
        """Give the account a new password; whoever is logged in with the old one is out."""
        new_hash = self._hash(name, password)
        with self._store.writing() as tx:
            changed = replace(tx.account(name, for_change=True), password_hash=new_hash)
            tx.update_account(changed)
            tx.delete_sessions_of(name)
            tx.clear_login_failures(name)
        return changed

    def set_roles_and_lanes(
        self, name: str, *, roles: Iterable[Role | str], lanes: Iterable[str]
    ) -> Account:
        """What the account may do from its next request on."""
        valid_roles, valid_lanes = _valid_roles(roles), _valid_lanes(lanes)
        with self._store.writing() as tx:
            account = tx.account(name, for_change=True)
            changed = replace(account, roles=valid_roles, lanes=valid_lanes)
            tx.update_account(changed)
        return changed

    def deactivate(self, name: str) -> Account:
        """Nobody can act as this account any more: logins end, tokens and password are refused."""
        with self._store.writing() as tx:
            tx.delete_sessions_of(name)
            return _set_active(tx, name, is_active=False)

    def activate(self, name: str) -> Account:
        """The account can be used again."""
        with self._store.writing() as tx:
            return _set_active(tx, name, is_active=True)

    def _hash(self, name: str, password: str) -> str:
        if reason := objection(name, password):
            raise _invalid("password", reason)
        return self._hasher.hash(password)

    # ------------------------------------------------------------- passwords

    def authenticate(self, name: str, password: str) -> Account:
        """The account whose name and password these are.

        Raises NotAuthenticated, which does not tell what was wrong; after MAX_FAILURES within
        FAILURE_WINDOW it asks to wait, whether or not there is such an account.
        """
        if not _NAME.fullmatch(name) or len(password) > MAX_LENGTH:
            self._matches(self._decoy, "")
            raise NotAuthenticated(_REFUSED)
        account, failures = self._look_up(name)
        if failures >= MAX_FAILURES:
            raise TooManyLogins(FAILURE_WINDOW // timedelta(minutes=1))
        is_proved = self._proves(account, password)
        if account is None or not is_proved:
            self._count_failure(name)
            raise NotAuthenticated(_REFUSED)
        if failures:
            self._forget_failures(name)
        return account

    def _look_up(self, name: str) -> tuple[Account | None, int]:
        with self._store.reading() as tx:
            failures = tx.recent_login_failures(name, self._clock.now() - FAILURE_WINDOW)
            try:
                return tx.account(name), failures
            except NotFound:
                return None, failures

    def _proves(self, account: Account | None, password: str) -> bool:
        if account is None or account.password_hash is None:
            self._matches(self._decoy, password)
            return False
        proof = self._proved.proof(account.name, password, account.password_hash)
        now = self._clock.now()
        if not self._proved.holds(proof, now):
            if not self._matches(account.password_hash, password):
                return False
            self._proved.keep(proof, now)
        return account.is_active

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError, UnicodeError):
            return False

    def _count_failure(self, name: str) -> None:
        now = self._clock.now()
        with self._store.writing() as tx:
            tx.forget_login_failures(now - FAILURE_WINDOW)
            tx.record_login_failure(name, now)

    def _forget_failures(self, name: str) -> None:
        with self._store.writing() as tx:
            tx.clear_login_failures(name)

    # ---------------------------------------------------------------- tokens

    def create_token(
        self, account_name: str, name: str, expires_at: datetime | None = None
    ) -> tuple[AccessToken, str]:
        """A new access token and its secret, which can be shown this once and never again.

        Raises InvalidInput, NotFound for the account, NameTaken when it has a token of that name.
        """
        now = self._clock.now()
        if expires_at is not None and expires_at <= now:
            raise _invalid("expires_at", "expected a time to come")
        secret = TOKEN_PREFIX + self._ids.new_secret()
        token = AccessToken(
            token_id=self._ids.new_id(),
            account=account_name,
            name=_valid_text("name", name),
            created_at=now,
            expires_at=expires_at,
        )
        with self._store.writing() as tx:
            tx.account(account_name)
            tx.add_token(token, _sha256(secret))
        return token, secret

    def authenticate_token(self, secret: str) -> Account:
        """The account whose access token this is, or NotAuthenticated."""
        with self._store.reading() as tx:
            found = tx.token_by_hash(_sha256(secret))
        if found is None:
            raise NotAuthenticated(_TOKEN_REFUSED)
        token, account = found
        now = self._clock.now()
        has_expired = token.expires_at is not None and token.expires_at <= now
        if has_expired or not account.is_active:
            raise NotAuthenticated(_TOKEN_REFUSED)
        if token.last_used_at is None or now - token.last_used_at >= _TOUCH_EVERY:
            # A note is not worth refusing the request for.
            with suppress(StorageBusy), self._store.writing() as tx:
                tx.touch_token(token.token_id, now)
        return account

    def tokens(self, account_name: str) -> Sequence[AccessToken]:
        """The tokens of the account, the oldest first."""
        with self._store.reading() as tx:
            return tx.tokens(account_name)

    def revoke_token(self, account_name: str, token_id: str) -> None:
        """The token is refused from now on. NotFound when the account has no such token."""
        with self._store.writing() as tx:
            if not tx.delete_token(account_name, token_id):
                raise NotFound("access token", token_id)

    # -------------------------------------------------------------- sessions

    def open_session(self, account_name: str) -> tuple[str, Session]:
        """A new login of an authenticated account: the secret for its cookie, and the session."""
        now = self._clock.now()
        secret = self._ids.new_secret()
        session = Session(
            session_hash=_sha256(secret),
            account=account_name,
            csrf_token=self._ids.new_secret(),
            created_at=now,
            last_seen_at=now,
        )
        with self._store.writing() as tx:
            tx.delete_expired_sessions(
                seen_before=now - self._session_idle, created_before=now - self._session_lifetime
            )
            tx.account(account_name)
            tx.add_session(session)
        return secret, session

    def session(self, secret: str) -> tuple[Session, Account] | None:
        """The login of that cookie, unless it ended, idled too long or is too old."""
        with self._store.reading() as tx:
            found = tx.session(_sha256(secret))
        if found is None:
            return None
        session, account = found
        now = self._clock.now()
        if not account.is_active or not self._is_alive(session, now):
            return None
        if now - session.last_seen_at >= _TOUCH_EVERY:
            session = replace(session, last_seen_at=now)
            with suppress(StorageBusy), self._store.writing() as tx:
                tx.touch_session(session.session_hash, now)
        return session, account

    def _is_alive(self, session: Session, now: datetime) -> bool:
        is_fresh = now - session.last_seen_at < self._session_idle
        return is_fresh and now - session.created_at < self._session_lifetime

    def close_session(self, secret: str) -> None:
        """The login of that cookie has ended."""
        with self._store.writing() as tx:
            tx.delete_session(_sha256(secret))

    def close_sessions_of(self, account_name: str) -> int:
        """All logins of the account have ended; how many there were."""
        with self._store.writing() as tx:
            return tx.delete_sessions_of(account_name)


def _set_active(tx: StoreTransaction, name: str, *, is_active: bool) -> Account:
    changed = replace(tx.account(name, for_change=True), is_active=is_active)
    tx.update_account(changed)
    return changed


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


# --------------------------------------------------------------------- checks


def _valid_roles(roles: Iterable[Role | str]) -> frozenset[Role]:
    try:
        return frozenset(Role(role) for role in roles)
    except ValueError as error:
        expected = ", ".join(Role)
        raise _invalid("roles", f"expected some of {expected}; {error}") from error


def _valid_lanes(lanes: Iterable[str]) -> frozenset[str]:
    if isinstance(lanes, str):
        raise _invalid("lanes", "expected a list of lane names")
    return frozenset(_valid_text("lanes", lane) for lane in lanes)


def _valid_text(field: str, value: str) -> str:
    if not value.strip() or len(value) > _MAX_TEXT or not value.isprintable():
        raise _invalid(field, f"expected 1 to {_MAX_TEXT} printable characters, found {value!r}")
    return value.strip()


def _invalid(field: str, message: str) -> InvalidInput:
    return InvalidInput(f"{field}: {message}", {field: [message]})
