"""The index of the search: which instances are found by which words, for whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, case, delete, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import UpdateBase

from engine.errors import DamagedRow
from engine.model import ProcessInstance
from engine.queries import MOST_CHARACTERS
from engine.store.filters import visible_instances
from engine.store.instances import INSTANCE_COLUMNS, instance_of
from engine.store.prepared import Prepared
from engine.store.tables import process_instance, search_entry
from engine.store.word_index import WordIndex

_COLUMNS = search_entry.c


def _add(new: sqlite.Insert | postgresql.Insert) -> UpdateBase:
    grown = _COLUMNS.words + " " + new.excluded["words"]
    has_room = func.length(_COLUMNS.words) < MOST_CHARACTERS
    return new.on_conflict_do_update(
        index_elements=[_COLUMNS.instance_id],
        set_={"words": case((has_room, grown), else_=_COLUMNS.words)},
    )


def _put(new: sqlite.Insert | postgresql.Insert) -> UpdateBase:
    return new.on_conflict_do_update(
        index_elements=[_COLUMNS.instance_id], set_={"words": new.excluded["words"]}
    )


_ADD = Prepared(
    {
        "sqlite": _add(sqlite.insert(search_entry).inline()),
        "postgresql": _add(postgresql.insert(search_entry).inline()),
    },
    ("instance_id", "words"),
)
_PUT = {
    "sqlite": _put(sqlite.insert(search_entry)),
    "postgresql": _put(postgresql.insert(search_entry)),
}

_WORDS_OF = select(_COLUMNS.words).where(_COLUMNS.instance_id == bindparam("of_instance"))


class Search(WordIndex):
    """Questions about what can be searched."""

    def add_words(self, instance_id: str, words: str) -> None:
        """The instance is found by these words too: `words` as search_words.joined gives them.

        Nothing is written when it was found by all of them before: both databases index all words
        of an instance anew whenever one is added.
        """
        known = self._known_words.get(instance_id)
        if known is None:
            row = self._first(_WORDS_OF, {"of_instance": instance_id})
            known = "" if row is None else row.words
        before = set(known.split(" "))
        new = " ".join(word for word in words.split(" ") if word not in before)
        if new:
            self._write(_ADD, [{"instance_id": instance_id, "words": new}])
            self._known_words[instance_id] = f"{known} {new}"

    def put_words(self, instance_id: str, words: str) -> None:
        """The instance is found by these words, and by no others; its place stays."""
        put = _PUT[self._connection.dialect.name]
        self._write(put, [{"instance_id": instance_id, "words": words}])

    def words_of(self, instance_id: str) -> str | None:
        """By which words the instance is found; None when it has none that can be read."""
        try:
            row = self._first(_WORDS_OF, {"of_instance": instance_id})
        except DamagedRow:
            return None
        return row.words if row is not None and isinstance(row.words, str) else None

    def renew_word_index(self) -> None:
        """What looks for single words is made anew from the words of each instance."""
        if self._connection.dialect.name == "sqlite":
            # https://www.sqlite.org/fts5.html#the_rebuild_command
            self._write(text("INSERT INTO search_word (search_word) VALUES ('rebuild')"))

    def forget_words(self, instance_ids: Iterable[str]) -> int:
        """These instances are not found any more; how many were."""
        return self._write(
            delete(search_entry).where(_COLUMNS.instance_id.in_(sorted(instance_ids)))
        )

    def instances_without_words(self, limit: int) -> list[str]:
        """Ids of instances that are not in the index, the oldest first."""
        known = select(_COLUMNS.instance_id).where(
            _COLUMNS.instance_id == process_instance.c.instance_id
        )
        wanted = (
            select(process_instance.c.instance_id)
            .where(~known.exists())
            .order_by(process_instance.c.started_at, process_instance.c.instance_id)
            .limit(limit)
        )
        return self._ids(wanted, process_instance.c.instance_id)

    def found_instances(
        self,
        words: Sequence[str],
        *,
        lanes: Iterable[str] | None,
        account: str | None,
        first_result: int,
        max_results: int,
    ) -> list[ProcessInstance]:
        """Instances in which each of the words stands, or begins another one; the youngest first.

        lanes, account: only those in which one of the lanes takes part or that the account started;
        None for all. A word of one letter stands for itself only.
        """

        def ask(found: Select[Any]) -> list[ProcessInstance]:
            page = found.where(*visible_instances(lanes, account))
            page = page.limit(max_results).offset(first_result)
            return self._listed(page, instance_of, process_instance.c.instance_id)

        def few() -> Sequence[str] | None:
            return self._few_visible(lanes, account)

        return self._with_words(
            words,
            INSTANCE_COLUMNS,
            ask,
            enough=max_results,
            first=first_result,
            few=None if lanes is None else few,
        )
