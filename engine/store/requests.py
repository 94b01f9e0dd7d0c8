"""Repeatable writes: what was answered under an idempotency key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select

from engine.errors import Conflict
from engine.model import RememberedRequest
from engine.store.tables import remembered_request
from engine.store.transaction import Transaction


class Requests(Transaction):
    """Questions about requests that were done before."""

    def recall_request(self, account: str, key: str) -> RememberedRequest | None:
        """What this account did under that key, if anything."""
        row = self._first(
            select(remembered_request).where(
                remembered_request.c.account == account, remembered_request.c.key == key
            )
        )
        return None if row is None else RememberedRequest(**row._mapping)

    def remember_request(self, request: RememberedRequest) -> None:
        """Keep what was done, in the transaction that did it.

        Conflict when the same request is being done at this moment; a repetition will recall it.
        """
        values = {column.name: getattr(request, column.name) for column in remembered_request.c}
        self._write(
            insert(remembered_request),
            [{**values, "result": dict(request.result)}],
            clash=Conflict(f"a request with idempotency key {request.key!r} was done just now"),
        )

    def forget_requests(self, before: datetime) -> int:
        """Drop what was remembered before that moment; how many."""
        return self._write(delete(remembered_request).where(remembered_request.c.at < before))
