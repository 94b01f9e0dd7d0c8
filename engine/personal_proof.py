"""Whether keys of personal data open, and are called by whom they were made for.

The office's secret key seals what they hold, and makes the name: without it nothing can be said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from engine.errors import SecretKeyUnusable
from engine.model import Fault, KeysVerification, PersonalKey, Subject
from engine.sealing import Sealing

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
