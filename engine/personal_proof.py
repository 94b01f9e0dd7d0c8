"""Whether keys of personal data are there, open, and are called by whom they were made for.

The office's secret key seals what they hold, and makes the name: without it only that one is gone
can be said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from engine.errors import SecretKeyUnusable
from engine.model import Fault, HistoryEvent, KeysVerification, PersonalKey, Subject
from engine.sealed_values import seals_in
from engine.sealing import PLACES, Sealing
from engine.store import StoreTransaction

_NOBODY = Subject("")
_T = TypeVar("_T")


def verified(keys: Sequence[PersonalKey], sealing: Sealing) -> KeysVerification:
    """What is found of some keys that are not destroyed."""
    # To look for a secret key that is missing takes long: once for all of them.
    if _opened(lambda: sealing.persons(_NOBODY)) is None:
        return KeysVerification(len(keys), unopened=len(keys))
    judged = [_faults(key, sealing) for key in keys]
    faults = tuple(fault for found in judged if found for fault in found)
    return KeysVerification(len(keys), unopened=judged.count(None), faults=faults)


def gone_faults(
    tx: StoreTransaction, instance_id: str, events: Iterable[HistoryEvent]
) -> list[Fault]:
    """Each key that sealed a value of these events and has no row.

    An erasure leaves a row with its name: who deletes one hides that there was something to read.
    """
    named: dict[str, int] = {}
    for event in events:
        for place in PLACES:
            for seal in seals_in(event.payload.get(place)):
                named.setdefault(seal.key_id, event.sequence)
    kept = set(tx.personal_key_ids(instance_id)) if named else set()
    return [
        Fault(
            instance_id,
            sequence,
            "state",
            f"personal key {key_id}, which sealed a value of the event, is gone without an erasure",
            found="nothing",
        )
        for key_id, sequence in named.items()
        if key_id not in kept
    ]


def _faults(key: PersonalKey, sealing: Sealing) -> list[Fault] | None:
    """None: nothing of it opens, since another secret key sealed it."""
    subject = _opened(lambda: sealing.subject_of(key))
    secret = _opened(lambda: sealing.secret_of(key))
    if subject is None and secret is None:
        return None
    if subject is None:
        return [_unreadable(key, "sealed_subject")]
    found = [] if secret is not None else [_unreadable(key, "sealed_key")]
    persons = sealing.persons(subject)
    if key.person not in persons:
        text = f"person of personal key {key.key_id} is not whom it was made for"
        found.append(
            Fault(key.instance_id, None, "state", text, expected=persons[0], found=str(key.person))
        )
    return found


def _unreadable(key: PersonalKey, column: str) -> Fault:
    text = f"{column} of personal key {key.key_id} does not open, as the rest of the row does"
    return Fault(key.instance_id, None, "state", text, found="unreadable")


def _opened(ask: Callable[[], _T]) -> _T | None:
    try:
        return ask()
    except SecretKeyUnusable:
        return None
