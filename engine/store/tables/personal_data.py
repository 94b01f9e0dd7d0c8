"""Keys of personal data, which can be destroyed; and what was destroyed."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
)

from engine.store.tables.columns import Day, Moment, Number, Words, metadata

erasure = Table(
    "erasure",
    metadata,
    Column("erasure_id", Words, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("by", Words, nullable=False),
    Column("basis", Words, nullable=False),
    Column("basis_date", Day, nullable=False),
    Column("reason", Words, nullable=False),
    Column("key_count", Number, nullable=False),
    Column("instance_count", Number, nullable=False),
    Column("value_count", Number, nullable=False),
    Column("account", Words),
    Column("by_retention", Boolean, nullable=False),
    Index("ix_erasure_at", "at"),
)

#: The first step of an instance seals before it writes the instance: hence the deferred reference.
personal_key = Table(
    "personal_key",
    metadata,
    Column(
        "instance_id",
        Words,
        ForeignKey("process_instance.instance_id", deferrable=True, initially="DEFERRED"),
        nullable=False,
    ),
    Column("key_id", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment, nullable=False),
    Column("value_count", Number, nullable=False),
    #: Of these nothing is left when the key was destroyed.
    Column("person", Words),
    Column("sealed_subject", Words),
    Column("sealed_key", Words),
    Column("erasure_id", Words, ForeignKey("erasure.erasure_id")),
    PrimaryKeyConstraint("instance_id", "key_id"),
    CheckConstraint(
        "(erasure_id IS NULL) = (person IS NOT NULL) "
        "AND (person IS NULL) = (sealed_key IS NULL) "
        "AND (person IS NULL) = (sealed_subject IS NULL)",
        name="erased",
    ),
    Index("uq_personal_key_instance_id_person", "instance_id", "person", unique=True),
    Index("ix_personal_key_person", "person"),
    Index("ix_personal_key_erasure_id", "erasure_id"),
)
