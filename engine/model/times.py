"""Measured time: how long tasks waited and were worked on, and which way instances went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.model.instances import InstanceState


@dataclass(frozen=True, slots=True)
class TaskTime:
    """One visit of a user task that has ended, measured in working time.

    waiting: while it was in nobody's hands. working: while it was in somebody's.
    round: 1 for the first time that the instance came to this step; 2 when it came back, and so on.
    Each item of a multi-instance step has rounds of its own.
    sent_by: the step whose end sent the instance back to this one; None when it went onward.
    """

    instance_id: str
    task_id: str
    definition_id: str
    definition_key: str
    activity_id: str
    lane: str | None
    created_at: datetime
    ended_at: datetime
    is_cancelled: bool
    waiting: timedelta
    working: timedelta
    due_at: datetime | None = None
    round: int = 1
    sent_by: str | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """The way that an instance went: many instances go the same one, which is kept once.

    steps: its user tasks in the order in which it came to them, without those that were cancelled;
    the items of a multi-instance step are one. visits, flows: element or flow -> how often.
    """

    digest: str
    definition_id: str
    steps: tuple[str, ...] = ()
    visits: Mapping[str, int] = field(default_factory=dict)
    flows: Mapping[str, int] = field(default_factory=dict)
    #: Whether it went on in another version on the way; `definition_id` is the last one then.
    is_migrated: bool = False


@dataclass(frozen=True, slots=True)
class InstanceTime:
    """An instance that has ended: how much working time it took, and by which course."""

    instance_id: str
    definition_id: str
    definition_key: str
    state: InstanceState
    started_at: datetime
    ended_at: datetime
    elapsed: timedelta
    course_digest: str
