"""What a listing may be asked: filters, pages and order. None in a filter means "any"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.model import (
    AccountEventKind,
    Channel,
    DeliveryState,
    EventKind,
    InstanceState,
    Json,
    KeptState,
    SubstitutionKind,
    SubstitutionState,
    TaskState,
)


class SortOrder(StrEnum):
    """Direction of a listing."""

    ASC = "asc"
    DESC = "desc"


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a listing. `max_results` None means all."""

    first_result: int = 0
    max_results: int | None = None
    #: (field name of the query's noun, order) pairs; ties are always broken by id.
    sorting: tuple[tuple[str, SortOrder], ...] = ()
    #: Only what comes after this place: the values that the last row seen has in the fields of
    #: `sorting`, then in those that break ties.
    after: tuple[str | int | datetime | None, ...] | None = None


@dataclass(frozen=True, slots=True)
class DefinitionQuery:
    """Filters of a listing of process definitions; None means "any"."""

    definition_id: str | None = None
    key: str | None = None
    key_like: str | None = None
    keys_in: tuple[str, ...] | None = None
    name: str | None = None
    name_like: str | None = None
    version: int | None = None
    version_tag: str | None = None
    deployment_id: str | None = None
    resource_name: str | None = None
    is_latest: bool = False
    #: Only definitions in which one of these lanes takes part (visibility).
    visible_to_lanes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class DeploymentQuery:
    """Filters of a listing of deployments."""

    deployment_id: str | None = None
    name: str | None = None
    name_like: str | None = None
    source: str | None = None
    after: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class InstanceQuery:
    """Filters of a listing of process instances, running or ended."""

    instance_ids: tuple[str, ...] | None = None
    business_key: str | None = None
    business_key_like: str | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    definition_ids_in: tuple[str, ...] | None = None
    definition_keys_in: tuple[str, ...] | None = None
    states: frozenset[InstanceState] | None = None
    started_after: datetime | None = None
    started_before: datetime | None = None
    ended_after: datetime | None = None
    ended_before: datetime | None = None
    started_by: str | None = None
    has_incident: bool | None = None
    #: With an open task of this lane.
    open_lane: str | None = None
    #: With an open task that was due before this moment.
    late_at: datetime | None = None
    #: With an open task that went up to superiors.
    is_escalated: bool = False
    super_instance_id: str | None = None
    visible_to_lanes: frozenset[str] | None = None
    #: With `visible_to_lanes`: instances that this account started are visible too.
    visible_to_account: str | None = None


@dataclass(frozen=True, slots=True)
class OverviewQuery:
    """Which work an overview counts: one SOP or all, and what ended within the period."""

    definition_key: str | None = None
    #: The period, both moments outside of it.
    since: datetime | None = None
    before: datetime | None = None
    visible_to_lanes: frozenset[str] | None = None
    #: With `visible_to_lanes`: instances that this account started are visible too.
    visible_to_account: str | None = None


@dataclass(frozen=True, slots=True)
class EventSubscriptionQuery:
    """Filters of a listing of what waits for messages and signals."""

    subscription_id: str | None = None
    #: "message" or "signal".
    kind: str | None = None
    name: str | None = None
    instance_id: str | None = None
    activity_id: str | None = None
    #: Of the process instance that waits.
    business_key: str | None = None


@dataclass(frozen=True, slots=True)
class KeptMessageQuery:
    """Filters of a listing of kept messages."""

    name: str | None = None
    state: KeptState | None = None


@dataclass(frozen=True, slots=True)
class SubstitutionQuery:
    """Filters of a listing of substitutions."""

    account: str | None = None
    lane: str | None = None
    kind: SubstitutionKind | None = None
    basis_number_like: str | None = None
    state: SubstitutionState | None = None
    #: The moment at which `state` is asked.
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TaskScope:
    """Which tasks an actor may see: those of its lanes or groups, its own, those offered to it."""

    account: str
    lanes: frozenset[str]


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """Filters of a listing of user tasks."""

    task_id: str | None = None
    task_ids: tuple[str, ...] | None = None
    instance_id: str | None = None
    instance_ids: tuple[str, ...] | None = None
    business_key: str | None = None
    business_key_like: str | None = None
    business_keys_in: tuple[str, ...] | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    definition_keys_in: tuple[str, ...] | None = None
    activity_id: str | None = None
    activity_ids_in: tuple[str, ...] | None = None
    name: str | None = None
    name_like: str | None = None
    #: Parts of names and keys, whatever their case.
    name_contains: str | None = None
    business_key_contains: str | None = None
    #: Each of them stands in the name or in the business key, whatever its case.
    words: tuple[str, ...] = ()
    description: str | None = None
    description_like: str | None = None
    assignee: str | None = None
    assignee_like: str | None = None
    is_assigned: bool | None = None
    lane: str | None = None
    #: Tasks offered to this account by name, or to one of these lanes or candidate groups.
    candidate_user: str | None = None
    candidate_groups: tuple[str, ...] | None = None
    include_assigned: bool = False
    states: frozenset[TaskState] | None = frozenset({TaskState.OPEN})
    created_after: datetime | None = None
    created_before: datetime | None = None
    due_at: datetime | None = None
    is_dated: bool | None = None
    due_after: datetime | None = None
    due_before: datetime | None = None
    follow_up_at: datetime | None = None
    follow_up_after: datetime | None = None
    follow_up_before: datetime | None = None
    #: Before that moment, or never: what is not put off.
    follow_up_before_or_absent: datetime | None = None
    #: Gone up to superiors: to any, or to one of these lanes.
    is_escalated: bool | None = None
    escalated_to: tuple[str, ...] | None = None
    ended_after: datetime | None = None
    ended_before: datetime | None = None
    ended_by: str | None = None
    priority: int | None = None
    min_priority: int | None = None
    max_priority: int | None = None
    #: Whether the instance of the task has ended.
    is_instance_ended: bool | None = None
    #: None shows all (auditors, admins).
    visible_to: TaskScope | None = None


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Filters of a listing of history events across instances."""

    instance_id: str | None = None
    instance_ids: tuple[str, ...] | None = None
    kinds: frozenset[EventKind] | None = None
    activity_id: str | None = None
    activity_instance_id: str | None = None
    revision: int | None = None
    actor: str | None = None
    #: Whether a person or program gave it, and not the engine by itself.
    is_by_somebody: bool | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    at_after: datetime | None = None
    at_before: datetime | None = None
    visible_to_lanes: frozenset[str] | None = None
    #: With `visible_to_lanes`: instances that this account started are visible too.
    visible_to_account: str | None = None


@dataclass(frozen=True, slots=True)
class ActivityQuery:
    """Filters of a listing of visits of BPMN elements."""

    instance_id: str | None = None
    instance_ids: tuple[str, ...] | None = None
    activity_instance_id: str | None = None
    activity_id: str | None = None
    activity_ids_in: tuple[str, ...] | None = None
    activity_name: str | None = None
    activity_name_like: str | None = None
    activity_type: str | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    assignee: str | None = None
    is_finished: bool | None = None
    is_cancelled: bool | None = None
    started_after: datetime | None = None
    started_before: datetime | None = None
    ended_after: datetime | None = None
    ended_before: datetime | None = None
    visible_to_lanes: frozenset[str] | None = None
    #: With `visible_to_lanes`: instances that this account started are visible too.
    visible_to_account: str | None = None


@dataclass(frozen=True, slots=True)
class IncidentQuery:
    """Filters of a listing of incidents, open or resolved."""

    incident_id: str | None = None
    instance_id: str | None = None
    instance_ids: tuple[str, ...] | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    definition_keys_in: tuple[str, ...] | None = None
    activity_id: str | None = None
    activity_instance_id: str | None = None
    kind: str | None = None
    message: str | None = None
    message_like: str | None = None
    is_open: bool | None = None
    #: Whether it went because its instance was cancelled; of the others that are not open: not.
    is_deleted: bool | None = None
    raised_after: datetime | None = None
    raised_before: datetime | None = None
    resolved_after: datetime | None = None
    resolved_before: datetime | None = None
    visible_to_lanes: frozenset[str] | None = None
    #: With `visible_to_lanes`: instances that this account started are visible too.
    visible_to_account: str | None = None


@dataclass(frozen=True, slots=True)
class IdentityLinkQuery:
    """Filters of the log of who was given a task, was offered it, or lost it."""

    instance_id: str | None = None
    task_id: str | None = None
    #: "assignee" or "candidate"; "add" or "delete".
    link: str | None = None
    operation: str | None = None
    user: str | None = None
    group: str | None = None
    actor: str | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    at_after: datetime | None = None
    at_before: datetime | None = None
    visible_to_lanes: frozenset[str] | None = None
    visible_to_account: str | None = None


@dataclass(frozen=True, slots=True)
class VariableQuery:
    """Filters of a listing of variables, or of each time that one was set."""

    instance_id: str | None = None
    instance_ids: tuple[str, ...] | None = None
    #: Of the event that set it (first, of a variable).
    sequence: int | None = None
    name: str | None = None
    names_in: tuple[str, ...] | None = None
    name_like: str | None = None
    #: Visits of loops and sub-processes in which a variable stays; "" is the instance.
    scopes_in: tuple[str, ...] | None = None
    activity_instance_id: str | None = None
    activity_instance_ids: tuple[str, ...] | None = None
    at_after: datetime | None = None
    at_before: datetime | None = None
    revision: int | None = None
    kinds: frozenset[EventKind] | None = None
    #: Whether a person or program set it, and not the engine by itself.
    is_by_somebody: bool | None = None
    #: All changes of one variable: its instance, the event that set it first, its name.
    variable: tuple[str, int, str] | None = None
    #: Of variables only: the value, alone in a tuple since it may be None.
    value: tuple[Json] | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    visible_to_lanes: frozenset[str] | None = None
    #: With `visible_to_lanes`: instances that this account started are visible too.
    visible_to_account: str | None = None


@dataclass(frozen=True, slots=True)
class TopicSubscription:
    """What a worker asks for: one topic, for how long it locks, and which instances count."""

    topic: str
    lock_duration_ms: int
    business_key: str | None = None
    definition_id: str | None = None
    definition_keys_in: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ExternalTaskQuery:
    """Filters of a listing of external tasks that are not over."""

    external_task_id: str | None = None
    topic: str | None = None
    worker_id: str | None = None
    instance_id: str | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    activity_id: str | None = None
    #: Locked means: by a lock that has not expired at `at`.
    is_locked: bool | None = None
    at: datetime | None = None
    has_retries_left: bool | None = None


@dataclass(frozen=True, slots=True)
class AccountEventQuery:
    """Filters of the log of accounts; None means "any"."""

    account: str | None = None
    actor: str | None = None
    kinds: tuple[AccountEventKind, ...] | None = None
    after: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeliveryQuery:
    """Filters of the log of deliveries."""

    delivery_id: str | None = None
    subscription_id: str | None = None
    channel: Channel | None = None
    state: DeliveryState | None = None
    instance_id: str | None = None
