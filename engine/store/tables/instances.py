"""What belongs to a process instance: its head, its open work, its history."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    false,
    text,
)

from engine.store.tables.columns import CanonicalJson, Moment, Number, Words, metadata

process_instance = Table(
    "process_instance",
    metadata,
    Column("instance_id", Words, primary_key=True),
    Column("definition_id", Words, ForeignKey("process_definition.definition_id"), nullable=False),
    Column("definition_key", Words, nullable=False),
    Column("business_key", Words),
    Column("state", Words, nullable=False),
    Column("revision", Number, nullable=False),
    Column("last_sequence", Number, nullable=False),
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
    #: Whether reports have it: see tables/times.py. The worker's alone; a step leaves it.
    Column("is_measured", Boolean, nullable=False, server_default=false()),
    CheckConstraint("state IN ('ACTIVE', 'COMPLETED', 'EXTERNALLY_TERMINATED')", name="state"),
    CheckConstraint("(state = 'ACTIVE') = (ended_at IS NULL)", name="ended"),
    CheckConstraint("revision >= 1 AND last_sequence >= 1", name="revision"),
    Index("ix_process_instance_definition_id", "definition_id", "state"),
    Index("ix_process_instance_definition_key", "definition_key", "state", "started_at"),
    Index("ix_process_instance_business_key", "business_key"),
    Index("ix_process_instance_state", "state", "started_at"),
    Index("ix_process_instance_started_by", "started_by", "started_at"),
    # The list of all instances, the latest first.
    Index("ix_process_instance_started_at", "started_at"),
    # Whoever counts what ended in a period reads no more than this.
    Index("ix_process_instance_ended_at", "ended_at", "state", "definition_id"),
    Index("ix_process_instance_super_instance_id", "super_instance_id"),
    Index(
        "ix_process_instance_next_due_at",
        "next_due_at",
        sqlite_where=text("next_due_at IS NOT NULL"),
        postgresql_where=text("next_due_at IS NOT NULL"),
    ),
    Index(
        "ix_process_instance_unmeasured",
        "ended_at",
        sqlite_where=text("is_measured = 0 AND ended_at IS NOT NULL"),
        postgresql_where=text("NOT is_measured AND ended_at IS NOT NULL"),
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
    Column("lane_path", CanonicalJson(str), nullable=False),
    #: The lane that is offered the task: `lane`, or null when the diagram names candidates.
    Column("offered_lane", Words),
    Column("candidate_users", CanonicalJson(str), nullable=False),
    Column("candidate_groups", CanonicalJson(str), nullable=False),
    Column("local_variables", CanonicalJson(dict), nullable=False),
    Column("state", Words, nullable=False),
    Column("priority", Number, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("assignee", Words),
    Column("claimed_at", Moment),
    Column("due_at", Moment),
    Column("due_calendar", Words),
    Column("due_revision", Number),
    Column("follow_up_at", Moment),
    Column("ended_at", Moment),
    Column("ended_by", Words),
    #: When it is next reminded of; only of an open task with a due date.
    Column("remind_at", Moment),
    #: When it is next looked at whether it goes up; only of an open task with a due date.
    Column("escalate_at", Moment),
    #: To whom it went up, level by level; and how many levels, to be searched by.
    Column("escalations", CanonicalJson(list), nullable=False, server_default=text("'[]'")),
    Column("escalation_level", Number, nullable=False, server_default=text("0")),
    #: As that of process_instance.
    Column("is_measured", Boolean, nullable=False, server_default=false()),
    Column("is_strategic", Boolean, nullable=False, server_default=false()),
    Column("substitution_id", Words),
    Column("preceded_by", CanonicalJson(list), nullable=False, server_default=text("'[]'")),
    PrimaryKeyConstraint("instance_id", "task_id"),
    CheckConstraint("state IN ('open', 'completed', 'cancelled')", name="state"),
    CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended"),
    # These have all that an inbox searches by, so that its counts read no rows.
    Index("ix_user_task_task_id", "task_id", "state", "assignee"),
    Index(
        "ix_user_task_offered_lane",
        *("offered_lane", "state", "due_at", "created_at", "task_id", "assignee"),
    ),
    Index(
        "ix_user_task_assignee",
        *("assignee", "state", "due_at", "created_at", "task_id"),
        sqlite_where=text("assignee IS NOT NULL"),
        postgresql_where=text("assignee IS NOT NULL"),
    ),
    Index("ix_user_task_state", "state", "created_at"),
    # In the order of the inbox, so that the first page of very many needs no sorting.
    Index("ix_user_task_due_at", "state", "due_at", "created_at", "task_id"),
    Index("ix_user_task_definition_key", "definition_key", "state", "created_at"),
    Index(
        "ix_user_task_business_key",
        "business_key",
        sqlite_where=text("business_key IS NOT NULL"),
        postgresql_where=text("business_key IS NOT NULL"),
    ),
    Index(
        "ix_user_task_ended_by",
        *("ended_by", "ended_at"),
        sqlite_where=text("ended_by IS NOT NULL"),
        postgresql_where=text("ended_by IS NOT NULL"),
    ),
    Index(
        "ix_user_task_remind_at",
        "remind_at",
        sqlite_where=text("remind_at IS NOT NULL"),
        postgresql_where=text("remind_at IS NOT NULL"),
    ),
    Index(
        "ix_user_task_escalate_at",
        "escalate_at",
        sqlite_where=text("escalate_at IS NOT NULL"),
        postgresql_where=text("escalate_at IS NOT NULL"),
    ),
    # What is not measured, and each part of all that has ended in the order of its end.
    Index(
        "ix_user_task_ended_at",
        *("is_measured", "ended_at"),
        sqlite_where=text("ended_at IS NOT NULL"),
        postgresql_where=text("ended_at IS NOT NULL"),
    ),
    # What went up is little; without this an admin's inbox would read every open task for it.
    Index(
        "ix_user_task_escalated",
        "state",
        "due_at",
        "created_at",
        "task_id",
        sqlite_where=text("escalation_level > 0"),
        postgresql_where=text("escalation_level > 0"),
    ),
    # For counting open tasks. The state stands in it although it is always the same: without it
    # SQLite prefers the index of states, and reads every open task for its lane.
    Index(
        "ix_user_task_open_lane",
        "state",
        "lane",
        "due_at",
        "definition_id",
        "assignee",
        "created_at",
        "instance_id",
        "escalation_level",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    # For listings of open tasks by the name of their step, by priority, or by age in a lane: see
    # task_facets.py. The state as above.
    Index(
        "ix_user_task_open_name",
        *("name", "offered_lane", "state", "due_at", "created_at", "task_id"),
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    Index(
        "ix_user_task_open_priority",
        *("priority", "offered_lane", "state", "due_at", "created_at", "task_id"),
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    Index(
        "ix_user_task_follow_up",
        *("state", "follow_up_at"),
        sqlite_where=text("state = 'open' AND follow_up_at IS NOT NULL"),
        postgresql_where=text("state = 'open' AND follow_up_at IS NOT NULL"),
    ),
    Index(
        "ix_user_task_claimed",
        *("state", "assignee"),
        sqlite_where=text("state = 'open' AND assignee IS NOT NULL"),
        postgresql_where=text("state = 'open' AND assignee IS NOT NULL"),
    ),
    Index(
        "ix_user_task_open_age",
        *("offered_lane", "state", "created_at", "task_id", "assignee"),
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    # Who last completed a step of an instance, however often it was done; the state as above.
    Index(
        "ix_user_task_last_completed",
        "instance_id",
        "activity_id",
        "ended_at",
        "task_id",
        sqlite_where=text("state = 'completed'"),
        postgresql_where=text("state = 'completed'"),
    ),
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
    Column("priority", Number, nullable=False),
    Column("business_key", Words),
    Column("worker_id", Words),
    Column("lock_expires_at", Moment),
    Column("retries", Number),
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
    Column("kind", Words, nullable=False, server_default=text("'failedJob'")),
    Column("activity_instance_id", Words),
    PrimaryKeyConstraint("instance_id", "incident_id"),
    Index("ix_incident_resolved_at", "resolved_at", "raised_at"),
    Index("ix_incident_raised_at", "raised_at", "incident_id"),
    Index("ix_incident_incident_id", "incident_id"),
    Index("ix_incident_definition_id", "definition_id", "activity_id", "raised_at"),
)

remembered_request = Table(
    "remembered_request",
    metadata,
    Column("account", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("instance_id", Words, nullable=False),
    Column("sequence", Number, nullable=False),
    Column("result", CanonicalJson(dict), nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("account", "key"),
    Index("ix_remembered_request_at", "at"),
)
