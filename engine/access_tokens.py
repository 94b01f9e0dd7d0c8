"""Personal access tokens: proofs for programs, with scopes and an end. Only hashes are stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from engine.account_log import record
from engine.account_names import invalid, valid_text
from engine.errors import NotAuthenticated, NotFound, StorageBusy
from engine.model import AccessToken, Account, AccountEventKind, Actor, Scope
from engine.permissions import require_own
from engine.sessions import TOUCH_EVERY, sha256
from engine.sources import Clock, Ids
from engine.store import Store

TOKEN_PREFIX = "alur_"  # noqa: S105 - it marks a token, so that a leaked one is recognised

_REFUSED = "the access token is unknown or has expired, or its account is not active"


@dataclass(frozen=True, slots=True)
class ProvedToken:
    """What a secret turned out to be."""

    token: AccessToken
    account: Account


class AccessTokens:
    """The access tokens of one store."""

    def __init__(self, store: Store, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids

    def create(
        self,
        account_name: str,
        name: str,
        *,
        actor: Actor,
        expires_at: datetime | None = None,
        scopes: Iterable[Scope | str] = tuple(Scope),
    ) -> tuple[AccessToken, str]:
        """A new access token and its secret, which can be shown this once and never again.

        For oneself, or by an admin. Raises InvalidInput naming the field, NotFound for the
        account, NameTaken when it has a token of that name, Forbidden.
        """
        require_own(actor, account_name, "make an access token of")
        now = self._clock.now()
        if expires_at is not None and expires_at <= now:
            raise invalid("expires_at", "expected a time to come")
        secret = TOKEN_PREFIX + self._ids.new_secret()
        token = AccessToken(
            token_id=self._ids.new_id(),
            account=account_name,
            name=valid_text("name", name),
            created_at=now,
            expires_at=expires_at,
            scopes=_valid_scopes(scopes),
        )
        with self._store.writing() as tx:
            tx.account(account_name)
            tx.add_token(token, sha256(secret))
            record(
                tx,
                AccountEventKind.TOKEN_CREATED,
                account_name,
                at=now,
                actor=actor,
                token=token.token_id,
                name=token.name,
                scopes=sorted(token.scopes),
                expiresAt=expires_at.isoformat() if expires_at else None,
            )
        return token, secret

    def authenticate(self, secret: str) -> ProvedToken:
        """The token with that secret, and its account; or NotAuthenticated."""
        with self._store.asking() as tx:
            found = tx.token_by_hash(sha256(secret))
        if found is None:
            raise NotAuthenticated(_REFUSED)
        token, account = found
        now = self._clock.now()
        has_expired = token.expires_at is not None and token.expires_at <= now
        if has_expired or not account.is_active:
            raise NotAuthenticated(_REFUSED)
        if token.last_used_at is None or now - token.last_used_at >= TOUCH_EVERY:
            # A note is not worth refusing the request for.
            with suppress(StorageBusy), self._store.writing() as tx:
                tx.touch_token(token.token_id, now)
        return ProvedToken(token, account)

    def of(self, account_name: str, *, actor: Actor) -> Sequence[AccessToken]:
        """The tokens of the account, the oldest first. One's own, or for admins."""
        require_own(actor, account_name, "see the access tokens of")
        with self._store.reading() as tx:
            return tx.tokens(account_name)

    def revoke(self, account_name: str, token_id: str, *, actor: Actor) -> None:
        """The token is refused from its next request on. One's own, or by an admin.

        NotFound when the account has no such token.
        """
        require_own(actor, account_name, "revoke an access token of")
        with self._store.writing() as tx:
            if not tx.delete_token(account_name, token_id):
                raise NotFound("access token", token_id)
            record(
                tx,
                AccountEventKind.TOKEN_REVOKED,
                account_name,
                at=self._clock.now(),
                actor=actor,
                token=token_id,
            )


def _valid_scopes(scopes: Iterable[Scope | str]) -> frozenset[Scope]:
    expected = ", ".join(Scope)
    try:
        found = frozenset(Scope(scope) for scope in scopes)
    except ValueError as error:
        raise invalid("scopes", f"expected some of {expected}; {error}") from error
    if not found:
        raise invalid("scopes", f"expected at least one of {expected}")
    return found
