"""Packages of evidence, ordered and made."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, LargeBinary, Table, text

from engine.store.tables.columns import Moment, Number, Words, metadata

evidence_package = Table(
    "evidence_package",
    metadata,
    Column("package_id", Words, primary_key=True),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("label", Words, nullable=False),
    Column("verifies", Boolean, nullable=False),
    Column("ordered_by", Words, nullable=False),
    Column("ordered_at", Moment, nullable=False),
    Column("state", Words, nullable=False),
    Column("done", Number, nullable=False),
    Column("total", Number, nullable=False),
    Column("finished_at", Moment),
    Column("size", Number),
    Column("sha256", Words),
    Column("fault", Words),
    #: Which maker has it in hand, and until when; a maker that died lets it go so. In nobody's
    #: hands it is left alone until then, since its making failed.
    Column("held_by", Words),
    Column("held_until", Moment),
    Column("content", LargeBinary),
    Column("tries", Number, nullable=False, server_default=text("0")),
    Index("ix_evidence_package_ordered_at", "ordered_at"),
)
