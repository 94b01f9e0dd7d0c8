"""Filters of the inbox that an account keeps under names; what they mean is the page's to know."""

from __future__ import annotations

from engine.errors import InvalidInput
from engine.model import Actor, SavedFilter
from engine.store import Store

MOST_PER_ACCOUNT = 30
MAX_NAME, MAX_QUERY = 60, 2000


class SavedFilters:
    """The saved filters of one office; each account sees and changes its own only."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(self, *, actor: Actor) -> list[SavedFilter]:
        """The actor's filters, by name."""
        with self._store.reading() as tx:
            return tx.saved_filters(actor.account)

    def save(self, name: str, query: str, *, actor: Actor) -> SavedFilter:
        """Keep the query under the name, in place of what stood there.

        Raises InvalidInput with the field `name` or `query`.
        """
        saved = SavedFilter(actor.account, name.strip(), query)
        if not 1 <= len(saved.name) <= MAX_NAME:
            raise _invalid("name", f"expected 1 to {MAX_NAME} characters, found {len(saved.name)}")
        if len(query) > MAX_QUERY:
            raise _invalid("query", f"expected at most {MAX_QUERY} characters, found {len(query)}")
        with self._store.writing() as tx:
            known = {each.name for each in tx.saved_filters(actor.account)}
            if len(known - {saved.name}) >= MOST_PER_ACCOUNT:
                raise _invalid("name", f"expected at most {MOST_PER_ACCOUNT} saved filters")
            tx.put_saved_filter(saved)
        return saved

    def delete(self, name: str, *, actor: Actor) -> None:
        """The actor has no filter of that name any more; none before is no error."""
        with self._store.writing() as tx:
            tx.delete_saved_filter(actor.account, name)


def _invalid(field: str, told: str) -> InvalidInput:
    return InvalidInput(f"saved filter: {field}: {told}", {field: [told]})
