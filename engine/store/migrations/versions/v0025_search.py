"""The index of the search."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_ADD = "INSERT INTO search_word (rowid, words) VALUES (new.entry_id, new.words);"
_DROP = (
    "INSERT INTO search_word (search_word, rowid, words) "
    "VALUES ('delete', old.entry_id, old.words);"
)


def upgrade() -> None:
    op.create_table(
        "search_entry",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", _WORDS, nullable=False),
        sa.Column("words", _WORDS, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_search_entry"),
        sa.UniqueConstraint("instance_id", name="uq_search_entry_instance_id"),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.instance_id"],
            name="fk_search_entry_instance_id",
        ),
    )
    if op.get_bind().dialect.name == "postgresql":
        # The words are ready; PostgreSQL's own parser would take a number such as LKJ-2026 apart.
        op.execute(
            "CREATE INDEX ix_search_word ON search_entry "
            "USING gin (array_to_tsvector(string_to_array(words, ' ')))"
        )
        return
    op.execute(
        "CREATE VIRTUAL TABLE search_word USING fts5("
        "words, content='search_entry', content_rowid='entry_id', "
        "tokenize='unicode61 remove_diacritics 0', prefix='3 4 5')"
    )
    for event, deed in (("INSERT", _ADD), ("DELETE", _DROP), ("UPDATE", _DROP + _ADD)):
        op.execute(
            f"CREATE TRIGGER search_entry_{event.lower()} AFTER {event} ON search_entry "
            f"BEGIN {deed} END"
        )
