"""The tables, their constraints and indexes: what the law of storage is, in SQLAlchemy Core.

The migrations build the same schema step by step; a contract test compares the two. What a
snapshot or a payload means is left to others.
"""

from __future__ import annotations

from engine.store.tables.accounts import (
    access_token,
    account,
    account_event,
    account_log,
    login_failure,
    login_session,
)
from engine.store.tables.calendars import work_calendar
from engine.store.tables.checkpoints import checkpoint, listed_head
from engine.store.tables.columns import (
    CanonicalJson,
    Duration,
    Moment,
    Words,
    canonical_text,
    metadata,
    name_places,
)
from engine.store.tables.definitions import (
    definition_lane,
    deployment,
    process_definition,
    resource,
)
from engine.store.tables.deliveries import (
    announcement,
    contact,
    delivery,
    delivery_attempt,
    webhook_subscription,
)
from engine.store.tables.documents import document, document_content, pending_upload
from engine.store.tables.drafts import saved_filter, task_draft
from engine.store.tables.escalations import superior_lanes, task_escalation
from engine.store.tables.evidence import evidence_package
from engine.store.tables.history import UNSEARCHED, history_event, of_kind
from engine.store.tables.identities import identity, sign_on
from engine.store.tables.instances import (
    external_task,
    incident,
    process_instance,
    remembered_request,
    task_candidate,
    user_task,
)
from engine.store.tables.links import task_link
from engine.store.tables.message_sources import message_source
from engine.store.tables.messages import event_subscription, kept_message, signal_delivery
from engine.store.tables.operations import duty_pulse
from engine.store.tables.personal_data import erasure, personal_key
from engine.store.tables.search import search_entry
from engine.store.tables.second_factors import recovery_code, second_factor
from engine.store.tables.substitutions import substitution
from engine.store.tables.tallies import instance_tally, spread_tally, tallied_span, task_tally
from engine.store.tables.times import course, instance_time, task_time
from engine.store.tables.variables import variable_update

__all__ = [
    "UNSEARCHED",
    "CanonicalJson",
    "Duration",
    "Moment",
    "Words",
    "access_token",
    "account",
    "account_event",
    "account_log",
    "announcement",
    "canonical_text",
    "checkpoint",
    "contact",
    "course",
    "definition_lane",
    "delivery",
    "delivery_attempt",
    "deployment",
    "document",
    "document_content",
    "duty_pulse",
    "erasure",
    "event_subscription",
    "evidence_package",
    "external_task",
    "history_event",
    "identity",
    "incident",
    "instance_tally",
    "instance_time",
    "kept_message",
    "listed_head",
    "login_failure",
    "login_session",
    "message_source",
    "metadata",
    "of_kind",
    "pending_upload",
    "personal_key",
    "process_definition",
    "process_instance",
    "recovery_code",
    "remembered_request",
    "resource",
    "saved_filter",
    "search_entry",
    "second_factor",
    "sign_on",
    "signal_delivery",
    "spread_tally",
    "substitution",
    "superior_lanes",
    "tallied_span",
    "task_candidate",
    "task_draft",
    "task_escalation",
    "task_link",
    "task_tally",
    "task_time",
    "user_task",
    "variable_update",
    "webhook_subscription",
    "work_calendar",
]

name_places(metadata)
