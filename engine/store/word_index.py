"""Looking into the index of words: instances by any of their words, or by those of their key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    cast,
    column,
    false,
    func,
    literal,
    select,
    table,
)
from sqlalchemy.dialects import postgresql

from engine.queries import KEY_MARK, InstanceQuery, TaskQuery
from engine.store.filters import Conditions
from engine.store.tables import process_instance, search_entry
from engine.store.transaction import Transaction

Query = TypeVar("Query", InstanceQuery, TaskQuery)
T = TypeVar("T")

_COLUMNS = search_entry.c
#: Instances that a listing looks up by words of their keys. Words that more have are common:
#: reading in the order of the page soon comes to them.
MOST_BY_KEY = 500

#: How many of the youngest instances are looked through before the index is asked, and how many
#: more for each that is wanted.
_YOUNG, _PER_WANTED = {"postgresql": 1500, "sqlite": 60}, {"postgresql": 5, "sqlite": 1}
#: So many are wanted at most in SQLite's first look. A word that one in so many of them has is
#: common; of others its index soon has a list of all.
_FIRST_WANTED, _IS_COMMON = 60, 5
#: The beginnings of so many letters FTS5 has indexes of, as the migration made them.
_INDEXED_BEGINNINGS = (3, 4, _LONGEST_BEGINNING := 5)
_BY_INDEX_ALONE, _BY_ANY_WAY = (
    select(func.set_config("enable_seqscan", way, True)) for way in ("off", "on")
)

#: FTS5's table over search_entry; a column of the table's own name is what MATCH asks.
_words = table("search_word", column("rowid"), column("search_word"))


class WordIndex(Transaction):
    """Questions about which instances have words in their keys."""

    def instances_by_key(self, words: Iterable[str], limit: int = MOST_BY_KEY) -> list[str]:
        """Ids of instances in whose key each of the words begins one, the youngest first."""
        marked = [KEY_MARK + word for word in words]

        def ask(found: Select[Any]) -> list[str]:
            return [row.instance_id for row in self._all(found.limit(limit))]

        return self._with_words(marked, (_COLUMNS.instance_id,), ask, enough=limit)

    def _with_words(
        self,
        words: Sequence[str],
        columns: Sequence[Any],
        ask: Callable[[Select[Any]], list[T]],
        *,
        enough: int,
        first: int = 0,
        few: Callable[[], Sequence[str] | None] | None = None,
    ) -> list[T]:
        """What `ask` gets of the instances in which each of the words begins one, youngest first.

        It is given a statement of these columns, to be narrowed and limited. When the youngest
        instances of all already give `enough`, nothing else is looked at; `first` are left out
        before. few: tells the instances that may be found, when these are few; None: any may. A
        word of one letter stands for itself only.
        """
        # PostgreSQL does not know how many words have a beginning: it takes them for common ones,
        # and reads of a rare one every instance that there is. FTS5 first makes one list of all
        # instances that have a word of a longer beginning, or of a very short one.
        dialect = self._connection.dialect.name
        if dialect != "sqlite" or few is not None or not all(map(_has_index, words)):
            young = self._among_youngest(words, columns, ask, first=first, enough=enough)
            if len(young) >= enough:
                return young
        if few is not None and (ids := few()) is not None:
            return ask(_among(_of(ids), words, columns, dialect))
        if dialect == "sqlite":
            return ask(_by_fts5(words, columns, self._common(words)))
        self._all(_BY_INDEX_ALONE)
        found = ask(_by_gin(words, columns))
        self._all(_BY_ANY_WAY)
        return found

    def _among_youngest(
        self,
        words: Sequence[str],
        columns: Sequence[Any],
        ask: Callable[[Select[Any]], list[T]],
        *,
        first: int,
        enough: int,
    ) -> list[T]:
        """What of it so many of the youngest give as are needed when the words are common."""
        dialect = self._connection.dialect.name
        is_sqlite = dialect == "sqlite"
        wanted = first + (min(enough, _FIRST_WANTED) if is_sqlite else enough)
        number = _YOUNG[dialect] + _PER_WANTED[dialect] * wanted
        young = ask(_among(_youngest(number), words, columns, dialect))
        found = first + len(young)
        if not is_sqlite or not young or len(young) >= enough or found * _IS_COMMON < number:
            return young
        # As many as have enough if the others have the words as often, and a quarter more.
        number = (first + enough) * number * 5 // (found * 4) + 1
        return ask(_among(_youngest(number), words, columns, dialect))

    def _common(self, words: Sequence[str]) -> frozenset[str]:
        """The long words that many have, when others are rarer."""
        long = [word for word in words if len(word) > _LONGEST_BEGINNING]
        if not long or len(words) == 1:
            return frozenset()
        young = _youngest(_FIRST_WANTED)
        numbers = [func.total(*_has_by_reading(young.c, [word])) for word in long]
        found = zip(long, self._first(select(*numbers)) or (), strict=True)
        common = frozenset(word for word, n in found if n * _IS_COMMON >= _FIRST_WANTED)
        return frozenset() if common.issuperset(words) else common

    def _with_keys_found(self, query: Query) -> Query:
        """The same query by the instances that have the key, when they are few."""
        words = query.key_words
        if words is None or query.instance_ids is not None:
            return query
        found = self.instances_by_key(words, MOST_BY_KEY + 1) if words else []
        if len(found) > MOST_BY_KEY:
            return query
        return replace(query, instance_ids=tuple(found))


def begun_by(key: ColumnElement[str], words: Sequence[str] | None) -> Conditions:
    """That each of the words begins one of the key: read from the key itself. None for any key."""
    if not words:
        return [] if words is None else [false()]
    return [
        key.regexp_match(rf"(?i)(^|\W|_){word}" + ("" if _may_begin(word) else r"(\W|_|$)"))
        for word in words
    ]


def _by_fts5(
    words: Sequence[str], columns: Sequence[Any], common: frozenset[str]
) -> Select[tuple[object, ...]]:
    """FTS5 gives its rows from the youngest on, so that a common word costs no more than a rare.

    common: of these no list is made. Who has the other words, and such a beginning, is read.
    """
    looked_for = [word[:_LONGEST_BEGINNING] if word in common else word for word in words]
    asked = " AND ".join(f'"{word}"*' if _may_begin(word) else f'"{word}"' for word in looked_for)
    return (
        select(*columns)
        .select_from(
            _words.join(search_entry, _COLUMNS.entry_id == _words.c.rowid).join(
                process_instance, process_instance.c.instance_id == _COLUMNS.instance_id
            )
        )
        .where(_words.c.search_word.op("MATCH")(asked), *_has_by_reading(_COLUMNS, sorted(common)))
        .order_by(_words.c.rowid.desc())
    )


def _by_gin(words: Sequence[str], columns: Sequence[Any]) -> Select[tuple[object, ...]]:
    """All that have the words are found first: in the order of the page it would read all."""
    found = select(search_entry).where(*_has_by_index(search_entry.c, words)).cte("found")
    return _of_instances(found.prefix_with("MATERIALIZED"), columns)


def _among(
    entries: Subquery, words: Sequence[str], columns: Sequence[Any], dialect: str
) -> Select[tuple[object, ...]]:
    """Those of the entries that have the words, read from the entries themselves."""
    return _of_instances(entries, columns).where(*_has_by_reading(entries.c, words, dialect))


def _of(ids: Sequence[str]) -> Subquery:
    return select(search_entry).where(_COLUMNS.instance_id.in_(ids)).subquery("few")


def _youngest(number: int) -> Subquery:
    return select(search_entry).order_by(_COLUMNS.entry_id.desc()).limit(number).subquery("young")


def _of_instances(entries: FromClause, columns: Sequence[Any]) -> Select[tuple[object, ...]]:
    asked = [entries.c[each.name] if each.table is search_entry else each for each in columns]
    return (
        select(*asked)
        .select_from(
            entries.join(process_instance, process_instance.c.instance_id == entries.c.instance_id)
        )
        .order_by(entries.c.entry_id.desc())
    )


def _has_by_index(entry: Any, words: Sequence[str]) -> Conditions:
    asked = " & ".join(f"'{word}':*" if _may_begin(word) else f"'{word}'" for word in words)
    kept: ColumnElement[object] = func.array_to_tsvector(func.string_to_array(entry.words, " "))
    return [kept.op("@@")(cast(asked, postgresql.TSQUERY))]


def _has_by_reading(entry: Any, words: Sequence[str], dialect: str = "sqlite") -> Conditions:
    kept = literal(" ").concat(entry.words).concat(" ")
    # Of many entries: to make vectors of them takes PostgreSQL several times as long.
    place = func.instr if dialect == "sqlite" else func.strpos
    return [place(kept, f" {word}" if _may_begin(word) else f" {word} ") > 0 for word in words]


def _has_index(word: str) -> bool:
    """Whether FTS5 has the instances of the word, or of that beginning, in one list."""
    return not _may_begin(word) or len(word) in _INDEXED_BEGINNINGS


def _may_begin(word: str) -> bool:
    """Whether it finds longer words too: a single letter stands for itself."""
    return len(word.removeprefix(KEY_MARK)) > 1
