"""Who stands in for whom."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, text

from engine.store.tables.columns import Day, Moment, Words, metadata

#: Rows are never deleted. Every change stands in the log of accounts too, which is chained.
substitution = Table(
    "substitution",
    metadata,
    Column("substitution_id", Words, primary_key=True),
    Column("account", Words, ForeignKey("account.name"), nullable=False),
    Column("lane", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("basis_number", Words, nullable=False),
    Column("basis_date", Day, nullable=False),
    Column("first_day", Day, nullable=False),
    Column("last_day", Day, nullable=False),
    Column("begins_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("recorded_by", Words, nullable=False),
    Column("replaces", Words, ForeignKey("account.name")),
    Column("ended_at", Moment),
    Column("ended_by", Words),
    Column("end_reason", Words),
    CheckConstraint("kind IN ('Plt.', 'Plh.', 'a.n.', 'u.b.')", name="kind"),
    CheckConstraint("begins_at < ends_at", name="days"),
    CheckConstraint("ended_at IS NULL OR ended_at <= ends_at", name="ended"),
    CheckConstraint("(ended_by IS NULL) = (end_reason IS NULL)", name="reason"),
    Index("ix_substitution_account", "account", "begins_at"),
    Index("ix_substitution_begins_at", "begins_at"),
    Index("ix_substitution_replaces", "replaces"),
    Index("ix_substitution_lane", "lane", "begins_at"),
    # What counts for rights, and what the worker looks for each second.
    Index(
        "ix_substitution_standing",
        "ends_at",
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)
