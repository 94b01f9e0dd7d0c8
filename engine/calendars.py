"""Working calendars of the office: kept as revisions, since deadlines name the one they used."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from engine.bpmn.sop_terms import CALENDAR_KEY
from engine.errors import Conflict, DamagedRow, InvalidInput, NotFound
from engine.model import Actor, CalendarRevision, Role
from engine.permissions import require_role
from engine.sources import Clock
from engine.store import Store, StoreTransaction
from engine.worktime import NoWorkingDay, WorkCalendar
from engine.worktime.as_json import from_json, to_json
from engine.worktime.seeds import new_calendar

#: The calendar of processes that name none.
DEFAULT_KEY = "kantor"
_MAX_TEXT = 255
#: Revisions kept in memory: they never change.
_MOST_KEPT = 200


class Calendars:
    """The calendars of one store."""

    def __init__(self, store: Store, clock: Clock, zone: ZoneInfo) -> None:
        self._store = store
        self._clock = clock
        self._zone = zone
        self._kept: dict[tuple[str, int], WorkCalendar] = {}
        self._lock = threading.Lock()

    # ------------------------------------------------------------------- questions

    def calendars(self) -> list[WorkCalendar]:
        """Every calendar as it is now, by key, but for those that say nothing that is one.

        Everybody may see them.
        """
        with self._store.reading() as tx:
            return [calendar for found in tx.calendars() for calendar in self._readable(found)]

    def _readable(self, found: CalendarRevision) -> Iterator[WorkCalendar]:
        try:
            yield _calendar(found)
        except DamagedRow as error:
            row = f"a row of work_calendar (key {found.key}, revision {found.revision})"
            self._store.quarantine.take(row, str(error))

    def calendar(self, key: str, revision: int | None = None) -> WorkCalendar:
        """One calendar, as it is now or was at a revision. Raises NotFound."""
        with self._store.reading() as tx:
            wanted = tx.last_calendar_revision(key) if revision is None else revision
            return self.at_revision(tx, key, wanted)

    def revisions(self, key: str) -> list[CalendarRevision]:
        """Who changed a calendar, when and why, the newest first. Raises NotFound."""
        with self._store.reading() as tx:
            found = tx.calendar_revisions(key)
        if not found:
            raise NotFound("calendar", key)
        return found

    # --------------------------------------------------------------------- changes

    def add(
        self, key: str, name: str, *, zone: ZoneInfo, days_a_week: int = 5, actor: Actor
    ) -> WorkCalendar:
        """A new calendar from the seeds. Admins only. Raises InvalidInput, Conflict."""
        require_role(actor, "add a calendar", Role.ADMIN)
        if not CALENDAR_KEY.fullmatch(key):
            raise InvalidInput(
                f"calendar key {key!r}: expected 1 to 63 of a-z, 0-9 and dash",
                {"key": ["expected 1 to 63 of a-z, 0-9 and dash"]},
            )
        seeded = new_calendar(key, name, zone=zone, years=self._years(), days_a_week=days_a_week)
        with self._store.writing() as tx:
            if tx.last_calendar_revision(key):
                raise Conflict(f"there is a calendar {key!r} already")
            return self._keep(tx, _valid(seeded), changed_by=actor.account, note="dari bawaan")

    def change(self, changed: WorkCalendar, *, note: str, actor: Actor) -> WorkCalendar:
        """The calendar's next revision. Deadlines that are set stay; new ones use it.

        changed.revision: the revision that was looked at; another one since is a Conflict.
        Admins only. Raises NotFound, InvalidInput.
        """
        require_role(actor, f"change calendar {changed.key}", Role.ADMIN)
        valid = _valid(changed)
        with self._store.writing() as tx:
            last = tx.last_calendar_revision(changed.key)
            if not last:
                raise NotFound("calendar", changed.key)
            if last != changed.revision:
                raise Conflict(
                    f"calendar {changed.key!r} has revision {last} by now, not {changed.revision}"
                )
            return self._keep(tx, valid, changed_by=actor.account, note=note.strip()[:_MAX_TEXT])

    # -------------------------------------------------------------------- in steps

    def current(self, tx: StoreTransaction, key: str) -> WorkCalendar:
        """The calendar as it is now, in a step; made from the seeds when it is not there yet."""
        last = tx.last_calendar_revision(key)
        if last:
            return self.at_revision(tx, key, last)
        seeded = new_calendar(key, key.capitalize(), zone=self._zone, years=self._years())
        tx.seed_calendar(self._next_of(seeded, changed_by=None, note="dari bawaan"))
        # Perhaps somebody else's, who seeded it just now. Not kept in memory: this may be undone.
        return _calendar(tx.calendar(key, tx.last_calendar_revision(key)))

    def at_revision(self, tx: StoreTransaction, key: str, revision: int) -> WorkCalendar:
        """The calendar at one revision, which never changes. Raises NotFound."""
        with self._lock:
            known = self._kept.get((key, revision))
        if known is None:
            known = _calendar(tx.calendar(key, revision))
            with self._lock:
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.clear()
                self._kept[key, revision] = known
        return known

    def _keep(
        self, tx: StoreTransaction, calendar: WorkCalendar, *, changed_by: str | None, note: str
    ) -> WorkCalendar:
        tx.add_calendar_revision(self._next_of(calendar, changed_by=changed_by, note=note))
        return replace(calendar, revision=calendar.revision + 1)

    def _next_of(
        self, calendar: WorkCalendar, *, changed_by: str | None, note: str
    ) -> CalendarRevision:
        revision, content = calendar.revision + 1, to_json(calendar)
        return CalendarRevision(
            calendar.key, revision, content, self._clock.now(), changed_by, note
        )

    def _years(self) -> Iterable[int]:
        """Last year to next: a term may begin or end over the turn of a year."""
        this = self._clock.now().astimezone(self._zone).year
        return range(this - 1, this + 2)


def _calendar(found: CalendarRevision) -> WorkCalendar:
    try:
        return from_json(found.key, found.revision, found.content)
    except InvalidInput as error:
        # It was one when it was kept.
        told = f"calendar {found.key!r}, revision {found.revision}"
        raise DamagedRow(f"{told} cannot be read: {error}") from error


def _valid(calendar: WorkCalendar) -> WorkCalendar:
    """The calendar if deadlines can be computed in it. Raises InvalidInput naming the field."""
    faults: dict[str, list[str]] = {}
    if not 1 <= len(calendar.name.strip()) <= _MAX_TEXT:
        faults["name"] = [f"expected 1 to {_MAX_TEXT} characters"]
    if not calendar.week:
        faults["week"] = ["expected at least one working day a week"]
    for first, last in calendar.ramadan:
        if last < first:
            faults["ramadan"] = [f"expected a last day after {first}, found {last}"]
    try:
        next(iter(calendar.working_days_from(min(calendar.days, default=date(2024, 1, 1)))))
    except NoWorkingDay as error:
        faults.setdefault("week", [str(error)])
    if faults:
        field, reasons = next(iter(faults.items()))
        raise InvalidInput(f"calendar {calendar.key!r}: {field}: {reasons[0]}", faults)
    return calendar
