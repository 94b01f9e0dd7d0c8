"""Working calendars, revision upon revision."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from engine.errors import Conflict, NotFound
from engine.model import CalendarRevision
from engine.store.kept_rows import of_table, require_countable
from engine.store.tables import work_calendar
from engine.store.transaction import Transaction

_COLUMNS = work_calendar.c


class Calendars(Transaction):
    """Questions about calendars."""

    def last_calendar_revision(self, key: str) -> int:
        """The number of the calendar's newest revision; 0 when there is no such calendar."""
        known = self._newest_revisions
        if self._is_writing or key not in known:
            newest = select(func.max(_COLUMNS.revision)).where(_COLUMNS.key == key)
            known[key] = self._number(newest)
        return known[key]

    def calendar(self, key: str, revision: int) -> CalendarRevision:
        """One revision of a calendar, or NotFound."""
        row = self._first(
            select(work_calendar).where(_COLUMNS.key == key, _COLUMNS.revision == revision)
        )
        if row is None:
            raise NotFound("calendar", f"{key}, revision {revision}")
        return _revision(row)

    def calendars(self) -> list[CalendarRevision]:
        """The newest revision of every calendar, by key."""
        newest = select(_COLUMNS.key, func.max(_COLUMNS.revision).label("newest")).group_by(
            _COLUMNS.key
        )
        found = newest.subquery()
        statement = (
            select(work_calendar)
            .join(found, (found.c.key == _COLUMNS.key) & (found.c.newest == _COLUMNS.revision))
            .order_by(_COLUMNS.key)
        )
        return self._listed(statement, _revision, _COLUMNS.key, _COLUMNS.revision)

    def calendar_revisions(self, key: str) -> list[CalendarRevision]:
        """Every revision of a calendar, the newest first."""
        own = select(work_calendar).where(_COLUMNS.key == key).order_by(_COLUMNS.revision.desc())
        return self._listed(own, _revision, _COLUMNS.key, _COLUMNS.revision)

    def add_calendar_revision(self, new: CalendarRevision) -> None:
        """Keep the next revision. Conflict when somebody else has changed the calendar since."""
        self._write(
            insert(work_calendar),
            [_values(new)],
            clash=Conflict(f"calendar {new.key!r} was changed by somebody else just now"),
        )

    def seed_calendar(self, first: CalendarRevision) -> None:
        """Keep the first revision, unless somebody else has done so just now: his stays."""
        dialect = {"sqlite": sqlite, "postgresql": postgresql}[self._connection.dialect.name]
        self._write(dialect.insert(work_calendar).on_conflict_do_nothing(), [_values(first)])


def _values(revision: CalendarRevision) -> dict[str, Any]:
    values = {column.name: getattr(revision, column.name) for column in _COLUMNS}
    return {**values, "content": dict(revision.content)}


@of_table(work_calendar)
def _revision(row: Row[Any]) -> CalendarRevision:
    require_countable(row.revision)
    return CalendarRevision(**row._mapping)
