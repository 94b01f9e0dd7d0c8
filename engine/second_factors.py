"""One-time codes beside the password: RFC 6238 in an app of the owner's, and recovery codes.

Secrets are sealed with the office's key, since they must be read again; of recovery codes only
hashes are kept. A code counts once (RFC 6238 §5.2), and so does a recovery code.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pyotp

from engine.account_log import record
from engine.account_names import invalid
from engine.errors import Conflict, NotAuthenticated, TooManyLogins
from engine.model import Account, AccountEventKind, Actor, SecondFactor
from engine.permissions import require_own
from engine.secret_key import SecretKey
from engine.sessions import sha256
from engine.sources import Clock, Ids
from engine.store import Store, StoreTransaction

RECOVERY_CODES = 10
#: Who gets so far knows the password: wrong codes within the window, from anywhere.
MAX_WRONG = 5
WRONG_WINDOW = timedelta(minutes=15)

PURPOSE = "second factor"
_STEP_S = 30
_ISSUER = "Alur"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the owner's app needs: the secret as text, and as the address that a QR code holds."""

    secret: str
    uri: str


class SecondFactors:
    """The second factors of one store's accounts."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, key: SecretKey) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._key = key

    # --------------------------------------------------------------------- enrolling

    def begin(self, *, actor: Actor) -> Enrolment:
        """A secret for one's own app, or the one that was begun with; it counts when confirmed.

        Raises Conflict when the account has a second factor.
        """
        with self._store.writing() as tx:
            tx.account(actor.account, for_change=True)  # two pages at once begin one
            found = tx.second_factor(actor.account)
            if found is not None and found.is_confirmed:
                raise Conflict(f"account {actor.account} has a second factor already")
            if found is None:
                sealed = self._key.seal(PURPOSE, pyotp.random_base32())
                found = SecondFactor(actor.account, sealed, is_confirmed=False, last_step=None)
                tx.put_second_factor(found)
        secret = self._key.unseal(PURPOSE, found.sealed_secret)
        uri = pyotp.TOTP(secret).provisioning_uri(name=actor.account, issuer_name=_ISSUER)
        return Enrolment(secret, uri)

    def confirm(self, code: str, *, actor: Actor) -> list[str]:
        """From now on a login takes a code too; the recovery codes, to be shown this once.

        Raises InvalidInput when the code is not that of the secret which was begun with.
        """
        now = self._clock.now()
        with self._store.writing() as tx:
            account = tx.account(actor.account, for_change=True)
            found = tx.second_factor(account.name)
            step = None if found is None else self._step_of(found, code, now)
            if found is None or found.is_confirmed or step is None:
                raise invalid("code", "expected the code that the app shows now")
            tx.put_second_factor(replace(found, is_confirmed=True, last_step=step))
            tx.update_account(replace(account, has_second_factor=True))
            codes = [self._ids.new_secret()[:12] for _ in range(RECOVERY_CODES)]
            tx.put_recovery_codes(account.name, [sha256(each) for each in codes])
            kind = AccountEventKind.SECOND_FACTOR_ENABLED
            record(tx, kind, account.name, at=now, actor=actor)
        return codes

    def remove(self, account_name: str, *, actor: Actor) -> None:
        """A password is enough again. Admins may, for who lost his app; oneself after a login."""
        require_own(actor, account_name, "remove the second factor of")
        with self._store.writing() as tx:
            account = tx.account(account_name, for_change=True)
            if not tx.delete_second_factor(account_name):
                return
            tx.update_account(replace(account, has_second_factor=False))
            kind = AccountEventKind.SECOND_FACTOR_REMOVED
            record(tx, kind, account_name, at=self._clock.now(), actor=actor)

    # ----------------------------------------------------------------------- proving

    def prove(self, account: Account, code: str, *, source: str = "") -> None:
        """The code is the present one of the account's app, or one of its recovery codes.

        Raises NotAuthenticated; TooManyLogins after MAX_WRONG wrong ones. Both kinds count once.
        """
        now = self._clock.now()
        counted = failure_name(account.name)
        with self._store.writing() as tx:
            if tx.recent_login_failures(counted, now - WRONG_WINDOW) >= MAX_WRONG:
                raise TooManyLogins(WRONG_WINDOW // timedelta(minutes=1))
            is_right = self._takes(tx, account, "".join(code.split()), now)
            if not is_right:
                tx.record_login_failure(counted, source, now)
                kind = AccountEventKind.LOGIN_FAILED
                record(tx, kind, account.name, at=now, source=source, reason="code")
        if not is_right:
            raise NotAuthenticated("the code is wrong, or was used before")

    def _takes(self, tx: StoreTransaction, account: Account, code: str, now: datetime) -> bool:
        found = tx.second_factor(account.name)
        if found is None or not found.is_confirmed:
            return False
        step = self._step_of(found, code, now)
        if step is not None:
            tx.put_second_factor(replace(found, last_step=step))
            return True
        if not tx.take_recovery_code(account.name, sha256(code)):
            return False
        kind = AccountEventKind.RECOVERY_CODE_USED
        record(tx, kind, account.name, at=now, actor=account.as_actor())
        return True

    def _step_of(self, found: SecondFactor, code: str, now: datetime) -> int | None:
        """Of which step it is the code: this one, or one beside it for clocks that differ.

        A step that was used, and those before it, give none.
        """
        totp = pyotp.TOTP(self._key.unseal(PURPOSE, found.sealed_secret))
        present = int(now.timestamp()) // _STEP_S
        for step in (present, present - 1, present + 1):
            is_fresh = found.last_step is None or step > found.last_step
            expected = totp.generate_otp(step)
            if is_fresh and hmac.compare_digest(expected.encode(), code.encode()):
                return step
        return None


def failure_name(account_name: str) -> str:
    """Under which name wrong codes are counted; no account can have it."""
    return f"{account_name} code"
