"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
#: Canonical JSON.
_JSON = sa.Text()
#: Milliseconds since 1970, UTC.
_MOMENT = sa.BigInteger()


def upgrade() -> None:
    create_definitions()
    create_instances()
    create_external_tasks()
    create_history()
    create_accounts()
    make_history_append_only()


def create_definitions() -> None:
    op.create_table(
        "deployment",
        sa.Column("deployment_id", _WORDS, primary_key=True),
        sa.Column("name", _WORDS, nullable=False),
        sa.Column("source", _WORDS),
        sa.Column("digest", _WORDS, nullable=False),
        sa.Column("deployed_at", _MOMENT, nullable=False),
        sa.Column("deployed_by", _WORDS, nullable=False),
        sa.Index("ix_deployment_digest", "digest"),
        sa.Index("ix_deployment_deployed_at", "deployed_at"),
    )
    op.create_table(
        "resource",
        sa.Column("resource_id", _WORDS, primary_key=True),
        sa.Column(
            "deployment_id",
            _WORDS,
            sa.ForeignKey("deployment.deployment_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("name", _WORDS, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("deployment_id", "name"),
    )
    op.create_table(
        "process_definition",
        sa.Column("definition_id", _WORDS, primary_key=True),
        sa.Column("key", _WORDS, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", _WORDS, nullable=False),
        sa.Column("deployment_id", _WORDS, nullable=False),
        sa.Column("resource_name", _WORDS, nullable=False),
        sa.Column("digest", _WORDS, nullable=False),
        sa.Column("version_tag", _WORDS),
        sa.Column("history_time_to_live", sa.Integer),
        sa.Column("starter_groups", _JSON, nullable=False),
        sa.Column("starter_users", _JSON, nullable=False),
        sa.Column("deployed_at", _MOMENT, nullable=False),
        sa.UniqueConstraint("key", "version"),
        sa.ForeignKeyConstraint(
            ["deployment_id", "resource_name"],
            ["resource.deployment_id", "resource.name"],
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("version >= 1", name="version"),
        sa.Index("ix_process_definition_deployment_id", "deployment_id", "resource_name"),
    )
    op.create_table(
        "definition_lane",
        sa.Column(
            "definition_id",
            _WORDS,
            sa.ForeignKey("process_definition.definition_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", _WORDS, nullable=False),
        sa.PrimaryKeyConstraint("definition_id", "position"),
        sa.Index("ix_definition_lane_name", "name", "definition_id"),
    )


def create_instances() -> None:
    op.create_table(
        "process_instance",
        sa.Column("instance_id", _WORDS, primary_key=True),
        sa.Column(
            "definition_id",
            _WORDS,
            sa.ForeignKey("process_definition.definition_id"),
            nullable=False,
        ),
        sa.Column("definition_key", _WORDS, nullable=False),
        sa.Column("business_key", _WORDS),
        sa.Column("state", _WORDS, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("last_sequence", sa.Integer, nullable=False),
        sa.Column("head_hash", _WORDS, nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("started_by", _WORDS, nullable=False),
        sa.Column("start_activity_id", _WORDS),
        sa.Column("ended_at", _MOMENT),
        sa.Column("end_reason", _WORDS),
        sa.Column("next_due_at", _MOMENT),
        sa.Column("super_instance_id", _WORDS),
        sa.Column("snapshot", sa.LargeBinary),
        sa.CheckConstraint(
            "state IN ('ACTIVE', 'COMPLETED', 'EXTERNALLY_TERMINATED')", name="state"
        ),
        sa.CheckConstraint("(state = 'ACTIVE') = (ended_at IS NULL)", name="ended"),
        sa.CheckConstraint("revision >= 1 AND last_sequence >= 1", name="revision"),
        sa.Index("ix_process_instance_definition_id", "definition_id", "state"),
        sa.Index("ix_process_instance_definition_key", "definition_key", "state", "started_at"),
        sa.Index("ix_process_instance_business_key", "business_key"),
        sa.Index("ix_process_instance_state", "state", "started_at"),
        sa.Index("ix_process_instance_started_by", "started_by", "started_at"),
        sa.Index("ix_process_instance_ended_at", "ended_at"),
        sa.Index("ix_process_instance_super_instance_id", "super_instance_id"),
        sa.Index(
            "ix_process_instance_next_due_at",
            "next_due_at",
            sqlite_where=sa.text("next_due_at IS NOT NULL"),
            postgresql_where=sa.text("next_due_at IS NOT NULL"),
        ),
    )
    op.create_table(
        "user_task",
        sa.Column(
            "instance_id", _WORDS, sa.ForeignKey("process_instance.instance_id"), nullable=False
        ),
        sa.Column("task_id", _WORDS, nullable=False),
        sa.Column("definition_id", _WORDS, nullable=False),
        sa.Column("definition_key", _WORDS, nullable=False),
        sa.Column("business_key", _WORDS),
        sa.Column("activity_id", _WORDS, nullable=False),
        sa.Column("name", _WORDS, nullable=False),
        sa.Column("description", _WORDS),
        sa.Column("form_key", _WORDS),
        sa.Column("lane", _WORDS),
        sa.Column("lane_path", _JSON, nullable=False),
        sa.Column("offered_lane", _WORDS),
        sa.Column("candidate_users", _JSON, nullable=False),
        sa.Column("candidate_groups", _JSON, nullable=False),
        sa.Column("local_variables", _JSON, nullable=False),
        sa.Column("state", _WORDS, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("assignee", _WORDS),
        sa.Column("claimed_at", _MOMENT),
        sa.Column("due_at", _MOMENT),
        sa.Column("follow_up_at", _MOMENT),
        sa.Column("ended_at", _MOMENT),
        sa.Column("ended_by", _WORDS),
        sa.PrimaryKeyConstraint("instance_id", "task_id"),
        sa.CheckConstraint("state IN ('open', 'completed', 'cancelled')", name="state"),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended"),
        sa.Index("ix_user_task_task_id", "task_id"),
        sa.Index("ix_user_task_offered_lane", "offered_lane", "state", "due_at", "created_at"),
        sa.Index("ix_user_task_assignee", "assignee", "state", "due_at", "created_at"),
        sa.Index("ix_user_task_state", "state", "created_at"),
        sa.Index("ix_user_task_definition_key", "definition_key", "state", "created_at"),
        sa.Index("ix_user_task_business_key", "business_key"),
        sa.Index("ix_user_task_ended_by", "ended_by", "ended_at"),
    )
    op.create_table(
        "task_candidate",
        sa.Column("instance_id", _WORDS, nullable=False),
        sa.Column("task_id", _WORDS, nullable=False),
        sa.Column("kind", _WORDS, nullable=False),
        sa.Column("name", _WORDS, nullable=False),
        sa.PrimaryKeyConstraint("instance_id", "task_id", "kind", "name"),
        sa.ForeignKeyConstraint(
            ["instance_id", "task_id"], ["user_task.instance_id", "user_task.task_id"]
        ),
        sa.CheckConstraint("kind IN ('user', 'group')", name="kind"),
        sa.Index("ix_task_candidate_name", "name", "kind"),
    )
    op.create_table(
        "incident",
        sa.Column(
            "instance_id", _WORDS, sa.ForeignKey("process_instance.instance_id"), nullable=False
        ),
        sa.Column("incident_id", _WORDS, nullable=False),
        sa.Column("definition_id", _WORDS, nullable=False),
        sa.Column("activity_id", _WORDS, nullable=False),
        sa.Column("raised_at", _MOMENT, nullable=False),
        sa.Column("message", _WORDS, nullable=False),
        sa.Column("resolved_at", _MOMENT),
        sa.PrimaryKeyConstraint("instance_id", "incident_id"),
        sa.Index("ix_incident_resolved_at", "resolved_at", "raised_at"),
    )


def create_external_tasks() -> None:
    op.create_table(
        "external_task",
        sa.Column(
            "instance_id", _WORDS, sa.ForeignKey("process_instance.instance_id"), nullable=False
        ),
        sa.Column("external_task_id", _WORDS, nullable=False),
        sa.Column("definition_id", _WORDS, nullable=False),
        sa.Column("definition_key", _WORDS, nullable=False),
        sa.Column("activity_id", _WORDS, nullable=False),
        sa.Column("topic", _WORDS, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("business_key", _WORDS),
        sa.Column("worker_id", _WORDS),
        sa.Column("lock_expires_at", _MOMENT),
        sa.Column("retries", sa.Integer),
        sa.Column("error_message", _WORDS),
        sa.Column("error_details", _WORDS),
        sa.PrimaryKeyConstraint("instance_id", "external_task_id"),
        sa.CheckConstraint("retries IS NULL OR retries >= 0", name="retries"),
        sa.Index("ix_external_task_external_task_id", "external_task_id"),
        sa.Index("ix_external_task_topic", "topic", "lock_expires_at"),
    )


def create_history() -> None:
    op.create_table(
        "history_event",
        sa.Column(
            "instance_id", _WORDS, sa.ForeignKey("process_instance.instance_id"), nullable=False
        ),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("kind", _WORDS, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("actor", _WORDS),
        sa.Column("capacity", _WORDS),
        sa.Column("activity_id", _WORDS),
        sa.Column("activity_instance_id", _WORDS),
        sa.Column("activity_name", _WORDS),
        sa.Column("activity_type", _WORDS),
        sa.Column("payload", _JSON, nullable=False),
        sa.Column("previous_hash", _WORDS, nullable=False),
        sa.Column("hash", _WORDS, nullable=False),
        sa.PrimaryKeyConstraint("instance_id", "sequence"),
        sa.CheckConstraint("sequence >= 1 AND revision >= 1", name="sequence"),
        sa.Index("ix_history_event_activity_instance_id", "instance_id", "activity_instance_id"),
        sa.Index("ix_history_event_kind", "kind", "at"),
        sa.Index("ix_history_event_activity_id", "activity_id", "at"),
        sa.Index(
            "ix_history_event_actor",
            "actor",
            "at",
            sqlite_where=sa.text("actor IS NOT NULL"),
            postgresql_where=sa.text("actor IS NOT NULL"),
        ),
    )
    op.create_table(
        "remembered_request",
        sa.Column("account", _WORDS, nullable=False),
        sa.Column("key", _WORDS, nullable=False),
        sa.Column("fingerprint", _WORDS, nullable=False),
        sa.Column("instance_id", _WORDS, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("result", _JSON, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("account", "key"),
        sa.Index("ix_remembered_request_at", "at"),
    )


def create_accounts() -> None:
    op.create_table(
        "account",
        sa.Column("name", _WORDS, primary_key=True),
        sa.Column("display_name", _WORDS, nullable=False),
        sa.Column("roles", _JSON, nullable=False),
        sa.Column("lanes", _JSON, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("password_hash", _WORDS),
    )
    op.create_table(
        "access_token",
        sa.Column("token_id", _WORDS, primary_key=True),
        sa.Column("token_hash", _WORDS, nullable=False),
        sa.Column("account", _WORDS, sa.ForeignKey("account.name"), nullable=False),
        sa.Column("name", _WORDS, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT),
        sa.Column("last_used_at", _MOMENT),
        sa.UniqueConstraint("token_hash"),
        sa.UniqueConstraint("account", "name"),
    )
    op.create_table(
        "login_session",
        sa.Column("session_hash", _WORDS, primary_key=True),
        sa.Column("account", _WORDS, sa.ForeignKey("account.name"), nullable=False),
        sa.Column("csrf_token", _WORDS, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("last_seen_at", _MOMENT, nullable=False),
        sa.Index("ix_login_session_account", "account"),
        sa.Index("ix_login_session_last_seen_at", "last_seen_at"),
        sa.Index("ix_login_session_created_at", "created_at"),
    )
    op.create_table(
        "login_failure",
        sa.Column(
            "failure_id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("name", _WORDS, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Index("ix_login_failure_name", "name", "at"),
        sa.Index("ix_login_failure_at", "at"),
    )


def make_history_append_only() -> None:
    """Refuse to change or delete an event, whoever asks.

    A database administrator can still drop the triggers; that the hash chain tells.
    """
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER history_event_refuses_{deed.lower()} "
                f"BEFORE {deed} ON history_event "
                "BEGIN SELECT RAISE(ABORT, 'history_event is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_change_of_history() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'history_event is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER history_event_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON history_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history()"
    )
