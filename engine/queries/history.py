"""What listings of what happened may be asked: events, visits, incidents, hands, variables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.model import EventKind, Json


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
