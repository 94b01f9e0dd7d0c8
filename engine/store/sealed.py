"""What the secret key has sealed, whichever subject it belongs to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, select

from engine.store.tables import message_source, personal_key, second_factor, webhook_subscription
from engine.store.transaction import Transaction

#: Table -> the column that the key has sealed.
_SEALED: dict[str, ColumnElement[Any]] = {
    "personal_key": personal_key.c.sealed_key,
    "second_factor": second_factor.c.sealed_secret,
    "webhook_subscription": webhook_subscription.c.secret,
    "message_source": message_source.c.secret,
}


class Sealed(Transaction):
    """Questions of whoever looks after the secret key."""

    def sealed_number(self) -> int:
        """How many secrets there are that only the secret key opens."""
        return sum(
            self._number(select(func.count(column)).where(column.is_not(None)))
            for column in _SEALED.values()
        )

    def sealed_samples(self) -> dict[str, str]:
        """Table -> one secret of it, still sealed; tables without any are left out."""
        found = {
            name: self._first(select(column.label("sealed")).where(column.is_not(None)).limit(1))
            for name, column in _SEALED.items()
        }
        return {name: row.sealed for name, row in found.items() if row is not None}
