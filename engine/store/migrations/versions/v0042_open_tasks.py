"""Open tasks by name, priority and age; the words of keys apart from all others."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from engine.store.driver import texts_as_far_as_they_are
from engine.store.migrations.damages import are, tell_left_out

revision = "0042"
down_revision = "0041"

_OPEN = sa.text("state = 'open'")
_INDEXES = {
    "ix_user_task_open_name": [
        *("name", "offered_lane", "state", "due_at", "created_at", "task_id"),
    ],
    "ix_user_task_open_priority": [
        *("priority", "offered_lane", "state", "due_at", "created_at", "task_id"),
    ],
    "ix_user_task_open_age": ["offered_lane", "state", "created_at", "task_id"],
}
_KEYS = sa.text(
    "SELECT instance_id, business_key FROM process_instance "
    "WHERE business_key IS NOT NULL AND instance_id > :after ORDER BY instance_id LIMIT 5000"
)
_ADD = sa.text("UPDATE search_entry SET words = words || :words WHERE instance_id = :of_instance")


def upgrade() -> None:
    for name, columns in _INDEXES.items():
        op.create_index(name, "user_task", columns, sqlite_where=_OPEN, postgresql_where=_OPEN)
    for name, column in (("follow_up", "follow_up_at"), ("claimed", "assignee")):
        where = sa.text(f"state = 'open' AND {column} IS NOT NULL")
        op.create_index(
            f"ix_user_task_{name}",
            "user_task",
            ["state", column],
            sqlite_where=where,
            postgresql_where=where,
        )
    after, left_out = "", 0
    while rows := _keys(after):
        whole = [row for row in rows if are(str, *row)]
        added = [{"of_instance": row[0], "words": _marked(row[1])} for row in whole]
        if added:
            op.get_bind().execute(_ADD, added)
        after, left_out = rows[-1][0], left_out + len(rows) - len(whole)
    tell_left_out("process_instance", left_out)


def _keys(after: str) -> Sequence[Any]:
    with texts_as_far_as_they_are(op.get_bind()):
        return op.get_bind().execute(_KEYS, {"after": after}).all()


def _marked(key: str) -> str:
    """The words of the key as the index has them, as `search_words.words_in` says."""
    plain = "".join(
        each for each in unicodedata.normalize("NFKD", key) if not unicodedata.combining(each)
    )
    words = dict.fromkeys(word[:60] for word in re.split(r"[\W_]+", plain.casefold()) if word)
    return "".join(f" ª{word}" for word in words)
