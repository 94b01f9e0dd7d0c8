"""Who may log in, and how."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    UniqueConstraint,
)

from engine.store.tables.columns import CanonicalJson, Moment, Words, metadata

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
