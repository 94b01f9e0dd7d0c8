"""Checkpoints: which were made, which heads the next one lists, and what the heads are now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, insert, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from engine.errors import CheckpointTaken, NotFound
from engine.model import Head, StoredCheckpoint
from engine.queries import Page
from engine.store.kept_rows import of_table, require_head
from engine.store.tables import (
    account_event,
    checkpoint,
    history_event,
    listed_head,
    process_instance,
)
from engine.store.transaction import Transaction, paged

_FIRST_PAGE = Page()
_SORTING = {"number": checkpoint.c.number, "at": checkpoint.c.at}
_SIGNED = (checkpoint.c.number, checkpoint.c.at, checkpoint.c.content)


def _put_listed(new: sqlite.Insert | postgresql.Insert) -> Any:
    return new.on_conflict_do_update(
        index_elements=[listed_head.c.instance_id],
        set_={"sequence": new.excluded.sequence, "number": new.excluded.number},
    )


_PUT_LISTED = {
    "sqlite": _put_listed(sqlite.insert(listed_head)),
    "postgresql": _put_listed(postgresql.insert(listed_head)),
}


class Checkpoints(Transaction):
    """Questions about checkpoints."""

    def last_checkpoint(self) -> StoredCheckpoint | None:
        """The newest one, without its heads."""
        row = self._first(select(*_SIGNED).order_by(checkpoint.c.number.desc()).limit(1))
        return _without_heads(row) if row else None

    def last_checkpoint_number(self) -> int:
        """The number of the newest one, readable or not; 0: there is none."""
        return self._number(select(func.max(checkpoint.c.number)))

    def checkpoint(self, number: int) -> StoredCheckpoint:
        """The checkpoint of that number, with its heads, or NotFound."""
        row = self._first(select(checkpoint).where(checkpoint.c.number == number))
        if row is None:
            raise NotFound("checkpoint", str(number))
        return _with_heads(row)

    def checkpoints(self, page: Page = _FIRST_PAGE) -> list[StoredCheckpoint]:
        """All of them in order, without their heads."""
        number = checkpoint.c.number
        ordered = paged(select(*_SIGNED), page, _SORTING, number)
        return self._listed(ordered, _without_heads, number)

    def count_checkpoints(self) -> int:
        """How many there are."""
        return self._number(select(func.count()).select_from(checkpoint))

    def add_checkpoint(self, new: StoredCheckpoint, heads: Sequence[Head]) -> None:
        """Keep it, and that it lists these heads. CheckpointTaken when its number is."""
        values = {"number": new.number, "at": new.at, "content": new.content, "heads": new.heads}
        self._write(insert(checkpoint), [values], clash=CheckpointTaken(new.number))
        if heads:
            self._write(
                _PUT_LISTED[self._connection.dialect.name],
                [
                    {"instance_id": h.instance_id, "sequence": h.sequence, "number": new.number}
                    for h in heads
                ],
            )

    # ------------------------------------------------------------------- heads

    def unlisted_heads(self, limit: int) -> list[Head]:
        """Heads that no checkpoint lists yet, by instance; at most so many.

        One that cannot be read is left out: all others are to be listed nevertheless.
        """
        columns = process_instance.c
        wanted = (
            _unlisted(columns.instance_id, columns.last_sequence, columns.head_hash)
            .order_by(columns.instance_id)
            .limit(limit)
        )
        return self._listed(wanted, _head, columns.instance_id)

    def oldest_unlisted_end(self, since: datetime) -> datetime | None:
        """When the first instance ended, after that moment, whose end no checkpoint lists."""
        instance_id, ended_at = process_instance.c.instance_id, process_instance.c.ended_at
        # The state does not narrow it: the index of ends has only what has ended.
        first = (
            _unlisted(instance_id, ended_at)
            .where(ended_at > since)
            .order_by(ended_at)
            .limit(self._beyond_damaged(1))
        )
        found = self._listed(first, lambda row: row.ended_at, instance_id)
        return found[0] if found else None

    def listed_number(self, instance_id: str) -> int | None:
        """The newest checkpoint that lists the instance."""
        row = self._first(
            select(listed_head.c.number).where(listed_head.c.instance_id == instance_id)
        )
        return row.number if row else None

    def hashes_at(self, heads: Iterable[Head]) -> dict[tuple[str, int], str]:
        """(instance, sequence) -> the hash that the event there has now; some hundred at once."""
        columns = history_event.c
        places = [(head.instance_id, head.sequence) for head in heads]
        wanted = select(columns.instance_id, columns.sequence, columns.hash).where(
            tuple_(columns.instance_id, columns.sequence).in_(places)
        )
        found = self._listed(
            wanted,
            lambda row: ((row.instance_id, row.sequence), row.hash),
            columns.instance_id,
            columns.sequence,
        )
        return dict(found)

    def last_event_sequence(self, instance_id: str) -> int:
        """Where the kept events of the instance end; 0 when it has none."""
        columns = history_event.c
        return self._number(
            select(func.max(columns.sequence)).where(columns.instance_id == instance_id)
        )

    def account_event_hash(self, sequence: int) -> str | None:
        """The hash that the event of the log of accounts has now; None: it is not there."""
        row = self._first(select(account_event.c.hash).where(account_event.c.sequence == sequence))
        return row.hash if row else None


def _unlisted(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(
            process_instance.outerjoin(
                listed_head, listed_head.c.instance_id == process_instance.c.instance_id
            )
        )
        .where(
            or_(
                listed_head.c.sequence.is_(None),
                listed_head.c.sequence != process_instance.c.last_sequence,
            )
        )
    )


@of_table(process_instance)
def _head(row: Row[Any]) -> Head:
    require_head(row.last_sequence, row.head_hash)
    return Head(row.instance_id, row.last_sequence, row.head_hash)


@of_table(checkpoint)
def _with_heads(row: Row[Any]) -> StoredCheckpoint:
    return StoredCheckpoint(row.number, row.at, bytes(row.content), bytes(row.heads))


@of_table(checkpoint)
def _without_heads(row: Row[Any]) -> StoredCheckpoint:
    return StoredCheckpoint(row.number, row.at, bytes(row.content), b"")
