"""The counts of work as the worker keeps them, and whether they are what there is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import astuple
from datetime import datetime

from sqlalchemy import bindparam, func, select

from engine.model import InstanceState
from engine.store.kept_rows import readable
from engine.store.leading import Lead
from engine.store.tables import (
    late_instance,
    process_instance,
    user_task,
    work_change,
    work_count,
    work_counted,
)
from engine.store.work_counts import (
    BY_DUE,
    FIGURES,
    IS_OPEN,
    NOTED,
    OPEN_LANE,
    Counted,
    Place,
    Work,
    WorkCounts,
    Works,
    are_late,
    by_definition,
    due_since,
    late_of_all,
    of_all,
    place_of,
    touched,
    were_late,
    work_of,
)

_T, _I, _C, _L = user_task.c, process_instance.c, work_change.c, late_instance.c


_RUNNING = Lead(process_instance, "ix_process_instance_definition_id")


class CountedWork(WorkCounts):
    """Keeps the counts."""

    def has_to_count(self, now: datetime) -> bool:
        """Whether nothing is counted, or something has changed, or become late since."""
        counted = self._kept_counts()
        if counted is None or self._is_any(select(_C.change_id)):
            return True
        due = select(_T.instance_id).where(*due_since(counted, now))
        return self._is_any(BY_DUE.of(due))

    def count_work(self, now: datetime) -> None:
        """What is there is counted, and nothing is noted any more. Who else counts, waits."""
        self._hold_counts()
        counted = self.counted()
        if counted is None:
            self._count_all(now)
        else:
            self._count_on(counted, now)

    def count_work_anew(self, now: datetime) -> None:
        """The same, of the rows themselves: nothing that was counted is asked."""
        self._hold_counts()
        self._count_all(now)

    def forget_counts(self) -> None:
        """Nothing is counted: the worker does it anew."""
        self._must_write()
        self._write(work_counted.delete())

    def wrong_counts(self, now: datetime) -> list[tuple[str, str, str]]:
        """What is counted otherwise than it is there: of what, how it is, and how it is counted.

        Raises DamagedRow.
        """
        counted = self._kept_counts()
        if counted is None:
            return []
        with readable("what is counted"):
            return [*self._wrong_places(counted, now), *self._wrong_late(counted, now)]

    def _wrong_places(self, counted: Counted, now: datetime) -> Iterable[tuple[str, str, str]]:
        right, told = self._works_of_rows(now), self.works(counted, now, of_all)
        for place, work in told.items():
            work.late_instances = right[place].late_instances
        late = self.late_now(counted, now, of_all)
        for place in sorted({*right, *told}, key=str):
            if right[place] != told[place]:
                where = f"work of {place[0]} in {place[1]}, offered to {place[2]}"
                yield where, _told(right[place]), _told(told[place])
        found: dict[str, int] = defaultdict(int)
        for place, work in right.items():
            found[place[0]] += work.late_instances
        for each in sorted({*late, *found}, key=str):
            if late.get(each, 0) != found[each]:
                yield f"late instances of {each}", str(found[each]), str(late.get(each, 0))

    def _wrong_late(self, counted: Counted, now: datetime) -> Iterable[tuple[str, str, str]]:
        names = "instance_id", "definition_id", "since"
        is_other = touched(counted, now)
        late = late_of_all(now).subquery()
        kept = select(*(_L[name] for name in names)).where(_L.instance_id.not_in(is_other))
        right = select(*(late.c[name] for name in names)).where(late.c.instance_id.not_in(is_other))
        for there, row in (
            *(("none", row) for row in self._all(kept.except_(right))),
            *(("a row", row) for row in self._all(right.except_(kept))),
        ):
            found = "another" if there == "none" else "none or another"
            yield f"late_instance {row.instance_id} since {row.since}", there, found

    def _hold_counts(self) -> None:
        """One state of all rows, in which nobody else counts; on SQLite there is one writer."""
        self._must_write()
        if self._connection.dialect.name == "postgresql":
            connection = self._connection
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            # Before anything is asked: the state is that after everybody else has counted.
            connection.exec_driver_sql("LOCK TABLE work_counted IN EXCLUSIVE MODE")

    def _count_all(self, now: datetime) -> None:
        for table in (work_counted, work_count, late_instance, work_change):
            self._write(table.delete())
        works = self._works_of_rows(now)
        names = "instance_id", "definition_id", "since"
        self._write(late_instance.insert().from_select(names, late_of_all(now)))
        self._write(work_counted.insert(), [{"counted_id": 1, "late_before": now}])
        self._add_counts(works)

    def _count_on(self, counted: Counted, now: datetime) -> None:
        more = self._since(counted, now, of_all)
        for row in self._all(by_definition(were_late(counted, now), of_all)):
            more[row.definition_id, None, None].late_instances -= row.number
        late = self._all(are_late(counted, now))
        for row in late:
            more[row.definition_id, None, None].late_instances += 1
        self._write(late_instance.delete().where(_L.instance_id.in_(touched(counted, now))))
        if late:
            self._write(late_instance.insert(), [dict(row._mapping) for row in late])
        self._write(work_change.delete())
        self._write(work_counted.update().values(late_before=now))
        self._put_counts(more)

    def _put_counts(self, more: Works) -> None:
        """There is so much more at each place than what was counted."""
        with readable("a row of work_count"):
            changed = [row for row in self._all(select(work_count)) if place_of(row) in more]
            for row in changed:
                more[place_of(row)].add(work_of(row))
        if changed:
            of_row = work_count.c.count_id == bindparam("of_row")
            self._write(
                work_count.delete().where(of_row), [{"of_row": r.count_id} for r in changed]
            )
        self._add_counts(more)

    def _add_counts(self, works: Mapping[Place, Work]) -> None:
        names = "definition_id", "lane", "offered_lane"
        rows = [
            {
                **dict(zip(names, place, strict=True)),
                **dict(zip(FIGURES, astuple(work), strict=True)),
            }
            for place, work in works.items()
            if work != Work()
        ]
        if rows:
            self._write(work_count.insert(), rows)

    def _works_of_rows(self, now: datetime) -> Works:
        """How much there is, counted of the rows themselves."""
        found: Works = defaultdict(Work)
        places = _T.definition_id, _T.lane, _T.offered_lane
        open_ones = select(
            *places,
            func.count().label("open_tasks"),
            func.count().filter(_T.assignee.is_(None)).label("unclaimed_tasks"),
            func.count().filter(_T.escalation_level > 0).label("escalated_tasks"),
            func.count().filter(_T.due_at < now).label("late_tasks"),
        ).where(IS_OPEN)
        for row in self._all(OPEN_LANE.of(open_ones.group_by(*places))):
            figures = {name: getattr(row, name) for name in (*NOTED[1:], "late_tasks")}
            found[place_of(row)].add(Work(**figures))
        is_running = _I.state == InstanceState.ACTIVE.value
        running = select(_I.definition_id, func.count().label("number")).where(is_running)
        for row in self._all(_RUNNING.of(running.group_by(_I.definition_id))):
            found[row.definition_id, None, None].running += row.number
        for row in self._all(by_definition(late_of_all(now), of_all)):
            found[row.definition_id, None, None].late_instances += row.number
        return found


def _told(work: Work) -> str:
    return ", ".join(f"{name} {value}" for name, value in zip(FIGURES, astuple(work), strict=True))
