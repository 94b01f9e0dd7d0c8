"""The log of accounts: what happened to whom, by whom, in one chain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, insert, select, update

from engine.errors import StorageError
from engine.model import AccountEvent, AccountEventKind, LogHead
from engine.queries import AccountEventQuery, Page
from engine.store.filters import among, between, equal
from engine.store.kept_rows import of_table, require_head
from engine.store.tables import account_event, account_log
from engine.store.transaction import Transaction, counted, paged

_FIRST_PAGE = Page()
_SORTING = {"sequence": account_event.c.sequence, "at": account_event.c.at}
_BATCH = 1000


class AccountEvents(Transaction):
    """Questions about what happened to accounts."""

    def account_log_head(self, *, for_change: bool = False) -> LogHead:
        """Where the log ends. for_change: who else appends waits until this transaction ends."""
        statement = select(account_log)
        if for_change:
            self._must_write()
            statement = statement.with_for_update()
        row = self._first(statement)
        if row is None:
            raise StorageError("the log of accounts has lost the row that says where it ends")
        return _head(row)

    def append_account_event(self, event: AccountEvent) -> None:
        """Keep one more event; the head, which the caller has locked, moves on to it."""
        values = {column.name: getattr(event, column.name) for column in account_event.c}
        self._write(insert(account_event), [{**values, "payload": dict(event.payload)}])
        self._write(update(account_log).values(last_sequence=event.sequence, head_hash=event.hash))

    def account_events(
        self, query: AccountEventQuery, page: Page = _FIRST_PAGE
    ) -> list[AccountEvent]:
        """The events that match, in order."""
        matching = paged(_matching(query), page, _SORTING, account_event.c.sequence)
        return self._listed(matching, _event, account_event.c.sequence)

    def count_account_events(self, query: AccountEventQuery) -> int:
        """How many events match."""
        return self._number(counted(_matching(query)))

    def every_account_event(self) -> Iterator[AccountEvent]:
        """All events in order, some at a time."""
        last = 0
        while True:
            rows = self._all(
                select(account_event)
                .where(account_event.c.sequence > last)
                .order_by(account_event.c.sequence)
                .limit(_BATCH)
            )
            if not rows:
                return
            yield from (_event(row) for row in rows)
            last = rows[-1].sequence

    def has_logged_in_from(self, name: str, source: str, since: datetime) -> bool:
        """Whether a login of that account from that address succeeded after that moment."""
        found = self._number(
            select(func.count())
            .select_from(account_event)
            .where(
                account_event.c.account == name,
                account_event.c.kind == str(AccountEventKind.LOGIN_SUCCEEDED),
                account_event.c.source == source,
                account_event.c.at > since,
            )
        )
        return found > 0


def _matching(query: AccountEventQuery) -> Select[Any]:
    columns = account_event.c
    return select(account_event).where(
        *equal(columns.account, query.account),
        *equal(columns.actor, query.actor),
        *among(columns.kind, query.kinds),
        *between(columns.at, query.after, query.before),
    )


@of_table(account_log)
def _head(row: Row[Any]) -> LogHead:
    require_head(row.last_sequence, row.head_hash)
    return LogHead(row.last_sequence, row.head_hash)


@of_table(account_event)
def _event(row: Row[Any]) -> AccountEvent:
    values = {column.name: getattr(row, column.name) for column in account_event.c}
    return AccountEvent(**{**values, "kind": AccountEventKind(values["kind"])})
