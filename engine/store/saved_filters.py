"""Filters that accounts keep for their inbox."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from engine.model import SavedFilter
from engine.store.tables import saved_filter
from engine.store.transaction import Transaction

_COLUMNS = saved_filter.c


class SavedFilters(Transaction):
    """Questions about saved filters."""

    def put_saved_filter(self, saved: SavedFilter) -> None:
        """Keep the filter in place of the account's former one of that name."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        new = dialect.insert(saved_filter)
        keep = new.on_conflict_do_update(
            index_elements=[_COLUMNS.account, _COLUMNS.name],
            set_={"query": new.excluded["query"]},
        )
        row = {"account": saved.account, "name": saved.name, "query": saved.query}
        self._write(keep, [row])

    def saved_filters(self, account: str) -> list[SavedFilter]:
        """The filters of the account, by name."""
        own = select(saved_filter).where(_COLUMNS.account == account).order_by(_COLUMNS.name)
        return self._listed(
            own, lambda row: SavedFilter(**row._mapping), _COLUMNS.account, _COLUMNS.name
        )

    def delete_saved_filter(self, account: str, name: str) -> int:
        """Drop the account's filter of that name; how many."""
        return self._write(
            delete(saved_filter).where(_COLUMNS.account == account, _COLUMNS.name == name)
        )
