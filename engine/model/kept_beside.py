"""What is kept of instances beside their histories: projections, which history leads to again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from engine.model.documents import HeldDocument
from engine.model.history import HistoryEvent
from engine.model.instances import ExternalTask, Incident, UserTask
from engine.model.messages import EventSubscription
from engine.model.steps import StoredInstance
from engine.model.times import Course, InstanceTime, TaskTime

#: Events that are read together, unless one instance has more: what bounds the memory.
_AT_ONCE = 4000


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


def in_parts(instances: Iterable[Listed]) -> Iterator[list[str]]:
    """The ids of instances, as many together as have few enough events; at least one."""
    part, events = list[str](), 0
    for each in instances:
        if part and events + each.events > _AT_ONCE:
            yield part
            part, events = [], 0
        part.append(each.instance_id)
        events += each.events
    if part:
        yield part


class SearchedBy(NamedTuple):
    """What listings find a user task by, beside what it says itself."""

    #: The lane that it is offered to; None: it is offered by name.
    offered_lane: str | None
    #: How many levels it went up.
    level: int


class Told(NamedTuple):
    """The events of one instance, in their order."""

    events: list[HistoryEvent]
    #: Numbers of those whose rows have another name or type beside them, to be searched for.
    miscopied: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who is offered a task by name: `kind` is "user" or "group"."""

    task_id: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class KeptMeasures:
    """What the worker measured of one instance."""

    #: Whether the instance is called measured; which of its tasks are.
    is_measured: bool = False
    measured_tasks: frozenset[str] = frozenset()
    tasks: Mapping[str, TaskTime] = field(default_factory=dict)
    instance: InstanceTime | None = None
    #: The one that `instance` names.
    course: Course | None = None


@dataclass(frozen=True, slots=True)
class KeptBeside:
    """All that is kept of one instance beside its history, each in the order of its making."""

    stored: StoredInstance
    #: Open and ended.
    tasks: Sequence[UserTask] = ()
    #: By task.
    searched_by: Mapping[str, SearchedBy] = field(default_factory=dict)
    #: Of the open tasks.
    candidates: frozenset[Candidate] = frozenset()
    #: (task id, level) -> the lane to which it went up; of the open tasks.
    risen: Mapping[tuple[str, int], str] = field(default_factory=dict)
    subscriptions: Sequence[EventSubscription] = ()
    services: Sequence[ExternalTask] = ()
    incidents: Sequence[Incident] = ()
    documents: Sequence[HeldDocument] = ()
    variables: Sequence[SetVariable] = ()
    #: By which words the search finds it; None: by none.
    words: str | None = None
    measures: KeptMeasures = field(default_factory=KeptMeasures)
