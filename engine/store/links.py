"""Links to tasks, found by the hash of their secret."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Row, delete, insert, select, update

from engine.errors import NotFound
from engine.model import TaskLink
from engine.store.kept_rows import of_table
from engine.store.tables import task_link
from engine.store.transaction import Transaction


class Links(Transaction):
    """Questions about links."""

    def add_task_link(self, link: TaskLink, secret_hash: str) -> None:
        """Keep a new link by the hash of its secret."""
        values = {
            column.name: getattr(link, column.name)
            for column in task_link.c
            if column.name != "secret_hash"
        }
        self._write(insert(task_link), [{**values, "secret_hash": secret_hash}])

    def task_link(self, secret_hash: str, *, for_use: bool = False) -> TaskLink:
        """The link of that secret, or NotFound.

        for_use: whoever else wants to use the link waits until this transaction ends.
        """
        statement = select(task_link).where(task_link.c.secret_hash == secret_hash)
        if for_use:
            self._must_write()
            statement = statement.with_for_update()
        row = self._first(statement)
        if row is None:
            raise NotFound("task link", "…")
        return _link(row)

    def use_task_link(self, link: TaskLink, at: datetime) -> None:
        """The link has done its work, in the transaction that did it."""
        self._write(
            update(task_link)
            .where(task_link.c.instance_id == link.instance_id, task_link.c.link_id == link.link_id)
            .values(used_at=at)
        )

    def forget_task_links(self, expired_before: datetime) -> int:
        """Drop links that expired before that moment, used or not; how many."""
        return self._write(delete(task_link).where(task_link.c.expires_at < expired_before))


@of_table(task_link)
def _link(row: Row[tuple[object, ...]]) -> TaskLink:
    return TaskLink(**{n: v for n, v in row._mapping.items() if n != "secret_hash"})
