"""The nouns of the engine: frozen data and enums, and nothing else.

Words are BPMN's and Camunda's, so that the field's documents apply. Times are aware datetimes in
UTC. Ids are strings that callers must treat as opaque.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

#: What a process variable may hold: JSON, and nothing that JSON cannot say.
Json = Any
Variables = Mapping[str, Json]


class Role(StrEnum):
    """What an account may do beside the work of its lanes."""

    STAFF = "staff"
    ANALYST = "analyst"
    AUDITOR = "auditor"
    ADMIN = "admin"
    #: A program that performs external tasks.
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, as proved by the border (HTTP, command line), never as claimed in a body.

    `capacity` is the standing in which the person acts: "definitif" for the holder of the post.
    """

    account: str
    roles: frozenset[Role] = frozenset()
    lanes: frozenset[str] = frozenset()
    capacity: str = "definitif"

    def has(self, *roles: Role) -> bool:
        """Whether the actor holds at least one of `roles`."""
        return not self.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class Account:
    """A person or system that may log in. The password hash (argon2) never leaves the engine."""

    name: str
    display_name: str
    roles: frozenset[Role]
    lanes: frozenset[str]
    is_active: bool
    created_at: datetime
    password_hash: str | None = field(default=None, repr=False)

    def as_actor(self) -> Actor:
        """The actor that this account is when it acts for itself."""
        return Actor(self.name, self.roles, self.lanes)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A personal access token; only its SHA-256 is stored."""

    token_id: str
    account: str
    name: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A browser login; the cookie's SHA-256 is the key."""

    session_hash: str
    account: str
    csrf_token: str
    created_at: datetime
    last_seen_at: datetime


# ---------------------------------------------------------------- definitions


class Severity(StrEnum):
    """How a finding weighs at deploy: `error` and `unsupported` refuse, `warning` does not."""

    ERROR = "error"
    UNSUPPORTED = "unsupported"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says of one place in one file, in both languages."""

    rule: str
    severity: Severity
    file_name: str
    line: int | None
    element_id: str | None
    element_name: str | None
    message_id: str
    message_en: str


class FieldType(StrEnum):
    """The types of a Camunda form field that Alur runs."""

    STRING = "string"
    LONG = "long"
    DOUBLE = "double"
    BOOLEAN = "boolean"
    DATE = "date"
    ENUM = "enum"


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form (`camunda:formField`).

    `required_if`: (other field, value); the field is mandatory when the other one has that value.
    `is_list`: the value is a list of strings, typed one per line.
    """

    id: str
    label: str
    type: FieldType = FieldType.STRING
    default: Json = None
    is_required: bool = False
    is_readonly: bool = False
    required_if: tuple[str, str] | None = None
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    #: (value, label) pairs of an enum, in the diagram's order.
    options: tuple[tuple[str, str], ...] = ()
    is_list: bool = False
    #: Fields of one group stand together under its heading ("Kelengkapan").
    group: str | None = None
    #: Lines of a text area; None for a one-line field.
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """An immutable upload. `digest` is the SHA-256 over names and contents of its files."""

    deployment_id: str
    name: str
    source: str | None
    digest: str
    deployed_at: datetime
    deployed_by: str


@dataclass(frozen=True, slots=True)
class Resource:
    """One file of a deployment, byte for byte as uploaded."""

    resource_id: str
    deployment_id: str
    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProcessDefinition:
    """(key, version) of one executable process. `definition_id` reads key:version:uuid."""

    definition_id: str
    key: str
    version: int
    name: str
    deployment_id: str
    resource_name: str
    digest: str
    version_tag: str | None
    history_time_to_live: int | None
    #: Top-level lane names in diagram order: who takes part, hence who may see its instances.
    lanes: tuple[str, ...]
    #: camunda:candidateStarterGroups and -Users; empty means every lane of the process may start.
    starter_groups: tuple[str, ...] = ()
    starter_users: tuple[str, ...] = ()
    deployed_at: datetime | None = None


# ------------------------------------------------------------------ instances


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
    follow_up_at: datetime | None = None
    priority: int = 50
    description: str | None = None
    form_key: str | None = None
    candidate_users: tuple[str, ...] = ()
    candidate_groups: tuple[str, ...] = ()
    local_variables: Variables = field(default_factory=dict)
    business_key: str | None = None


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


# -------------------------------------------------------------------- history


class EventKind(StrEnum):
    """Inputs are the truth; observations are what the engine did with them."""

    # inputs
    INSTANCE_STARTED = "instance_started"
    TASK_CLAIMED = "task_claimed"
    TASK_UNCLAIMED = "task_unclaimed"
    TASK_ASSIGNED = "task_assigned"
    TASK_COMPLETED = "task_completed"
    VARIABLES_CHANGED = "variables_changed"
    TIMERS_DUE = "timers_due"
    INCIDENT_RETRIED = "incident_retried"
    INSTANCE_CANCELLED = "instance_cancelled"
    CALLED_INSTANCE_ENDED = "called_instance_ended"
    CALL_FAILED = "call_failed"
    SERVICE_COMPLETED = "service_completed"
    SERVICE_FAILED = "service_failed"
    SERVICE_ERROR = "service_error"
    # observations
    ACTIVITY_ENTERED = "activity_entered"
    ACTIVITY_COMPLETED = "activity_completed"
    ACTIVITY_CANCELLED = "activity_cancelled"
    FLOW_TAKEN = "flow_taken"
    VARIABLES_SET = "variables_set"
    TIMER_SCHEDULED = "timer_scheduled"
    CALL_REQUESTED = "call_requested"
    SERVICE_REQUESTED = "service_requested"
    INCIDENT_RAISED = "incident_raised"
    INCIDENT_RESOLVED = "incident_resolved"
    INSTANCE_COMPLETED = "instance_completed"


INPUT_KINDS = frozenset(
    {
        EventKind.INSTANCE_STARTED,
        EventKind.TASK_CLAIMED,
        EventKind.TASK_UNCLAIMED,
        EventKind.TASK_ASSIGNED,
        EventKind.TASK_COMPLETED,
        EventKind.VARIABLES_CHANGED,
        EventKind.TIMERS_DUE,
        EventKind.INCIDENT_RETRIED,
        EventKind.INSTANCE_CANCELLED,
        EventKind.CALLED_INSTANCE_ENDED,
        EventKind.CALL_FAILED,
        EventKind.SERVICE_COMPLETED,
        EventKind.SERVICE_FAILED,
        EventKind.SERVICE_ERROR,
    }
)


@dataclass(frozen=True, slots=True)
class Observation:
    """What the machine saw happen, before history gives it a sequence and a hash."""

    kind: EventKind
    activity_id: str | None = None
    activity_instance_id: str | None = None
    payload: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """One row of an instance's history. `actor` is None for what the engine did by itself.

    `hash` chains to the event before: see history.py for what exactly is hashed.
    """

    instance_id: str
    sequence: int
    revision: int
    kind: EventKind
    at: datetime
    actor: str | None
    capacity: str | None
    activity_id: str | None
    activity_instance_id: str | None
    payload: Mapping[str, Json]
    previous_hash: str
    hash: str

    @property
    def is_input(self) -> bool:
        """Whether this came from outside, and so is the truth that replay starts from."""
        return self.kind in INPUT_KINDS


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that `verify` found wrong, at its exact place."""

    instance_id: str
    sequence: int | None
    #: "chain", "replay", "state" or "gap".
    check: str
    message: str
    expected: str | None = None
    found: str | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """The answer of `verify`: what was checked and every fault."""

    instance_id: str
    events: int
    inputs: int
    faults: tuple[Fault, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether history is what happened, as far as this check can tell."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class ActivityInstance:
    """One visit of one BPMN element, read from history."""

    activity_instance_id: str
    instance_id: str
    definition_id: str
    definition_key: str
    activity_id: str
    activity_name: str | None
    activity_type: str
    started_at: datetime
    ended_at: datetime | None
    is_cancelled: bool
    assignee: str | None


# ------------------------------------------------------------------- one step


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
    incidents_raised: tuple[Incident, ...] = ()
    #: (incident id, when) pairs.
    incidents_resolved: tuple[tuple[str, datetime], ...] = ()


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
