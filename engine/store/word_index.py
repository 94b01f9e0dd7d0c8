"""Looking into the index of words: instances by any of their words, or by those of their key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, cast, column, false, func, select, table
from sqlalchemy.dialects import postgresql

from engine.queries import KEY_MARK, InstanceQuery, TaskQuery
from engine.store.tables import process_instance, search_entry
from engine.store.transaction import Conditions, Transaction

Query = TypeVar("Query", InstanceQuery, TaskQuery)

_COLUMNS = search_entry.c
#: Instances that a listing looks up by words of their keys. Words that more have are common:
#: reading in the order of the page soon comes to them.
MOST_BY_KEY = 500

#: FTS5's table over search_entry; a column of the table's own name is what MATCH asks.
_words = table("search_word", column("rowid"), column("search_word"))


class WordIndex(Transaction):
    """Questions about which instances have words in their keys."""

    def instances_by_key(self, words: Iterable[str], limit: int = MOST_BY_KEY) -> list[str]:
        """Ids of instances in whose key each of the words begins one, the youngest first."""
        marked = [KEY_MARK + word for word in words]
        found = found_by_words(marked, (_COLUMNS.instance_id,), self._connection.dialect.name)
        return [row.instance_id for row in self._all(found.limit(limit))]

    def _with_keys_found(self, query: Query) -> Query:
        """The same query by the instances that have the key, when they are few."""
        words = query.key_words
        if words is None or query.instance_ids is not None:
            return query
        found = self.instances_by_key(words, MOST_BY_KEY + 1) if words else []
        if len(found) > MOST_BY_KEY:
            return query
        return replace(query, instance_ids=tuple(found))


def found_by_words(
    words: Sequence[str], columns: Sequence[Any], dialect: str
) -> Select[tuple[object, ...]]:
    """These columns of the instances in which each of the words begins one, the youngest first.

    A word of one letter stands for itself only.
    """
    return _by_fts5(words, columns) if dialect == "sqlite" else _by_gin(words, columns)


def begun_by(key: ColumnElement[str], words: Sequence[str] | None) -> Conditions:
    """That each of the words begins one of the key: read from the key itself. None for any key."""
    if not words:
        return [] if words is None else [false()]
    return [
        key.regexp_match(rf"(?i)(^|\W|_){word}" + ("" if _may_begin(word) else r"(\W|_|$)"))
        for word in words
    ]


def _by_fts5(words: Sequence[str], columns: Sequence[Any]) -> Select[tuple[object, ...]]:
    """FTS5 gives its rows from the youngest on, so that a common word costs no more than a rare."""
    asked = " AND ".join(f'"{word}"*' if _may_begin(word) else f'"{word}"' for word in words)
    return (
        select(*columns)
        .select_from(
            _words.join(search_entry, _COLUMNS.entry_id == _words.c.rowid).join(
                process_instance, process_instance.c.instance_id == _COLUMNS.instance_id
            )
        )
        .where(_words.c.search_word.op("MATCH")(asked))
        .order_by(_words.c.rowid.desc())
    )


def _by_gin(words: Sequence[str], columns: Sequence[Any]) -> Select[tuple[object, ...]]:
    asked = " & ".join(f"'{word}':*" if _may_begin(word) else f"'{word}'" for word in words)
    kept: ColumnElement[object] = func.array_to_tsvector(func.string_to_array(_COLUMNS.words, " "))
    return (
        select(*columns)
        .select_from(
            search_entry.join(
                process_instance, process_instance.c.instance_id == _COLUMNS.instance_id
            )
        )
        .where(kept.op("@@")(cast(asked, postgresql.TSQUERY)))
        .order_by(_COLUMNS.entry_id.desc())
    )


def _may_begin(word: str) -> bool:
    """Whether it finds longer words too: a single letter stands for itself."""
    return len(word.removeprefix(KEY_MARK)) > 1
