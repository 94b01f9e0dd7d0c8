"""What listings and overviews of process instances may be asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.model import InstanceState


@dataclass(frozen=True, slots=True)
class InstanceQuery:
    """Filters of a listing of process instances, running or ended."""

    instance_ids: tuple[str, ...] | None = None
    business_key: str | None = None
    business_key_like: str | None = None
    #: As those of a TaskQuery.
    key_words: tuple[str, ...] | None = None
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
