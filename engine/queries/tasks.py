"""What a listing of user tasks may be asked, and who sees which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.model import TaskState

#: Stands before the words of business keys in the index of words; words_in makes no such letter.
KEY_MARK = "ª"
#: Of one instance: with more than these characters of words it is found by no new ones.
MOST_CHARACTERS = 200_000


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
    names_in: tuple[str, ...] | None = None
    #: A part of the name, whatever its case.
    name_contains: str | None = None
    #: Each begins a word of the business key, as `search_words.words_in` gives words.
    key_words: tuple[str, ...] | None = None
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
