"""What one step of an instance writes, and what it starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.model.documents import Document
from engine.model.history import HistoryEvent
from engine.model.instances import ExternalTask, Incident, ProcessInstance, UserTask
from engine.model.messages import EventSubscription
from engine.model.values import Json


@dataclass(frozen=True, slots=True)
class StepRecord:
    """All that one step of an instance writes, in one transaction or not at all.

    instance: as it is after the step (`revision` = expected_revision + 1).
    events: at least one; sequences contiguous after the instance's former `last_sequence`.
    snapshot: the machine's state after the step, a cache that replay can rebuild; None leaves the
    stored one as it is (the step moved no token).
    opened: user tasks that the step created. changed: tasks with new values, whole.
    """

    instance: ProcessInstance
    expected_revision: int
    events: tuple[HistoryEvent, ...]
    snapshot: bytes | None
    opened: tuple[UserTask, ...] = ()
    changed: tuple[UserTask, ...] = ()
    #: External tasks that the step asked for, with new values, and the ids of those that are over.
    services_opened: tuple[ExternalTask, ...] = ()
    services_changed: tuple[ExternalTask, ...] = ()
    services_closed: tuple[str, ...] = ()
    #: What began to wait for a message or signal, and the ids of what waits no more.
    subscriptions_opened: tuple[EventSubscription, ...] = ()
    subscriptions_closed: tuple[str, ...] = ()
    incidents_raised: tuple[Incident, ...] = ()
    #: (incident id, when) pairs.
    incidents_resolved: tuple[tuple[str, datetime], ...] = ()
    #: What the input brought; the bytes are kept already.
    documents: tuple[Document, ...] = ()
    #: The visit of the loop or sub-process in which the variables of the input stay; "": the
    #: instance. None: what the entering of the input's visit says in history.
    input_scope: str | None = None


@dataclass(frozen=True, slots=True)
class StoredInstance:
    """An instance with its snapshot, as a step loads it. `snapshot` None: rebuild by replay."""

    instance: ProcessInstance
    snapshot: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RememberedRequest:
    """A repeatable write that was already done under an idempotency key."""

    account: str
    key: str
    #: SHA-256 over the request; another request under the same key is refused.
    fingerprint: str
    instance_id: str
    sequence: int
    result: Mapping[str, Json]
    at: datetime
