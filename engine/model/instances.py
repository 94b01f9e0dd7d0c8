"""Process instances and the work that is open in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from engine.model.escalations import TaskEscalation
from engine.model.values import Variables


class InstanceState(StrEnum):
    """Where a process instance stands. A running instance may still carry incidents."""

    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    #: Ended by a person with a reason. Camunda's word, so that its clients understand.
    CANCELLED = "EXTERNALLY_TERMINATED"


@dataclass(frozen=True, slots=True)
class ProcessInstance:
    """One run of a definition. `revision` counts its steps; `last_sequence` its history events."""

    instance_id: str
    definition_id: str
    definition_key: str
    business_key: str | None
    state: InstanceState
    revision: int
    last_sequence: int
    #: Hash of the last event: the head of the instance's chain.
    head_hash: str
    started_at: datetime
    started_by: str
    start_activity_id: str | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None
    #: When the earliest timer of the instance is due; None when it waits only for people.
    next_due_at: datetime | None = None
    #: The instance whose call activity started this one.
    super_instance_id: str | None = None


class TaskState(StrEnum):
    """Whether a user task still waits."""

    OPEN = "open"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class PrecedingTask:
    """A completed step that led to another one, and who completed it."""

    task_id: str
    activity_id: str
    by: str


@dataclass(frozen=True, slots=True)
class UserTask:
    """A human step: a projection that history can rebuild.

    `lane` is the top-level lane, which decides who may work on it; `lane_path` runs from there to
    the innermost child lane, which carries the local title. `local_variables` are those of a
    multi-instance body ({"bidang": "Sekretariat"}).
    """

    task_id: str
    instance_id: str
    definition_id: str
    definition_key: str
    activity_id: str
    name: str
    lane: str | None
    lane_path: tuple[str, ...]
    state: TaskState
    created_at: datetime
    assignee: str | None = None
    claimed_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    due_at: datetime | None = None
    #: The calendar and its revision by which `due_at` was computed; None: the diagram said when.
    due_calendar: str | None = None
    due_revision: int | None = None
    #: When it is next reminded of. Kept beside history: no event leads to it.
    remind_at: datetime | None = None
    #: When it is next looked at whether it goes up to superiors. As remind_at.
    escalate_at: datetime | None = None
    #: To whom it went up while it was overdue, level by level.
    escalations: tuple[TaskEscalation, ...] = ()
    follow_up_at: datetime | None = None
    priority: int = 50
    description: str | None = None
    form_key: str | None = None
    candidate_users: tuple[str, ...] = ()
    candidate_groups: tuple[str, ...] = ()
    local_variables: Variables = field(default_factory=dict)
    business_key: str | None = None
    #: Whether the diagram closes the step to substitutes (`sop:strategis`).
    is_strategic: bool = False
    #: The substitution by which its assignee has it in hand; None: by himself.
    substitution_id: str | None = None
    #: The steps whose completion led here; see engine/same_person.py.
    preceded_by: tuple[PrecedingTask, ...] = ()


@dataclass(frozen=True, slots=True)
class ExternalTask:
    """A service that a worker outside of the engine performs; a projection as UserTask is one.

    A worker owns it until `lock_expires_at`. `retries` None: no failure was told yet; 0: an
    incident waits for somebody to look.
    """

    external_task_id: str
    instance_id: str
    definition_id: str
    definition_key: str
    activity_id: str
    topic: str
    created_at: datetime
    priority: int = 0
    business_key: str | None = None
    worker_id: str | None = None
    lock_expires_at: datetime | None = None
    retries: int | None = None
    error_message: str | None = None
    error_details: str | None = None


class IncidentKind(StrEnum):
    """What failed. Camunda's words, so that its clients understand."""

    FAILED_JOB = "failedJob"
    FAILED_EXTERNAL_TASK = "failedExternalTask"


@dataclass(frozen=True, slots=True)
class Incident:
    """A step that failed and can be retried; the person's work is already kept."""

    incident_id: str
    instance_id: str
    definition_id: str
    activity_id: str
    raised_at: datetime
    message: str
    resolved_at: datetime | None = None
    kind: IncidentKind = IncidentKind.FAILED_JOB
    #: The visit of the element that failed; None in what was written before it was kept.
    activity_instance_id: str | None = None
    #: Two facts of its instance: the key of its definition, and whether it went because the
    #: instance was cancelled. Known where it was read from a store.
    definition_key: str | None = None
    is_deleted: bool = False
