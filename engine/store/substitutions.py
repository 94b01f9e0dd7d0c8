"""Who stands in for whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, delete, func, insert, or_, select, update

from engine.errors import NotFound
from engine.model import Substitution, SubstitutionKind, SubstitutionState
from engine.queries import Page, SubstitutionQuery
from engine.store.filters import Conditions, equal, like
from engine.store.kept_rows import of_table, readable, require
from engine.store.tables import account, substitution
from engine.store.transaction import Transaction, paged

_FIRST_PAGE = Page()
_COLUMNS = substitution.c
#: Of several the one that began last counts first.
LATEST_FIRST = (
    _COLUMNS.begins_at.desc(),
    _COLUMNS.recorded_at.desc(),
    _COLUMNS.substitution_id,
)
_SORTING = {
    name: _COLUMNS[name]
    for name in ("account", "lane", "kind", "begins_at", "ends_at", "recorded_at")
}


class Substitutions(Transaction):
    """Questions about substitutions."""

    def add_substitution(self, new: Substitution) -> None:
        """Keep a new one."""
        self._write(insert(substitution), [_values(new)])

    def every_substitution(self) -> list[Substitution]:
        """All that there are."""
        with readable("the row of a substitution"):
            return [substitution_of(row) for row in self._all(select(substitution))]

    def put_substitutions(self, found: Iterable[Substitution]) -> list[Substitution]:
        """These are all that there are; but those whose account is not there, which stay so."""
        wanted = {each.substitution_id: each for each in found}
        kept = self._ids(select(_COLUMNS.substitution_id), _COLUMNS.substitution_id)
        accounts = self._ids(select(account.c.name), account.c.name)
        self._write(delete(substitution).where(_COLUMNS.substitution_id.not_in(sorted(wanted))))
        left = [each for _, each in sorted(wanted.items()) if each.account not in accounts]
        for substitution_id, each in sorted(wanted.items()):
            if each in left:
                continue
            if substitution_id in kept:
                self.update_substitution(each)
            else:
                self.add_substitution(each)
        return left

    def update_substitution(self, changed: Substitution) -> None:
        """Keep it as it is now, or NotFound."""
        found = _COLUMNS.substitution_id == changed.substitution_id
        if not self._write(update(substitution).where(found).values(**_values(changed))):
            raise NotFound("substitution", changed.substitution_id)

    def substitution(self, substitution_id: str, *, for_change: bool = False) -> Substitution:
        """The one of that id, or NotFound.

        for_change: waits for the steps that are being taken by it; who would begin one from now
        on is refused until this transaction ends.
        """
        statement = select(substitution).where(_COLUMNS.substitution_id == substitution_id)
        if for_change:
            self._must_write()
            statement = statement.with_for_update()
        row = self._first(statement)
        if row is None:
            raise NotFound("substitution", substitution_id)
        return substitution_of(row)

    def standing_substitutions(self, account: str) -> tuple[Substitution, ...]:
        """Those of the account that nobody ended, held for a step; the latest begun first.

        One that is being ended is not among them: to wait for that while the step holds its
        instance could be for ever, since who ends it wants the instance.
        """
        self._must_write()
        rows = self._all(
            select(substitution)
            .where(_COLUMNS.account == account, _COLUMNS.ended_at.is_(None))
            .order_by(*LATEST_FIRST)
            .with_for_update(read=True, skip_locked=True)
        )
        return tuple(substitution_of(row) for row in rows)

    def substitutions(
        self, query: SubstitutionQuery, page: Page = _FIRST_PAGE
    ) -> list[Substitution]:
        """Those that match, the latest begun first unless the page says otherwise."""
        statement = select(substitution).where(*_conditions(query))
        ordered = paged(statement, page, _SORTING, *LATEST_FIRST)
        return self._listed(ordered, substitution_of, _COLUMNS.substitution_id)

    def count_substitutions(self, query: SubstitutionQuery) -> int:
        """How many match."""
        return self._number(
            select(func.count()).select_from(substitution).where(*_conditions(query))
        )

    def expired_substitutions(self, now: datetime, limit: int) -> list[str]:
        """Ids of those whose last day is over and that nobody ended yet, the oldest first."""
        wanted = (
            select(_COLUMNS.substitution_id)
            .where(_COLUMNS.ended_at.is_(None), _COLUMNS.ends_at <= now)
            .order_by(_COLUMNS.ends_at, _COLUMNS.substitution_id)
            .limit(limit)
        )
        return self._ids(wanted, _COLUMNS.substitution_id)


def _conditions(query: SubstitutionQuery) -> Conditions:
    return [
        *equal(_COLUMNS.account, query.account),
        *equal(_COLUMNS.lane, query.lane),
        *equal(_COLUMNS.kind, query.kind.value if query.kind else None),
        *like(_COLUMNS.basis_number, query.basis_number_like),
        *_in_state(query.state, query.at),
    ]


def _in_state(state: SubstitutionState | None, at: datetime | None) -> Conditions:
    if state is None or at is None:
        return []
    is_open = _COLUMNS.ended_at.is_(None)
    if state is SubstitutionState.PAST:
        return [or_(_COLUMNS.ended_at.is_not(None), _COLUMNS.ends_at <= at)]
    if state is SubstitutionState.COMING:
        return [and_(is_open, _COLUMNS.begins_at > at, _COLUMNS.ends_at > at)]
    return [and_(is_open, _COLUMNS.begins_at <= at, _COLUMNS.ends_at > at)]


@of_table(substitution)
def substitution_of(row: Row[Any], prefix: str = "") -> Substitution:
    """The substitution in a row that has all its columns, under names with the prefix."""
    values = {column.name: getattr(row, prefix + column.name) for column in _COLUMNS}
    require(substitution, values)
    return Substitution(**{**values, "kind": SubstitutionKind(values["kind"])})


def _values(each: Substitution) -> dict[str, Any]:
    values = {column.name: getattr(each, column.name) for column in _COLUMNS}
    return {**values, "kind": each.kind.value}
