"""Who accounts are at the office's single sign-on, and logins there that are under way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select

from engine.errors import Conflict
from engine.model import Account, Identity, SignOn
from engine.store.logins import ACCOUNT_LABELS, account_of, with_standing
from engine.store.substitutions import LATEST_FIRST
from engine.store.tables import account, identity, sign_on
from engine.store.transaction import Transaction


class Identities(Transaction):
    """Questions about identities."""

    def account_of_identity(self, issuer: str, subject: str) -> Account | None:
        """The account that this identity is, if any."""
        known = identity.join(account, account.c.name == identity.c.account)
        rows = self._all(
            select(*ACCOUNT_LABELS)
            .select_from(with_standing(known))
            .where(identity.c.issuer == issuer, identity.c.subject == subject)
            .order_by(*LATEST_FIRST)
        )
        return account_of(rows) if rows else None

    def identities_of(self, account_name: str) -> list[Identity]:
        """The identities of one account."""
        rows = self._all(
            select(identity)
            .where(identity.c.account == account_name)
            .order_by(identity.c.issuer, identity.c.subject)
        )
        return [Identity(**row._mapping) for row in rows]

    def add_identity(self, new: Identity) -> None:
        """Keep one more. Conflict when it is an account's already."""
        values = {column.name: getattr(new, column.name) for column in identity.c}
        clash = Conflict(f"the identity {new.subject!r} is already an account's")
        self._write(insert(identity), [values], clash=clash)

    def delete_identities_of(self, account_name: str) -> int:
        """Forget the identities of one account; how many."""
        return self._write(delete(identity).where(identity.c.account == account_name))

    def add_sign_on(self, begun: SignOn) -> None:
        """Keep a login that is under way."""
        values = {column.name: getattr(begun, column.name) for column in sign_on.c}
        self._write(insert(sign_on), [values])

    def take_sign_on(self, state_hash: str) -> SignOn | None:
        """The login under way of that state, which is over with this; None for an unknown one."""
        row = self._first(
            select(sign_on).where(sign_on.c.state_hash == state_hash).with_for_update()
        )
        if row is None:
            return None
        gone = self._write(delete(sign_on).where(sign_on.c.state_hash == state_hash))
        return SignOn(**row._mapping) if gone else None

    def forget_sign_ons(self, before: datetime) -> int:
        """Drop logins that were begun before that moment; how many."""
        return self._write(delete(sign_on).where(sign_on.c.created_at < before))
