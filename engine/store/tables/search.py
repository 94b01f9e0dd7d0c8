"""The index of the search: by which words an instance is found.

Beside this table each database has an index of single words of its own, which the migration makes:
SQLite the FTS5 table `search_word`, kept by triggers; PostgreSQL the GIN index `ix_search_word`.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, UniqueConstraint

from engine.store.tables.columns import Number, Words, metadata

search_entry = Table(
    "search_entry",
    metadata,
    # A number of its own: FTS5 names rows by numbers, and those that SQLite gives by itself change
    # when a database is copied with VACUUM INTO. It also tells which instance is younger.
    Column("entry_id", Number, primary_key=True),
    Column("instance_id", Words, ForeignKey("process_instance.instance_id"), nullable=False),
    #: Lower case letters and digits, separated by single blanks; never empty.
    Column("words", Words, nullable=False),
    UniqueConstraint("instance_id"),
)
