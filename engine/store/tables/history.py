"""History: what happened, and how its events are found across instances."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    FromClause,
    Index,
    PrimaryKeyConstraint,
    Table,
    and_,
    literal_column,
    text,
)

from engine.model import EventKind
from engine.store.tables.columns import CanonicalJson, Moment, Number, Words, metadata

#: Every step of a person has these, and nobody searches all instances for one of them alone.
_UNSEARCHED = (EventKind.ACTIVITY_COMPLETED, EventKind.FLOW_TAKEN, EventKind.TASK_COMPLETED)
UNSEARCHED = frozenset(_UNSEARCHED)
_NAMED = ", ".join(f"'{each.value}'" for each in _UNSEARCHED)
_SEARCHED = f"kind NOT IN ({_NAMED})"
_OF_ELEMENTS = "activity_id IS NOT NULL AND (kind = 'activity_entered' OR actor IS NOT NULL)"

#: Append-only: triggers of migration 0001 refuse to change or delete a row.
history_event = Table(
    "history_event",
    metadata,
    Column("instance_id", Words, ForeignKey("process_instance.instance_id"), nullable=False),
    Column("sequence", Number, nullable=False),
    Column("revision", Number, nullable=False),
    Column("kind", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", Words),
    Column("capacity", Words),
    Column("activity_id", Words),
    Column("activity_instance_id", Words),
    #: Copies of the payload's "name" and "type", so that a listing can filter by them.
    Column("activity_name", Words),
    Column("activity_type", Words),
    Column("payload", CanonicalJson(dict), nullable=False),
    Column("previous_hash", Words, nullable=False),
    Column("hash", Words, nullable=False),
    PrimaryKeyConstraint("instance_id", "sequence"),
    CheckConstraint("sequence >= 1 AND revision >= 1", name="sequence"),
    Index(
        "ix_history_event_activity_instance_id",
        *("instance_id", "activity_instance_id"),
        sqlite_where=text("activity_instance_id IS NOT NULL"),
        postgresql_where=text("activity_instance_id IS NOT NULL"),
    ),
    # Without what each step has and nobody searches by: see of_kind.
    Index(
        "ix_history_event_kind",
        *("kind", "at"),
        sqlite_where=text(_SEARCHED),
        postgresql_where=text(_SEARCHED),
    ),
    # The visits of an element, and what people and programs did there.
    Index(
        "ix_history_event_activity_id",
        *("activity_id", "at"),
        sqlite_where=text(_OF_ELEMENTS),
        postgresql_where=text(_OF_ELEMENTS),
    ),
    # What people and programs did, in its order, with what its counts ask for.
    Index(
        "ix_history_event_deeds",
        *("at", "instance_id", "sequence", "kind"),
        sqlite_where=text("actor IS NOT NULL"),
        postgresql_where=text("actor IS NOT NULL"),
    ),
    Index(
        "ix_history_event_actor",
        "actor",
        "at",
        sqlite_where=text("actor IS NOT NULL"),
        postgresql_where=text("actor IS NOT NULL"),
    ),
)


def of_kind(events: FromClause, kind: EventKind) -> ColumnElement[bool]:
    """That an event is of the kind, said so that an index of this file finds all that are.

    A database takes an index of some rows only when the question itself says that it asks for no
    others, in the index's own words.
    """
    is_kind = events.c.kind == literal_column(f"'{kind.value}'")
    if kind in _UNSEARCHED:
        return is_kind
    others: list[ColumnElement[str]] = [literal_column(f"'{each.value}'") for each in _UNSEARCHED]
    return and_(is_kind, events.c.kind.not_in(others))
