"""Who is to get a signal: all that wait for it when it is thrown, and all that it starts.

Written in the transaction that throws it, so that a crash loses nothing; each receiver hears in a
step of its own (signals.py).
"""

from __future__ import annotations

from dataclasses import replace

from engine.definitions import Definitions
from engine.model import HistoryEvent, ProcessInstance, SignalDelivery
from engine.queries import EventSubscriptionQuery
from engine.store import StoreTransaction

SIGNAL = "signal"


def receivers(
    tx: StoreTransaction,
    definitions: Definitions,
    thrown: SignalDelivery,
    *,
    instance_id: str | None = None,
) -> list[SignalDelivery]:
    """`thrown`, once for each that gets it; what waits in the instance that threw it has heard.

    instance_id: only what waits in this one.
    """
    query = EventSubscriptionQuery(kind=SIGNAL, name=thrown.name, instance_id=instance_id)
    waiting = [
        replace(thrown, instance_id=each.instance_id, subscription_id=each.subscription_id)
        for each in tx.subscriptions(query)
        if each.instance_id != thrown.thrown_by
    ]
    starts = definitions.started_by(tx, SIGNAL, thrown.name) if instance_id is None else []
    started = [
        replace(thrown, definition_id=definition.definition_id, start_event=start.id)
        for definition, start in starts
    ]
    return [
        replace(each, delivery_id=f"{thrown.delivery_id}.{number}")
        for number, each in enumerate([*waiting, *started], start=1)
    ]


def broadcast(
    tx: StoreTransaction,
    definitions: Definitions,
    thrower: ProcessInstance,
    thrown: HistoryEvent,
) -> None:
    """An instance threw a signal: keep who is to get it."""
    signal = SignalDelivery(
        delivery_id=f"{thrown.instance_id}.{thrown.sequence}",
        name=thrown.payload["name"],
        thrown_at=thrown.at,
        on_behalf_of=thrower.started_by,
        variables=thrown.payload["variables"],
        thrown_by=thrown.instance_id,
    )
    tx.add_signal_deliveries(receivers(tx, definitions, signal))
