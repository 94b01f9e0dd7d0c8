"""Other systems that send signed messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from engine.errors import NameTaken, NotFound
from engine.model import MessageSource
from engine.store.kept_rows import of_table
from engine.store.tables import message_source
from engine.store.transaction import Transaction

_C = message_source.c


class MessageSources(Transaction):
    """Questions about sources of messages."""

    def message_source(self, source_id: str, *, for_change: bool = False) -> MessageSource:
        """The source of that id, or NotFound.

        for_change: other changes of it wait until this transaction ends.
        """
        statement = select(message_source).where(_C.source_id == source_id)
        if for_change:
            self._must_write()
            statement = statement.with_for_update()
        row = self._first(statement)
        if row is None:
            raise NotFound("message source", source_id)
        return _source(row)

    def message_sources(self) -> list[MessageSource]:
        """All sources, by name."""
        return self._listed(select(message_source).order_by(_C.name), _source, _C.source_id)

    def add_message_source(self, new: MessageSource) -> None:
        """Keep a new source. NameTaken when there is one of that name."""
        taken = NameTaken("message source", new.name)
        self._write(insert(message_source), [_values(new)], clash=taken)

    def update_message_source(self, changed: MessageSource) -> None:
        """Keep the source as it is now."""
        of_id = _C.source_id == changed.source_id
        self._write(update(message_source).where(of_id).values(**_values(changed)))

    def note_use_of_message_source(self, source_id: str, at: datetime) -> None:
        """The source has just proved itself."""
        of_id = _C.source_id == source_id
        self._write(update(message_source).where(of_id).values(last_used_at=at))


@of_table(message_source)
def _source(row: Row[Any]) -> MessageSource:
    return MessageSource(**{**row._mapping, "message_names": frozenset(row.message_names)})


def _values(source: MessageSource) -> dict[str, Any]:
    values = {column.name: getattr(source, column.name) for column in _C}
    return {**values, "message_names": sorted(source.message_names)}
