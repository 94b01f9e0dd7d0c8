"""The log of accounts: every change of an account and every login, in one chain of hashes.

The chain is that of history.py: hash = SHA-256(0x00 | previous hash | RFC 8785 JSON of the event).
One chain holds all accounts, since an event may concern two, or a name that nobody has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.account_proof import OF_ACCOUNTS, account_faults
from engine.canonical_json import CanonicalizationError, canonical_json
from engine.erasure_proof import OF_ERASURES, erasure_faults
from engine.errors import DamagedRow
from engine.history import chain_hash
from engine.model import (
    AccountEvent,
    AccountEventKind,
    Actor,
    Fault,
    FaultKind,
    LogHead,
    Role,
    Verification,
)
from engine.permissions import require_role
from engine.queries import AccountEventQuery, Page
from engine.store import Store, StoreTransaction
from engine.substitution_proof import OF_SUBSTITUTIONS, substitution_faults

#: What a verification calls this log, where that of an instance has the instance's id.
LOG = "account-log"
GENESIS = hashlib.sha256(LOG.encode()).hexdigest()

_FIRST_PAGE = Page()
_OF_RIGHTS = OF_ACCOUNTS | OF_SUBSTITUTIONS | OF_ERASURES


class AccountLog:
    """What happened to accounts, for admins and auditors."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def events(
        self, query: AccountEventQuery, page: Page = _FIRST_PAGE, *, actor: Actor
    ) -> list[AccountEvent]:
        """The events that match. Raises Forbidden."""
        _require_reader(actor)
        with self._store.reading() as tx:
            return tx.account_events(query, page)

    def count(self, query: AccountEventQuery, *, actor: Actor) -> int:
        """How many events match. Raises Forbidden."""
        _require_reader(actor)
        with self._store.reading() as tx:
            return tx.count_account_events(query)

    def verify(self, *, actor: Actor) -> Verification:
        """Check the whole chain, that the log ends where it says, and what follows from it.

        Accounts with what they may do, substitutions and erasures are kept beside the log, and must
        be those that it tells of; so must the keys be that are gone. Raises Forbidden.
        """
        _require_reader(actor)
        with self._store.reading() as tx:
            found, told = verified_with_rights(tx)
            if not found.is_sound:
                return found
            faults = _read(lambda: account_faults(LOG, told, tx.accounts()))
            faults += _read(lambda: substitution_faults(LOG, told, tx.every_substitution()))
            faults += _read(
                lambda: erasure_faults(LOG, told, tx.every_erasure(), tx.destroyed_keys())
            )
            return replace(found, faults=tuple(faults))


def _read(judged: Callable[[], list[Fault]]) -> list[Fault]:
    """The faults; that a row cannot be read is one."""
    try:
        return judged()
    except DamagedRow as error:
        return [Fault(LOG, None, "state", str(error), found="unreadable")]


def verified_with_rights(tx: StoreTransaction) -> tuple[Verification, list[AccountEvent]]:
    """What is found wrong with the log itself, and its events that rows beside it follow from."""
    told: list[AccountEvent] = []
    events = _noted(tx.every_account_event(), told)
    try:
        head = tx.account_log_head()
    except DamagedRow as error:
        fault = Fault(LOG, None, "gap", f"where it ends: {error}", found="unreadable")
        return Verification(LOG, 0, 0, (fault,)), told
    return verification(events, head), told


def _noted(events: Iterable[AccountEvent], told: list[AccountEvent]) -> Iterator[AccountEvent]:
    """The events; those that rows follow from, which are few, are put into `told`."""
    for event in events:
        if event.kind in _OF_RIGHTS:
            told.append(event)
        yield event


def _require_reader(actor: Actor) -> None:
    require_role(actor, "read the log of accounts", Role.AUDITOR, Role.ADMIN)


def record(
    tx: StoreTransaction,
    kind: AccountEventKind,
    account: str | None,
    *,
    at: datetime,
    actor: Actor | None = None,
    source: str = "",
    **payload: Any,
) -> None:
    """Append an event in the transaction that does what it tells of.

    actor: None when nobody was proved. payload: JSON; never a secret. Call it last in a
    transaction: until its end nobody else can append.
    """
    head = tx.account_log_head(for_change=True)
    event = AccountEvent(
        sequence=head.sequence + 1,
        kind=kind,
        at=at,
        account=account,
        actor=actor.account if actor else None,
        capacity=actor.capacity if actor else None,
        source=source or None,
        payload=payload,
        previous_hash=head.hash,
        hash="",
    )
    tx.append_account_event(replace(event, hash=chain_hash(head.hash, canonical(event))))


def canonical(event: AccountEvent) -> bytes:
    """The bytes of an event that its hash covers: everything but the two hashes (RFC 8785)."""
    content: dict[str, Any] = {
        "log": LOG,
        "sequence": event.sequence,
        "kind": str(event.kind),
        "at": event.at.isoformat(timespec="milliseconds"),
        "account": event.account,
        "actor": event.actor,
        "capacity": event.capacity,
        "source": event.source,
        "payload": dict(event.payload),
    }
    return canonical_json(content)


# -------------------------------------------------------------------- verifying


def verification(events: Iterable[AccountEvent], head: LogHead) -> Verification:
    """Every place where the chain does not hold, in order; and whether it ends at `head`."""
    faults: list[Fault] = []
    last, count = LogHead(0, GENESIS), 0
    try:
        for event in events:
            count += 1
            faults += _faults_of(event, last)
            last = LogHead(event.sequence, event.hash)
    except (DamagedRow, ValueError) as error:
        faults.append(_fault(last.sequence + 1, "chain", f"an event cannot be read: {error}"))
        return Verification(LOG, count, count, tuple(faults))
    if last != head:
        expected = f"event {head.sequence} with hash {head.hash}"
        found = f"event {last.sequence} with hash {last.hash}"
        text = "the log does not end where it says"
        faults.append(_fault(last.sequence + 1, "gap", text, expected, found))
    return Verification(LOG, count, count, tuple(faults))


def _faults_of(event: AccountEvent, before: LogHead) -> list[Fault]:
    found: list[Fault] = []
    expected = before.sequence + 1
    if event.sequence != expected:
        text = f"event {expected} is missing; the next one is {event.sequence}"
        found.append(_fault(expected, "gap", text, str(expected), str(event.sequence)))
    elif event.previous_hash != before.hash:
        text = "the event does not chain to the one before it"
        found.append(_fault(event.sequence, "chain", text, before.hash, event.previous_hash))
    computed = _recomputed(event)
    if computed != event.hash:
        text = "the event is not what was recorded: its hash does not match its content"
        found.append(_fault(event.sequence, "chain", text, event.hash, computed))
    return found


def _recomputed(event: AccountEvent) -> str:
    try:
        return chain_hash(event.previous_hash, canonical(event))
    except (ValueError, CanonicalizationError) as error:
        return f"not computable: {error}"


def _fault(
    sequence: int,
    check: FaultKind,
    message: str,
    expected: str | None = None,
    found: str | None = None,
) -> Fault:
    return Fault(LOG, sequence, check, message, expected=expected, found=found)
