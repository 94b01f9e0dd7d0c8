"""Builds history: gives each fact its sequence, its canonical bytes and its place in the chain.

The chain (one per instance): hash = SHA-256(0x00 | previous hash | canonical JSON of the event),
where the canonical JSON is RFC 8785 over the keys of `canonical`. The first event's previous hash
is SHA-256 of the instance id, so that an event can not be moved to another instance.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.canonical_json import CanonicalizationError, canonical_json
from engine.model import Actor, EventKind, Fault, HistoryEvent, Json, Observation, ProcessInstance


@dataclass(frozen=True, slots=True)
class Input:
    """What came from outside, before history gives it a place."""

    kind: EventKind
    actor: Actor | None
    payload: Mapping[str, Json]
    activity_id: str | None = None
    activity_instance_id: str | None = None


def genesis(instance_id: str) -> str:
    """What the first event of an instance chains to."""
    return hashlib.sha256(instance_id.encode()).hexdigest()


def canonical(event: HistoryEvent) -> bytes:
    """The bytes of an event that its hash covers: everything but the two hashes (RFC 8785)."""
    return canonical_json(
        {
            "instance": event.instance_id,
            "sequence": event.sequence,
            "revision": event.revision,
            "kind": str(event.kind),
            "at": event.at.isoformat(timespec="milliseconds"),
            "actor": event.actor,
            "capacity": event.capacity,
            "activity": event.activity_id,
            "activityInstance": event.activity_instance_id,
            "payload": dict(event.payload),
        }
    )


def chain_hash(previous_hash: str, body: bytes) -> str:
    """The hash of an event whose canonical bytes are `body`, as lower-case hex."""
    return hashlib.sha256(b"\x00" + bytes.fromhex(previous_hash) + body).hexdigest()


def build_events(
    instance: ProcessInstance,
    given: Input,
    observations: Sequence[Observation],
    *,
    at: datetime,
) -> tuple[HistoryEvent, ...]:
    """The events of one step: its input, then what the engine observed.

    instance: as it was before the step (for a start: revision 0, last_sequence 0, genesis head).
    """
    actor = given.actor
    facts: list[
        tuple[EventKind, str | None, str | None, str | None, str | None, Mapping[str, Json]]
    ]
    facts = [
        (
            given.kind,
            actor.account if actor else None,
            actor.capacity if actor else None,
            given.activity_id,
            given.activity_instance_id,
            _told(given),
        )
    ]
    facts += [
        (seen.kind, None, None, seen.activity_id, seen.activity_instance_id, seen.payload)
        for seen in observations
    ]
    events: list[HistoryEvent] = []
    previous = instance.head_hash
    for sequence, fact in enumerate(facts, start=instance.last_sequence + 1):
        kind, account, capacity, activity_id, activity_instance_id, payload = fact
        event = HistoryEvent(
            instance_id=instance.instance_id,
            sequence=sequence,
            revision=instance.revision + 1,
            kind=kind,
            at=at,
            actor=account,
            capacity=capacity,
            activity_id=activity_id,
            activity_instance_id=activity_instance_id,
            payload=payload,
            previous_hash=previous,
            hash="",
        )
        previous = chain_hash(previous, canonical(event))
        events.append(_with_hash(event, previous))
    return tuple(events)


def input_of(instance: ProcessInstance, given: Input, at: datetime) -> HistoryEvent:
    """The input as the first event of the next step, outside of the chain: without its hashes."""
    return HistoryEvent(
        instance_id=instance.instance_id,
        sequence=instance.last_sequence + 1,
        revision=instance.revision + 1,
        kind=given.kind,
        at=at,
        actor=None,
        capacity=None,
        activity_id=given.activity_id,
        activity_instance_id=given.activity_instance_id,
        payload=given.payload,
        previous_hash="",
        hash="",
    )


def _told(given: Input) -> Mapping[str, Json]:
    """The payload, with the substitution by which the actor acted."""
    acting = given.actor.acting if given.actor else None
    return {**given.payload, "substitution": acting.facts()} if acting else given.payload


def chain_faults(instance_id: str, events: Iterable[HistoryEvent]) -> list[Fault]:
    """Every place where the chain of one instance does not hold, in order of sequence."""
    faults: list[Fault] = []
    expected_sequence, previous = 1, genesis(instance_id)
    for event in events:
        if event.sequence != expected_sequence:
            faults.append(
                Fault(
                    instance_id,
                    expected_sequence,
                    "gap",
                    f"event {expected_sequence} is missing; the next one is {event.sequence}",
                    expected=str(expected_sequence),
                    found=str(event.sequence),
                )
            )
        elif event.previous_hash != previous:
            faults.append(
                Fault(
                    instance_id,
                    event.sequence,
                    "chain",
                    "the event does not chain to the one before it",
                    expected=previous,
                    found=event.previous_hash,
                )
            )
        computed = _recomputed(event)
        if computed != event.hash:
            faults.append(
                Fault(
                    instance_id,
                    event.sequence,
                    "chain",
                    "the event is not what was recorded: its hash does not match its content",
                    expected=event.hash,
                    found=computed,
                )
            )
        expected_sequence, previous = event.sequence + 1, event.hash
    return faults


def follows(event: HistoryEvent, last_sequence: int, previous_hash: str) -> bool:
    """Whether the event is the next one of its chain, and what was recorded."""
    is_next = event.sequence == last_sequence + 1 and event.previous_hash == previous_hash
    return is_next and _recomputed(event) == event.hash


def _recomputed(event: HistoryEvent) -> str:
    """The hash of the event's content as it is now, or why it has none."""
    try:
        return chain_hash(event.previous_hash, canonical(event))
    except (ValueError, CanonicalizationError) as error:
        return f"not computable: {error}"


def _with_hash(event: HistoryEvent, value: str) -> HistoryEvent:
    # dataclasses.replace costs five times this, once per event.
    object.__setattr__(event, "hash", value)
    return event
