"""Whether chains of hashes hold: every history from its first event to its head, and the log.

And whether diagrams are those that were deployed. Nothing is run again: that is for auditing.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.account_log import verified_with_rights
from engine.definition_proof import definition_faults, deployment_faults
from engine.errors import PASSING_TROUBLE, DamagedHistory, DamagedRow, NotFound, StorageError
from engine.history import chain_faults
from engine.model import Fault, HistoryEvent, ProcessInstance, Told, in_parts
from engine.queries import InstanceQuery
from engine.store import StoreTransaction

#: Instances asked for at once.
_BATCH = 200


def faults_of_chains(tx: StoreTransaction) -> Iterator[Fault]:
    """Each place where a chain does not hold, and what of it or of a diagram cannot be read."""
    last = None
    while batch := tx.instances_behind(last, _BATCH):
        for together in in_parts(batch):
            yield from _faults_of(tx, together)
        last = batch[-1]
    for each in tx.histories_without_instance():
        told = "there is a history, but no row of its instance"
        yield Fault(each, 1, "state", told, found="unreadable")
    yield from verified_with_rights(tx)[0].faults
    for each in tx.definition_ids():
        yield from definition_faults(tx, each)
    for each in tx.deployment_ids():
        yield from deployment_faults(tx, each)


def _faults_of(tx: StoreTransaction, instance_ids: Sequence[str]) -> Iterator[Fault]:
    try:
        told = tx.events_of(instance_ids)
        query = InstanceQuery(instance_ids=tuple(instance_ids))
        rows = {each.instance_id: each for each in tx.instances(query)}
    except PASSING_TROUBLE:
        raise
    except StorageError:
        told, rows = {}, {}
    for each in instance_ids:
        if each not in rows:
            yield from _faults_of_one(tx, each)
        else:
            yield from chain_faults(each, told[each].events)
            yield from head_faults(rows[each], told[each].events)


def _faults_of_one(tx: StoreTransaction, instance_id: str) -> list[Fault]:
    """By itself, which shows what of it cannot be read."""
    try:
        instance = tx.instance(instance_id)
        told, damages = readable(tx, instance_id)
    except (DamagedRow, NotFound) as error:
        return [Fault(instance_id, None, "state", str(error), found="unreadable")]
    if damages:
        return list(damages)
    return chain_faults(instance_id, told.events) + head_faults(instance, told.events)


def readable(tx: StoreTransaction, instance_id: str) -> tuple[Told, tuple[Fault, ...]]:
    """The events; those before the first that cannot be read, and which cannot."""
    try:
        return tx.events_of([instance_id])[instance_id], ()
    except DamagedRow:
        try:
            tx.events(instance_id)
        except DamagedHistory as damaged:
            first = min(sequence for sequence, _ in damaged.damages)
            return Told(tx.events(instance_id, limit=first - 1)), _damage_faults(damaged)
        raise


def _damage_faults(damaged: DamagedHistory) -> tuple[Fault, ...]:
    return tuple(
        Fault(
            damaged.instance_id,
            sequence,
            "chain",
            f"the event cannot be read any more: {reason}",
            found="unreadable",
        )
        for sequence, reason in damaged.damages
    )


def head_faults(instance: ProcessInstance, events: Sequence[HistoryEvent]) -> list[Fault]:
    """A cut tail shows in the instance's own row, unless that was changed as well."""
    last = events[-1].sequence if events else 0
    head = events[-1].hash if events else ""
    if last == instance.last_sequence and head == instance.head_hash:
        return []
    return [
        Fault(
            instance.instance_id,
            max(last, instance.last_sequence) if last == instance.last_sequence else last + 1,
            "gap",
            "history does not end where the instance says it does",
            expected=f"event {instance.last_sequence} with hash {instance.head_hash}",
            found=f"event {last} with hash {head}",
        )
    ]
