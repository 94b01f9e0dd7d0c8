"""Repeatable writes: the same request under the same idempotency key is done once.

The key is remembered in the transaction that does the deed, so that a client who lost the answer
can ask again and gets the first one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from engine.canonical_json import canonical_json
from engine.errors import Conflict, IdempotencyKeyReused, InvalidInput
from engine.model import (
    Actor,
    InstanceState,
    Json,
    KeptMessage,
    KeptState,
    ProcessInstance,
    RememberedRequest,
)
from engine.sources import Clock
from engine.steps import Outcome
from engine.store import Store, StoreTransaction

MAX_KEY_LENGTH = 255

#: How long the same request gives the first one's answer.
REMEMBERED = timedelta(days=30)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Request:
    """A write that somebody may repeat. Without a key it cannot be recognised, and is done anew."""

    actor: Actor
    key: str | None
    #: What makes two requests under one key the same request: the deed, and with what.
    likeness: Sequence[Json]

    @property
    def fingerprint(self) -> str:
        """The likeness as SHA-256, lower-case hex."""
        return hashlib.sha256(canonical_json([*self.likeness])).hexdigest()

    def recall(self, tx: StoreTransaction) -> RememberedRequest | None:
        """The same request if it was done before. Raises IdempotencyKeyReused for another one."""
        if self.key is None:
            return None
        _require_key(self.key)
        done = tx.recall_request(self.actor.account, self.key)
        if done is not None and done.fingerprint != self.fingerprint:
            raise IdempotencyKeyReused(self.key)
        return done

    def despite_race(self, deed: Callable[[], _T]) -> _T:
        """What the deed gives, which recalls the request before it remembers it.

        For deeds that wait for no lock before they recall: the same request may be done on another
        connection at the same time. Then that one's answer is there when the deed is tried again.
        """
        try:
            return deed()
        except Conflict:
            if self.key is None:
                raise
            return deed()

    def remember(
        self,
        tx: StoreTransaction,
        outcome: Outcome,
        now: datetime,
        result: Mapping[str, Json] | None = None,
    ) -> None:
        """Keep what the request led to, with the deed itself; its variables, if nothing else."""
        place = outcome.instance.instance_id, outcome.event.sequence
        self._remember(tx, place, result or {"variables": outcome.variables}, now)

    def remember_kept(self, tx: StoreTransaction, kept: KeptMessage, now: datetime) -> None:
        """Keep that the request led to a kept message."""
        looked_at = kept.looked_at.isoformat()
        result = {"kept": kept.kept_id, "matches": kept.matches, "lookedAt": looked_at}
        self.remember_beside(tx, kept.kept_id, result, now=now)

    def remember_beside(
        self, tx: StoreTransaction, thing_id: str, result: Mapping[str, Json], *, now: datetime
    ) -> None:
        """Keep that the request led to what is of no instance: a kept message, a signal."""
        self._remember(tx, (thing_id, 0), result, now)

    def _remember(
        self,
        tx: StoreTransaction,
        place: tuple[str, int],
        result: Mapping[str, Json],
        now: datetime,
    ) -> None:
        if self.key is None:
            return
        instance_id, sequence = place
        tx.remember_request(
            RememberedRequest(
                account=self.actor.account,
                key=self.key,
                fingerprint=self.fingerprint,
                instance_id=instance_id,
                sequence=sequence,
                result=result,
                at=now,
            )
        )


def part_of(key: str, part: str) -> str:
    """The key of one part of a request whose parts are each done in a transaction of their own.

    A key that would be too long with its part stands there by its SHA-256. Raises InvalidInput.
    """
    _require_key(key)
    whole = f"{key}/{part}"
    if len(whole) <= MAX_KEY_LENGTH:
        return whole
    return f"sha256:{hashlib.sha256(key.encode()).hexdigest()}/{part}"


def _require_key(key: str) -> None:
    if not 1 <= len(key) <= MAX_KEY_LENGTH or not key.isprintable():
        raise InvalidInput(
            f"an idempotency key has 1 to {MAX_KEY_LENGTH} printable characters",
            {"Idempotency-Key": [f"found {len(key)} characters"]},
        )


def standing(instance: ProcessInstance) -> dict[str, Json]:
    """What an answer says of an instance and what later steps may change, to be remembered."""
    return {"definition": instance.definition_id, "state": instance.state.value}


def as_it_stood(instance: ProcessInstance, standing: Mapping[str, Json]) -> ProcessInstance:
    """The instance as the first answer told it, though it went on, ended or was moved since."""
    if "state" not in standing:  # remembered before the standing was
        return instance
    state = InstanceState(str(standing["state"]))
    was = replace(instance, definition_id=str(standing["definition"]), state=state)
    return replace(was, ended_at=None, end_reason=None) if state is InstanceState.ACTIVE else was


def as_it_was_kept(kept: KeptMessage, result: Mapping[str, Any]) -> KeptMessage:
    """The message as the first answer told it, though it was looked at or settled since."""
    if "lookedAt" not in result:  # remembered before that was
        return kept
    return replace(
        kept,
        state=KeptState.WAITING,
        matches=result["matches"],
        looked_at=datetime.fromisoformat(result["lookedAt"]),
        delivered_to=None,
        settled_at=None,
        settled_by=None,
        reason=None,
    )


class Repeats:
    """What one store remembers of requests that may be repeated."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def forget_old(self) -> int:
        """Drop what was remembered longer than REMEMBERED; how many requests."""
        with self._store.writing() as tx:
            return tx.forget_requests(self._clock.now() - REMEMBERED)
