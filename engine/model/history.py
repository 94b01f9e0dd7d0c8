"""What happened: events, and what is found when they are checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from engine.model.values import Json


class EventKind(StrEnum):
    """Inputs are the truth; observations are what the engine did with them."""

    # inputs
    INSTANCE_STARTED = "instance_started"
    TASK_CLAIMED = "task_claimed"
    TASK_UNCLAIMED = "task_unclaimed"
    TASK_ASSIGNED = "task_assigned"
    TASK_CHANGED = "task_changed"
    TASK_ESCALATED = "task_escalated"
    TASK_COMPLETED = "task_completed"
    TASK_ERROR = "task_error"
    TASK_ESCALATION = "task_escalation"
    VARIABLES_CHANGED = "variables_changed"
    TIMERS_DUE = "timers_due"
    INCIDENT_RETRIED = "incident_retried"
    INSTANCE_CANCELLED = "instance_cancelled"
    CALLED_INSTANCE_ENDED = "called_instance_ended"
    CALL_FAILED = "call_failed"
    CALL_ERROR = "call_error"
    CALL_ESCALATION = "call_escalation"
    SERVICE_COMPLETED = "service_completed"
    SERVICE_FAILED = "service_failed"
    SERVICE_ERROR = "service_error"
    MESSAGE_RECEIVED = "message_received"
    SIGNAL_RECEIVED = "signal_received"
    ATTACHMENT_ADDED = "attachment_added"
    ATTACHMENT_WITHDRAWN = "attachment_withdrawn"
    COMMENT_ADDED = "comment_added"
    INSTANCE_MIGRATED = "instance_migrated"
    # observations
    ACTIVITY_ENTERED = "activity_entered"
    ACTIVITY_COMPLETED = "activity_completed"
    ACTIVITY_CANCELLED = "activity_cancelled"
    ACTIVITY_MIGRATED = "activity_migrated"
    FLOW_TAKEN = "flow_taken"
    VARIABLES_SET = "variables_set"
    TIMER_SCHEDULED = "timer_scheduled"
    CALL_REQUESTED = "call_requested"
    SERVICE_REQUESTED = "service_requested"
    ERROR_THROWN = "error_thrown"
    ESCALATION_THROWN = "escalation_thrown"
    EVENT_AWAITED = "event_awaited"
    SIGNAL_THROWN = "signal_thrown"
    INCIDENT_RAISED = "incident_raised"
    INCIDENT_RESOLVED = "incident_resolved"
    INSTANCE_COMPLETED = "instance_completed"
    # notes
    DEADLINE_SET = "deadline_set"


INPUT_KINDS = frozenset(
    {
        EventKind.INSTANCE_STARTED,
        EventKind.TASK_CLAIMED,
        EventKind.TASK_UNCLAIMED,
        EventKind.TASK_ASSIGNED,
        EventKind.TASK_CHANGED,
        EventKind.TASK_ESCALATED,
        EventKind.TASK_COMPLETED,
        EventKind.TASK_ERROR,
        EventKind.TASK_ESCALATION,
        EventKind.VARIABLES_CHANGED,
        EventKind.TIMERS_DUE,
        EventKind.INCIDENT_RETRIED,
        EventKind.INSTANCE_CANCELLED,
        EventKind.CALLED_INSTANCE_ENDED,
        EventKind.CALL_FAILED,
        EventKind.CALL_ERROR,
        EventKind.CALL_ESCALATION,
        EventKind.SERVICE_COMPLETED,
        EventKind.SERVICE_FAILED,
        EventKind.SERVICE_ERROR,
        EventKind.MESSAGE_RECEIVED,
        EventKind.SIGNAL_RECEIVED,
        EventKind.ATTACHMENT_ADDED,
        EventKind.ATTACHMENT_WITHDRAWN,
        EventKind.COMMENT_ADDED,
        EventKind.INSTANCE_MIGRATED,
    }
)
#: Inputs by which a task gets into somebody's hands, or out of them.
HAND_KINDS = frozenset({EventKind.TASK_CLAIMED, EventKind.TASK_UNCLAIMED, EventKind.TASK_ASSIGNED})


#: What sets variables. Those of a called instance, and those that come with an error, are set by
#: the observation that follows.
SETTING_KINDS = frozenset(
    {
        EventKind.INSTANCE_STARTED,
        EventKind.TASK_COMPLETED,
        EventKind.VARIABLES_CHANGED,
        EventKind.SERVICE_COMPLETED,
        EventKind.MESSAGE_RECEIVED,
        EventKind.SIGNAL_RECEIVED,
        EventKind.VARIABLES_SET,
    }
)


#: What the engine adds to a step beside what the machine observed. A replay passes them over; each
#: has a check of its own in `verify`.
NOTE_KINDS = frozenset({EventKind.DEADLINE_SET})


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

    @property
    def values_set(self) -> Mapping[str, Json]:
        """The variables that it set, in the instance or in a scope of it."""
        if self.kind not in SETTING_KINDS:
            return {}
        place = "values" if self.kind is EventKind.VARIABLES_SET else "variables"
        found: Mapping[str, Json] = self.payload.get(place) or {}
        return found

    @property
    def copied_texts(self) -> tuple[str | None, str | None]:
        """The name and the type that an event of an activity has: what listings search for."""
        if self.activity_id is None:
            return None, None
        name, kind = self.payload.get("name"), self.payload.get("type")
        return name if isinstance(name, str) else None, kind if isinstance(kind, str) else None


#: What `verify` checks; the README of the engine says what each is.
FaultKind = Literal[
    "chain",
    "gap",
    "replay",
    "deadline",
    "escalation",
    "paraf",
    "same person",
    "state",
    "document",
    "checkpoint",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that `verify` found wrong, at its exact place."""

    instance_id: str
    sequence: int | None
    check: FaultKind
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
    """One visit of one BPMN element, read from history. `sequence` is that of its entering."""

    activity_instance_id: str
    instance_id: str
    sequence: int
    definition_id: str
    definition_key: str
    activity_id: str
    activity_name: str | None
    activity_type: str
    started_at: datetime
    ended_at: datetime | None
    is_cancelled: bool
    assignee: str | None


@dataclass(frozen=True, slots=True)
class IdentityLink:
    """Somebody was given a task, was offered it, or lost it; read from history.

    `link`: "assignee" or "candidate". `operation`: "add" or "delete". `part` tells apart what one
    event of `sequence` says. `actor` is None for what the diagram says.
    """

    instance_id: str
    sequence: int
    part: str
    at: datetime
    task_id: str
    link: str
    operation: str
    user: str | None
    group: str | None
    actor: str | None
    definition_id: str
    definition_key: str


@dataclass(frozen=True, slots=True)
class VariableUpdate:
    """One variable that one event set. Its value is what the event says.

    `scope` is the visit of the loop or sub-process in which it stays, "" for the instance.
    `first_sequence` is that of the event that set this variable first: both name the variable.
    """

    instance_id: str
    sequence: int
    name: str
    scope: str
    kind: EventKind
    at: datetime
    revision: int
    activity_id: str | None
    activity_instance_id: str | None
    actor: str | None
    definition_id: str
    definition_key: str
    first_sequence: int
    value: Json = None


@dataclass(frozen=True, slots=True)
class VariableInstance:
    """One variable, as it is now or was at its instance's end. `sequence`: who set it first."""

    instance_id: str
    sequence: int
    name: str
    scope: str
    created_at: datetime
    activity_instance_id: str | None
    kind: EventKind
    definition_id: str
    definition_key: str
    last_sequence: int
    value: Json = None
