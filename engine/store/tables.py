"""The tables, their constraints and indexes: what the law of storage is, in SQLAlchemy Core.

The migrations build the same schema step by step; a contract test compares the two. What a
snapshot or a payload means is left to others.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

if TYPE_CHECKING:
    from sqlalchemy import Dialect

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

#: Bytewise order on both databases, whatever the locale of the PostgreSQL cluster is.
Words = Text().with_variant(Text(collation="C"), "postgresql")


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as whole milliseconds since 1970 in UTC: exact and sortable."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """The number to store; finer parts than a millisecond are cut off."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"expected an aware datetime, got {value!r} without a time zone")
        return (value - _EPOCH) // _MILLISECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The moment in UTC."""
        return None if value is None else _EPOCH + value * _MILLISECOND


class CanonicalJson(TypeDecorator[Any]):
    """JSON as canonical text: keys sorted, no spaces, so that equal values are equal texts."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The canonical text."""
        return None if value is None else canonical_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """The value."""
        return None if value is None else json.loads(value)


def canonical_text(value: Any) -> str:
    """`value` as the one text that stands for it; ValueError when JSON cannot say it."""
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# ---------------------------------------------------------------- definitions

deployment = Table(
    "deployment",
    metadata,
    Column("deployment_id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("source", Words),
    Column("digest", Words, nullable=False),
    Column("deployed_at", Moment, nullable=False),
    Column("deployed_by", Words, nullable=False),
    Index("ix_deployment_digest", "digest"),
    Index("ix_deployment_deployed_at", "deployed_at"),
)

resource = Table(
    "resource",
    metadata,
    Column("resource_id", Words, primary_key=True),
    Column(
        "deployment_id",
        Words,
        ForeignKey("deployment.deployment_id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("name", Words, nullable=False),
    Column("content", LargeBinary, nullable=False),
    UniqueConstraint("deployment_id", "name"),
)

process_definition = Table(
    "process_definition",
    metadata,
    Column("definition_id", Words, primary_key=True),
    Column("key", Words, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Words, nullable=False),
    Column("deployment_id", Words, nullable=False),
    Column("resource_name", Words, nullable=False),
    Column("digest", Words, nullable=False),
    Column("version_tag", Words),
    Column("history_time_to_live", Integer),
    Column("starter_groups", CanonicalJson, nullable=False),
    Column("starter_users", CanonicalJson, nullable=False),
    Column("deployed_at", Moment, nullable=False),
    UniqueConstraint("key", "version"),
    ForeignKeyConstraint(
        ["deployment_id", "resource_name"],
        ["resource.deployment_id", "resource.name"],
        ondelete="CASCADE",
    ),
    CheckConstraint("version >= 1", name="version"),
    Index("ix_process_definition_deployment_id", "deployment_id", "resource_name"),
)

definition_lane = Table(
    "definition_lane",
    metadata,
    Column(
        "definition_id",
        Words,
        ForeignKey("process_definition.definition_id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("position", Integer, nullable=False),
    Column("name", Words, nullable=False),
    PrimaryKeyConstraint("definition_id", "position"),
    Index("ix_definition_lane_name", "name", "definition_id"),
)

# ------------------------------------------------------------------ instances

process_instance = Table(
    "process_instance",
    metadata,
    Column("instance_id", Words, primary_key=True),
    Column("definition_id", Words, ForeignKey("process_definition.definition_id"), nullable=False),
    Column("definition_key", Words, nullable=False),
    Column("business_key", Words),
    Column("state", Words, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("last_sequence", Integer, nullable=False),
    Column("head_hash", Words, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("started_by", Words, nullable=False),
    Column("start_activity_id", Words),
    Column("ended_at", Moment),
    Column("end_reason", Words),
    Column("next_due_at", Moment),
    Column("super_instance_id", Words),
    # Last, so that SQLite reads a listing without the pages that the snapshot overflows into.
    Column("snapshot", LargeBinary),
    CheckConstraint("state IN ('ACTIVE', 'COMPLETED', 'EXTERNALLY_TERMINATED')", name="state"),
    CheckConstraint("(state = 'ACTIVE') = (ended_at IS NULL)", name="ended"),
    CheckConstraint("revision >= 1 AND last_sequence >= 1", name="revision"),
    Index("ix_process_instance_definition_id", "definition_id", "state"),
    Index("ix_process_instance_definition_key", "definition_key", "state", "started_at"),
    Index("ix_process_instance_business_key", "business_key"),
    Index("ix_process_instance_state", "state", "started_at"),
    Index("ix_process_instance_started_by", "started_by", "started_at"),
    Index("ix_process_instance_ended_at", "ended_at"),
    Index("ix_process_instance_super_instance_id", "super_instance_id"),
    Index(
        "ix_process_instance_next_due_at",
        "next_due_at",
        sqlite_where=text("next_due_at IS NOT NULL"),
        postgresql_where=text("next_due_at IS NOT NULL"),
    ),
)

user_task = Table(
    "user_task",
    metadata,
    Column("instance_id", Words, ForeignKey("process_instance.instance_id"), nullable=False),
    Column("task_id", Words, nullable=False),
    Column("definition_id", Words, nullable=False),
    Column("definition_key", Words, nullable=False),
    Column("business_key", Words),
    Column("activity_id", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("description", Words),
    Column("form_key", Words),
    Column("lane", Words),
    Column("lane_path", CanonicalJson, nullable=False),
    #: The lane that is offered the task: `lane`, or null when the diagram names candidates.
    Column("offered_lane", Words),
    Column("candidate_users", CanonicalJson, nullable=False),
    Column("candidate_groups", CanonicalJson, nullable=False),
    Column("local_variables", CanonicalJson, nullable=False),
    Column("state", Words, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("assignee", Words),
    Column("claimed_at", Moment),
    Column("due_at", Moment),
    Column("follow_up_at", Moment),
    Column("ended_at", Moment),
    Column("ended_by", Words),
    PrimaryKeyConstraint("instance_id", "task_id"),
    CheckConstraint("state IN ('open', 'completed', 'cancelled')", name="state"),
    CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended"),
    Index("ix_user_task_task_id", "task_id"),
    Index("ix_user_task_offered_lane", "offered_lane", "state", "due_at", "created_at"),
    Index("ix_user_task_assignee", "assignee", "state", "due_at", "created_at"),
    Index("ix_user_task_state", "state", "created_at"),
    Index("ix_user_task_definition_key", "definition_key", "state", "created_at"),
    Index("ix_user_task_business_key", "business_key"),
    Index("ix_user_task_ended_by", "ended_by", "ended_at"),
)

#: Who is offered a task by name: an index over user_task.candidate_users and candidate_groups.
task_candidate = Table(
    "task_candidate",
    metadata,
    Column("instance_id", Words, nullable=False),
    Column("task_id", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("name", Words, nullable=False),
    PrimaryKeyConstraint("instance_id", "task_id", "kind", "name"),
    ForeignKeyConstraint(
        ["instance_id", "task_id"], ["user_task.instance_id", "user_task.task_id"]
    ),
    CheckConstraint("kind IN ('user', 'group')", name="kind"),
    Index("ix_task_candidate_name", "name", "kind"),
)

#: Services that workers perform. A row is gone when the service is over: history has it.
external_task = Table(
    "external_task",
    metadata,
    Column("instance_id", Words, ForeignKey("process_instance.instance_id"), nullable=False),
    Column("external_task_id", Words, nullable=False),
    Column("definition_id", Words, nullable=False),
    Column("definition_key", Words, nullable=False),
    Column("activity_id", Words, nullable=False),
    Column("topic", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("business_key", Words),
    Column("worker_id", Words),
    Column("lock_expires_at", Moment),
    Column("retries", Integer),
    Column("error_message", Words),
    Column("error_details", Words),
    PrimaryKeyConstraint("instance_id", "external_task_id"),
    CheckConstraint("retries IS NULL OR retries >= 0", name="retries"),
    Index("ix_external_task_external_task_id", "external_task_id"),
    Index("ix_external_task_topic", "topic", "lock_expires_at"),
)

incident = Table(
    "incident",
    metadata,
    Column("instance_id", Words, ForeignKey("process_instance.instance_id"), nullable=False),
    Column("incident_id", Words, nullable=False),
    Column("definition_id", Words, nullable=False),
    Column("activity_id", Words, nullable=False),
    Column("raised_at", Moment, nullable=False),
    Column("message", Words, nullable=False),
    Column("resolved_at", Moment),
    PrimaryKeyConstraint("instance_id", "incident_id"),
    Index("ix_incident_resolved_at", "resolved_at", "raised_at"),
)

# -------------------------------------------------------------------- history

#: Append-only: triggers of migration 0001 refuse to change or delete a row.
history_event = Table(
    "history_event",
    metadata,
    Column("instance_id", Words, ForeignKey("process_instance.instance_id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("kind", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", Words),
    Column("capacity", Words),
    Column("activity_id", Words),
    Column("activity_instance_id", Words),
    #: Copies of the payload's "name" and "type", so that a listing can filter by them.
    Column("activity_name", Words),
    Column("activity_type", Words),
    Column("payload", CanonicalJson, nullable=False),
    Column("previous_hash", Words, nullable=False),
    Column("hash", Words, nullable=False),
    PrimaryKeyConstraint("instance_id", "sequence"),
    CheckConstraint("sequence >= 1 AND revision >= 1", name="sequence"),
    Index("ix_history_event_activity_instance_id", "instance_id", "activity_instance_id"),
    Index("ix_history_event_kind", "kind", "at"),
    Index("ix_history_event_activity_id", "activity_id", "at"),
    Index(
        "ix_history_event_actor",
        "actor",
        "at",
        sqlite_where=text("actor IS NOT NULL"),
        postgresql_where=text("actor IS NOT NULL"),
    ),
)

remembered_request = Table(
    "remembered_request",
    metadata,
    Column("account", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("instance_id", Words, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("result", CanonicalJson, nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("account", "key"),
    Index("ix_remembered_request_at", "at"),
)

# ------------------------------------------------------------------- accounts

account = Table(
    "account",
    metadata,
    Column("name", Words, primary_key=True),
    Column("display_name", Words, nullable=False),
    Column("roles", CanonicalJson, nullable=False),
    Column("lanes", CanonicalJson, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("password_hash", Words),
)

access_token = Table(
    "access_token",
    metadata,
    Column("token_id", Words, primary_key=True),
    Column("token_hash", Words, nullable=False),
    Column("account", Words, ForeignKey("account.name"), nullable=False),
    Column("name", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("last_used_at", Moment),
    UniqueConstraint("token_hash"),
    UniqueConstraint("account", "name"),
)

login_session = Table(
    "login_session",
    metadata,
    Column("session_hash", Words, primary_key=True),
    Column("account", Words, ForeignKey("account.name"), nullable=False),
    Column("csrf_token", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Index("ix_login_session_account", "account"),
    Index("ix_login_session_last_seen_at", "last_seen_at"),
    Index("ix_login_session_created_at", "created_at"),
)

#: No foreign key: a name that has no account is counted too, or the count would tell which exist.
login_failure = Table(
    "login_failure",
    metadata,
    Column(
        "failure_id",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("name", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_login_failure_name", "name", "at"),
    Index("ix_login_failure_at", "at"),
)
