"""What is kept of instances beside their histories: projections, which history leads to again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from engine.model.documents import HeldDocument
from engine.model.instances import ExternalTask, Incident, TaskState, UserTask
from engine.model.messages import EventSubscription
from engine.model.steps import StoredInstance


class SetVariable(NamedTuple):
    """One time that an event set a variable. A tuple, since there are as many as events."""

    sequence: int
    name: str
    #: The visit of the loop or sub-process in which it stays; empty: the instance.
    scope: str
    at: datetime
    activity_instance_id: str | None
    #: Whether it was not there before.
    is_first: bool


class Listed(NamedTuple):
    """An instance in the list of all: how many events it has, and its place."""

    instance_id: str
    events: int
    began: int


@dataclass(frozen=True, slots=True)
class EndedTask:
    """How a user task ended."""

    task_id: str
    state: TaskState
    ended_at: datetime | None
    ended_by: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who is offered a task by name: `kind` is "user" or "group"."""

    task_id: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class KeptBeside:
    """All that is kept of one instance beside its history, each in the order of its making."""

    stored: StoredInstance
    open_tasks: Sequence[UserTask] = ()
    ended_tasks: Sequence[EndedTask] = ()
    #: Open task -> the lane that it is offered to; None: it is offered by name.
    offered_lanes: dict[str, str | None] = field(default_factory=dict)
    #: Of the open tasks.
    candidates: frozenset[Candidate] = frozenset()
    subscriptions: Sequence[EventSubscription] = ()
    services: Sequence[ExternalTask] = ()
    incidents: Sequence[Incident] = ()
    documents: Sequence[HeldDocument] = ()
    variables: Sequence[SetVariable] = ()
