"""Who may log in, and how."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    false,
)

from engine.store.tables.columns import (
    CanonicalJson,
    LargeNumber,
    Moment,
    Number,
    Words,
    metadata,
)

account = Table(
    "account",
    metadata,
    Column("name", Words, primary_key=True),
    Column("display_name", Words, nullable=False),
    Column("roles", CanonicalJson(str), nullable=False),
    Column("lanes", CanonicalJson(str), nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("password_hash", Words),
    Column("is_password_temporary", Boolean, nullable=False, server_default=false()),
    Column("has_second_factor", Boolean, nullable=False, server_default=false()),
    Column("language", Words),
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
    Column("scopes", CanonicalJson(str), nullable=False),
    UniqueConstraint("token_hash"),
    UniqueConstraint("account", "name"),
)

login_session = Table(
    "login_session",
    metadata,
    Column("session_hash", Words, primary_key=True),
    Column("session_id", Words, nullable=False),
    Column("account", Words, ForeignKey("account.name"), nullable=False),
    Column("csrf_token", Words, nullable=False),
    Column("method", Words, nullable=False),
    Column("source", Words, nullable=False),
    Column("device", Words, nullable=False),
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
    Column("source", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_login_failure_name", "name", "at"),
    Index("ix_login_failure_source", "source", "at"),
    Index("ix_login_failure_at", "at"),
)

#: Append-only, one chain for all accounts; see engine/account_log.py. No foreign key: a login under
#: a name that nobody has is recorded too.
account_event = Table(
    "account_event",
    metadata,
    Column(
        "sequence",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("kind", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("account", Words),
    Column("actor", Words),
    Column("capacity", Words),
    Column("source", Words),
    Column("payload", CanonicalJson(dict), nullable=False),
    Column("previous_hash", Words, nullable=False),
    Column("hash", Words, nullable=False),
    CheckConstraint("sequence >= 1", name="sequence"),
    Index("ix_account_event_account", "account", "sequence"),
    Index("ix_account_event_actor", "actor", "sequence"),
    Index("ix_account_event_kind", "kind", "sequence"),
)

#: One row: where the log ends. Who appends locks it, and a cut tail shows in it.
account_log = Table(
    "account_log",
    metadata,
    Column("log_id", Number, primary_key=True, autoincrement=False),
    Column("last_sequence", LargeNumber().with_variant(Number(), "sqlite"), nullable=False),
    Column("head_hash", Words, nullable=False),
    CheckConstraint("log_id = 1", name="single"),
)
