"""Deployments, their files, and the process definitions in them."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from engine.store.tables.columns import CanonicalJson, Moment, Number, Words, metadata

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
    Column("version", Number, nullable=False),
    Column("name", Words, nullable=False),
    Column("deployment_id", Words, nullable=False),
    Column("resource_name", Words, nullable=False),
    Column("digest", Words, nullable=False),
    Column("version_tag", Words),
    Column("history_time_to_live", Number),
    Column("starter_groups", CanonicalJson(str), nullable=False),
    Column("starter_users", CanonicalJson(str), nullable=False),
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
    Column("position", Number, nullable=False),
    Column("name", Words, nullable=False),
    PrimaryKeyConstraint("definition_id", "position"),
    Index("ix_definition_lane_name", "name", "definition_id"),
)
