"""What workers and listings of external tasks may ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
