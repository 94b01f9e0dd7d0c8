"""How much is open, running and late: added up beforehand, and right at every moment.

Triggers note beside each change what became more or less (`work_change`). Counts are what was
counted, what was noted since, and what became late since, each by an index. So they cost what has
happened since the worker last counted, whatever there is; without them all rows are counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Subquery,
    case,
    func,
    literal,
    select,
    true,
    union,
    union_all,
)

from engine.errors import DamagedRow
from engine.model import TaskState
from engine.store.filters import equal, taking_part
from engine.store.kept_rows import of_table, readable
from engine.store.leading import Lead, found_first, unled
from engine.store.tables import (
    late_instance,
    process_definition,
    user_task,
    work_change,
    work_count,
    work_counted,
)
from engine.store.transaction import Rows, Transaction

T = TypeVar("T")
_T, _C, _L = user_task.c, work_change.c, late_instance.c
# Written into the statement, so that SQLite takes an index that has open tasks only.
IS_OPEN = _T.state == literal(TaskState.OPEN.value, literal_execute=True)
OPEN_LANE = Lead(user_task, "ix_user_task_open_lane")
BY_DUE = Lead(user_task, "ix_user_task_due_at")
#: With more changes than that all rows are counted: no worker has counted for long.
_MOST_CHANGES = 50_000

#: Definitions that are searched in one statement.
_AT_ONCE = 100

#: Definition, lane and offered lane; an instance has no lane.
Place = tuple[str, str | None, str | None]
#: That something of the definition is asked for.
OfDefinition = Callable[[ColumnElement[str]], ColumnElement[bool]]


@dataclass(slots=True)
class Work:
    """How much there is of something, or how much more."""

    running: int = 0
    open_tasks: int = 0
    unclaimed_tasks: int = 0
    escalated_tasks: int = 0
    late_tasks: int = 0
    late_instances: int = 0

    def add(self, other: Work, times: int = 1) -> None:
        """So much more, so many times."""
        for name in FIGURES:
            setattr(self, name, getattr(self, name) + times * getattr(other, name))


FIGURES = tuple(each.name for each in fields(Work))
NOTED = FIGURES[:4]
Works = dict[Place, Work]


@dataclass(frozen=True, slots=True)
class Counted:
    """That there are counts, in which that is late which was due before `late_before`."""

    late_before: datetime


class WorkCounts(Transaction):
    """Questions about what is counted."""

    def counted(self) -> Counted | None:
        """What there is of counts; None when all rows have to be counted."""
        known = {} if self.is_writing else self.answers("counted")
        if "" not in known:
            known[""] = self._counted()
        found: Counted | None = known[""]
        return found

    def _counted(self) -> Counted | None:
        some = select(literal(1)).select_from(work_change).limit(_MOST_CHANGES + 1).subquery()
        changes = select(func.count()).select_from(some).scalar_subquery()
        try:
            counted = self._kept_counts()
        except DamagedRow:
            return None
        is_of_use = counted is not None and self._number(select(changes)) <= _MOST_CHANGES
        return counted if is_of_use else None

    def _kept_counts(self) -> Counted | None:
        """What there is of counts, however much has changed. Raises DamagedRow."""
        row = self._first(select(work_counted))
        return None if row is None else _counted_of(row)

    def _or_of_rows(self, ask: Callable[[Counted], T], of_rows: Callable[[], T]) -> T:
        """The answer by what is counted; of the rows themselves when that is not to be had."""
        counted = self.counted()
        if counted is not None:
            try:
                return ask(counted)
            except DamagedRow:
                pass
        return of_rows()

    def works(self, counted: Counted, now: datetime | None, of: OfDefinition) -> Works:
        """How much there is at each place of the definitions.

        now: None when it is not asked what is late.
        """
        found = self._since(counted, now, of)
        with readable("a row of work_count"):
            for row in self._all(select(work_count).where(of(work_count.c.definition_id))):
                found[place_of(row)].add(work_of(row))
            for place, work in found.items():
                # Of instances that are late only all places together are right.
                if None in place[:1] or min(astuple(work)[:-1]) < 0:
                    raise ValueError(f"expected no less than 0 of a definition, found {work}")
        return found

    def _since(self, counted: Counted, now: datetime | None, of: OfDefinition) -> Works:
        """How much more there is at each place than what was counted."""
        found: Works = defaultdict(Work)
        with readable("a row of work_change"):
            for row in self._changes(counted.late_before, of):
                more = Work(*(getattr(row, name) for name in NOTED))
                more.late_tasks = more.open_tasks if row.was_due else 0
                found[place_of(row)].add(more, row.number)
        if now is not None:
            sign = 1 if now >= counted.late_before else -1
            for row in self._grown_late(counted, now, of):
                found[place_of(row)].add(Work(late_tasks=sign), row.number)
        return found

    def late_now(self, counted: Counted, now: datetime, of: OfDefinition) -> dict[str, int]:
        """Definition -> its running instances that are late, of the definitions."""
        found: dict[str, int] = defaultdict(int)
        number = work_count.c.late_instances
        is_any = [number != 0, of(work_count.c.definition_id)]
        for row in self._all(select(work_count.c.definition_id, number).where(*is_any)):
            found[row.definition_id] += row.late_instances
        for sign, instances in ((-1, were_late(counted, now)), (1, are_late(counted, now))):
            for row in self._all(by_definition(instances, of)):
                found[row.definition_id] += sign * row.number
        with readable("the instances that were counted as late"):
            if min(found.values(), default=0) < 0:
                raise ValueError(f"expected no less than 0, found {dict(found)}")
        return {each: number for each, number in found.items() if number}

    def first_late(
        self, counted: Counted, now: datetime, of: OfDefinition, limit: int
    ) -> list[tuple[datetime, str]]:
        """Since when instances are late, and their ids: of the definitions those late longest."""
        return self._first_late(_late_as_counted(counted, now, limit, of), counted, now, of, limit)

    def first_late_of(
        self, counted: Counted, now: datetime, definition_ids: Sequence[str], limit: int
    ) -> list[tuple[datetime, str]]:
        """The same of definitions that are named, each searched by itself."""
        found: list[tuple[datetime, str]] = []
        for first in range(0, len(definition_ids), _AT_ONCE):
            some = definition_ids[first : first + _AT_ONCE]
            each = [_late_as_counted(counted, now, limit, _one_of([id_])) for id_ in some]
            kept = union_all(*(select(part.subquery()) for part in each))
            found += self._first_late(kept, counted, now, _one_of(some), limit)
        return sorted(found)[:limit]

    def _first_late(
        self,
        kept: Select[Any] | CompoundSelect[Any],
        counted: Counted,
        now: datetime,
        of: OfDefinition,
        limit: int,
    ) -> list[tuple[datetime, str]]:
        anew = are_late(counted, now).subquery()
        others = select(anew.c.since, anew.c.instance_id).where(of(anew.c.definition_id))
        found = [
            (row.since, row.instance_id)
            for each in (kept, others)
            for row in self._all(each.order_by("since", "instance_id").limit(limit))
        ]
        return sorted(found)[:limit]

    def oldest_open(self, of: OfDefinition) -> dict[tuple[str, str | None], datetime]:
        """Definition and lane -> when the oldest of their open tasks became open."""
        if self._connection.dialect.name == "postgresql":
            # It searches a partial index by no condition that is the index's own (the state), and
            # so would read all of it for each lane: once is enough.
            oldest = func.min(_T.created_at).label("oldest_at")
            places = [_T.definition_id, _T.lane]
            asked = select(*places, oldest).where(IS_OPEN, of(_T.definition_id)).group_by(*places)
            return {(row.definition_id, row.lane): row.oldest_at for row in self._all(asked)}
        return self._oldest_by_place(of)

    def _oldest_by_place(self, of: OfDefinition) -> dict[tuple[str, str | None], datetime]:
        places = union(
            *(
                select(table.c.definition_id, table.c.lane).where(
                    of(table.c.definition_id), table.c.open_tasks != 0
                )
                for table in (work_count, work_change)
            )
        ).subquery()
        of_places = [IS_OPEN, _T.definition_id == places.c.definition_id]
        first = select(func.min(_T.created_at)).where(*of_places)
        in_lane, in_none = (
            OPEN_LANE.of(first.where(each)).correlate(places).scalar_subquery()
            for each in (_T.lane == places.c.lane, _T.lane.is_(None))
        )
        oldest = case((places.c.lane.is_(None), in_none), else_=in_lane).label("oldest_at")
        rows = self._all(select(places.c.definition_id, places.c.lane, oldest))
        return {(row.definition_id, row.lane): row.oldest_at for row in rows if row.oldest_at}

    def _changes(self, late_before: datetime, of: OfDefinition) -> Rows:
        was_due = case((_C.due_at < late_before, 1), else_=0).label("was_due")
        kinds = [_C.definition_id, _C.lane, _C.offered_lane, *(_C[name] for name in NOTED)]
        # Read as they are, and added up here: SQLite's sum takes a text for 0.
        found = select(*kinds, was_due, func.count().label("number"))
        return self._all(found.where(of(_C.definition_id)).group_by(*kinds, was_due))

    def _grown_late(self, counted: Counted, now: datetime, of: OfDefinition) -> Rows:
        """The open tasks that were due since: or before then, when a clock was set back."""
        places = _T.definition_id, _T.lane, _T.offered_lane
        due = [*due_since(counted, now), of(unled(_T.definition_id))]
        found = select(*places, func.count().label("number")).where(*due).group_by(*places)
        return self._all(BY_DUE.of(found))


@of_table(work_counted)
def _counted_of(row: Any) -> Counted:
    return Counted(row.late_before)


def of_all(_: ColumnElement[str]) -> ColumnElement[bool]:
    """Of whichever definition it is."""
    return true()


def of_sop(definition_key: str | None, lanes: Iterable[str] | None = None) -> OfDefinition:
    """Of one of these: see `definitions_of`."""
    if definition_key is None and lanes is None:
        return of_all
    return lambda column: column.in_(definitions_of(definition_key, lanes))


def definitions_of(definition_key: str | None, lanes: Iterable[str] | None) -> Select[tuple[str]]:
    """Every version of the SOP, or of all; in which one of the lanes takes part, or any."""
    columns = process_definition.c
    conditions = equal(columns.key, definition_key)
    if lanes is not None:
        conditions.append(taking_part(columns.definition_id, lanes))
    return select(columns.definition_id).where(*conditions)


def _one_of(definition_ids: Sequence[str]) -> OfDefinition:
    return lambda column: column.in_(definition_ids)


def place_of(row: Any) -> Place:
    """Where the row is counted."""
    return row.definition_id, row.lane, row.offered_lane


def work_of(row: Any) -> Work:
    """What a row of work_count says."""
    return Work(*(getattr(row, name) for name in FIGURES))


def due_since(counted: Counted, now: datetime) -> list[ColumnElement[bool]]:
    """That an open task was due since it was counted; or before, when a clock was set back."""
    first, last = sorted((counted.late_before, now))
    is_open = _T.state == TaskState.OPEN.value
    return [is_open, _T.due_at >= first, _T.due_at < last]


def touched(counted: Counted, now: datetime) -> Select[tuple[str]]:
    """The instances of which something else may be true than what was counted."""
    due = BY_DUE.of(select(_T.instance_id).where(*due_since(counted, now)))
    found = union(select(_C.instance_id), due).subquery()
    return select(found.c.instance_id)


def were_late(counted: Counted, now: datetime) -> Select[Any]:
    """Of these the ones that were late, as it was counted."""
    ids = touched(counted, now)
    is_one = found_first(_L.instance_id, ids, [_L.instance_id.in_(ids)])
    return select(_L.instance_id, _L.definition_id, _L.since).where(is_one)


def _late_as_counted(counted: Counted, now: datetime, limit: int, of: OfDefinition) -> Select[Any]:
    """The first of those late of which nothing else is true than what was counted."""
    is_sure = [_L.since < now, _L.instance_id.not_in(touched(counted, now))]
    found = select(_L.since, _L.instance_id).where(*is_sure, of(_L.definition_id))
    return found.order_by(_L.since, _L.instance_id).limit(limit)


def are_late(counted: Counted, now: datetime) -> Select[Any]:
    """Of these the ones that are late, and since when."""
    ids = touched(counted, now)
    return _late(
        found_first(_T.instance_id, ids, [_T.instance_id.in_(ids)]),
        unled(_T.state) == TaskState.OPEN.value,
        unled(_T.due_at) < now,
    )


def late_of_all(now: datetime) -> Select[Any]:
    """Every instance that is late, and since when: of all open tasks."""
    return OPEN_LANE.of(_late(IS_OPEN, _T.due_at < now))


def _late(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Each instance with such a task, and the moment of the first of them."""
    return (
        select(
            _T.instance_id,
            func.min(_T.definition_id).label("definition_id"),
            func.min(_T.due_at).label("since"),
        )
        .where(*conditions)
        .group_by(_T.instance_id)
    )


def by_definition(instances: Select[Any], of: OfDefinition) -> Select[Any]:
    """How many of the instances each of the definitions has."""
    found: Subquery = instances.subquery()
    column = found.c.definition_id
    return select(column, func.count().label("number")).where(of(column)).group_by(column)
