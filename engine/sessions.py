"""Browser logins: opened, found by their cookie, listed, ended. Only a cookie's hash is stored."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from engine.account_log import record
from engine.errors import NotFound, StorageBusy
from engine.model import Account, AccountEventKind, Actor, LoginMethod, Session
from engine.permissions import require_own
from engine.sources import Clock, Ids
from engine.store import Store

#: How often a login or token notes that it is in use, at most.
TOUCH_EVERY = timedelta(minutes=1)
_MAX_DEVICE = 255


class Sessions:
    """The logins of one store's accounts.

    idle: after how long without a request a login ends. lifetime: after how long in any case.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: Ids,
        *,
        idle: timedelta = timedelta(minutes=30),
        lifetime: timedelta = timedelta(hours=12),
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._idle = idle
        self._lifetime = lifetime

    def open(
        self,
        account_name: str,
        *,
        method: LoginMethod = LoginMethod.PASSWORD,
        source: str = "",
        device: str = "",
    ) -> tuple[str, Session]:
        """A new login of a proved account: the secret for its cookie, and the session."""
        now = self._clock.now()
        secret = self._ids.new_secret()
        session = Session(
            session_hash=sha256(secret),
            session_id=self._ids.new_id(),
            account=account_name,
            csrf_token=self._ids.new_secret(),
            method=method,
            source=source,
            device=_plain(device),
            created_at=now,
            last_seen_at=now,
        )
        with self._store.writing() as tx:
            account = tx.account(account_name)
            tx.add_session(session)
            record(
                tx,
                AccountEventKind.LOGIN_SUCCEEDED,
                account_name,
                at=now,
                actor=account.as_actor(),
                source=source,
                method=str(method),
                session=session.session_id,
                device=session.device,
            )
        return secret, session

    def find(self, secret: str) -> tuple[Session, Account] | None:
        """The login of that cookie, unless it ended, idled too long or is too old."""
        with self._store.reading() as tx:
            found = tx.session(sha256(secret))
        if found is None:
            return None
        session, account = found
        now = self._clock.now()
        if not account.is_active or not self._is_alive(session, now):
            return None
        if now - session.last_seen_at >= TOUCH_EVERY:
            session = replace(session, last_seen_at=now)
            with suppress(StorageBusy), self._store.writing() as tx:
                tx.touch_session(session.session_hash, now)
        return session, account

    def _is_alive(self, session: Session, now: datetime) -> bool:
        is_fresh = now - session.last_seen_at < self._idle
        return is_fresh and now - session.created_at < self._lifetime

    def of(self, account_name: str, *, actor: Actor) -> list[Session]:
        """The logins of the account that are open, the latest used first. Own, or for admins."""
        require_own(actor, account_name, "see the logins of")
        with self._store.reading() as tx:
            found = tx.sessions_of(account_name)
        now = self._clock.now()
        return [session for session in found if self._is_alive(session, now)]

    # ----------------------------------------------------------------------- ending

    def close(self, secret: str, *, source: str = "") -> None:
        """The login of that cookie has ended, by its owner."""
        with self._store.writing() as tx:
            found = tx.session(sha256(secret))
            if found is None:
                return
            session, account = found
            if not tx.delete_session(session.session_hash):
                return  # another page was faster
            record(
                tx,
                AccountEventKind.LOGGED_OUT,
                account.name,
                at=self._clock.now(),
                actor=account.as_actor(),
                source=source,
                session=session.session_id,
            )

    def revoke(self, account_name: str, session_id: str, *, actor: Actor) -> None:
        """That login of the account has ended. NotFound when it has none of that id."""
        require_own(actor, account_name, "end a login of")
        with self._store.writing() as tx:
            if not tx.delete_sessions_of(account_name, only=session_id):
                raise NotFound("session", session_id)
            record(
                tx,
                AccountEventKind.SESSIONS_REVOKED,
                account_name,
                at=self._clock.now(),
                actor=actor,
                session=session_id,
                count=1,
            )

    def revoke_all(self, account_name: str, *, actor: Actor, except_for: str | None = None) -> int:
        """All logins of the account have ended, but the one of that id; how many there were."""
        require_own(actor, account_name, "end the logins of")
        with self._store.writing() as tx:
            count = tx.delete_sessions_of(account_name, except_for=except_for)
            if count:
                kind = AccountEventKind.SESSIONS_REVOKED
                record(tx, kind, account_name, at=self._clock.now(), actor=actor, count=count)
        return count

    def forget_ended(self) -> int:
        """Drop the logins that idled too long or are too old; how many."""
        now = self._clock.now()
        with self._store.writing() as tx:
            return tx.delete_expired_sessions(
                seen_before=now - self._idle, created_before=now - self._lifetime
            )


def sha256(secret: str) -> str:
    """What is stored of a secret of 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(device: str) -> str:
    return "".join(each for each in device if each.isprintable())[:_MAX_DEVICE]
