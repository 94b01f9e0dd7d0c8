"""Signals on their way: one row for each receiver, until it has arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, delete, insert, select

from engine.model import SignalDelivery
from engine.store.kept_rows import of_table
from engine.store.tables import signal_delivery
from engine.store.transaction import Transaction


class Signals(Transaction):
    """Questions about signals that did not arrive yet."""

    def add_signal_deliveries(self, deliveries: Sequence[SignalDelivery]) -> None:
        """Keep who is to get a signal, with what threw it."""
        if deliveries:
            self._write(insert(signal_delivery), [asdict(each) for each in deliveries])

    def signal_deliveries(self, limit: int) -> list[str]:
        """Ids of what did not arrive yet, the oldest first."""
        columns = signal_delivery.c
        wanted = (
            select(columns.delivery_id)
            .order_by(columns.thrown_at, columns.delivery_id)
            .limit(limit)
        )
        return self._ids(wanted, columns.delivery_id)

    def take_signal_delivery(self, delivery_id: str) -> SignalDelivery | None:
        """Take it away, to let it arrive in this transaction; None when somebody else did."""
        found = signal_delivery.c.delivery_id == delivery_id
        row = self._first(select(signal_delivery).where(found))
        if row is None or not self._write(delete(signal_delivery).where(found)):
            return None
        return _signal_delivery(row)


@of_table(signal_delivery)
def _signal_delivery(row: Row[Any]) -> SignalDelivery:
    return SignalDelivery(**row._mapping)
