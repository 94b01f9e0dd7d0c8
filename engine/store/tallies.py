"""Tallies of days and months that are over, so that a report costs as much of many years as of one.

A period is read as the longest spans that are tallied within it, and what lies between them from
the measures themselves: the sum is the same however much is tallied.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Row,
    Select,
    Table,
    case,
    cast,
    delete,
    func,
    insert,
    literal_column,
    select,
    text,
    type_coerce,
    union_all,
)

from engine.errors import DamagedRow
from engine.model import InstanceState, Period
from engine.store.buckets import Buckets
from engine.store.filters import Conditions, among
from engine.store.kept_rows import of_table, readable
from engine.store.leading import Lead
from engine.store.tables import (
    Duration,
    instance_tally,
    instance_time,
    process_definition,
    spread_tally,
    tallied_span,
    task_tally,
    task_time,
)
from engine.store.transaction import Rows, Transaction

T = TypeVar("T")
_T, _I, _S = task_time.c, instance_time.c, tallied_span.c
#: What lies between spans is one search each: of more, all is read from the measures.
_MOST_GAPS = 10
_TASK_GROUPS = ("definition_key", "definition_id", "activity_id", "lane")
_INSTANCE_GROUPS = ("definition_key", "definition_id", "state", "course_digest")

#: What of a table or its tally is asked for.
Where = Callable[[FromClause], Conditions]
#: (key of the SOP, its step or empty, waiting, working or elapsed) -> how that is spread.
Spreads = dict[tuple[str, str, str], Buckets]


@dataclass(frozen=True, slots=True)
class Covered:
    """A period: spans that are tallied, and what lies between them."""

    period: Period
    span_ids: tuple[int, ...]
    gaps: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class _Summed:
    """A table of measures and its tally, to be added up alike."""

    measures: Table
    tally: Table
    lead: Lead
    figures: dict[str, ColumnElement[Any]]


_IS_DONE = ~_T.is_cancelled
_IS_COMPLETED = _I.state == InstanceState.COMPLETED.value
_TASKS = _Summed(
    task_time,
    task_tally,
    Lead(task_time, "ix_task_time_ended_at"),
    {
        "number": func.count(),
        "done": func.count().filter(_IS_DONE),
        "dated": func.count().filter(_IS_DONE, _T.due_at.is_not(None)),
        "late": func.count().filter(_IS_DONE, _T.ended_at > _T.due_at),
        "repeated": func.count().filter(_IS_DONE, _T.round > 1),
        "waiting": func.sum(case((_IS_DONE, _T.waiting), else_=literal_column("0"))),
        "working": func.sum(case((_IS_DONE, _T.working), else_=literal_column("0"))),
    },
)
_INSTANCES = _Summed(
    instance_time,
    instance_tally,
    Lead(instance_time, "ix_instance_time_ended_at"),
    {"number": func.count(), "elapsed": func.sum(_I.elapsed)},
)


class Tallies(Transaction):
    """Questions about tallied spans, and the keeping of them."""

    # ------------------------------------------------------------------- reading

    def covered(self, period: Period) -> Covered:
        """The period in tallied spans and gaps."""
        inside = (_S.since >= period.since, _S.until <= period.until)
        try:
            spans = self._all(
                select(tallied_span).where(*inside).order_by(_S.since, _S.until.desc())
            )
        except DamagedRow:
            return _all_of(period)
        ids, gaps, at = [], [], period.since
        for span in spans:
            if span.since < at:
                continue  # a day of a month that is tallied
            if span.since > at:
                gaps.append(Period(at, span.since))
            ids.append(span.span_id)
            at = span.until
        if at < period.until:
            gaps.append(Period(at, period.until))
        if len(gaps) > _MOST_GAPS:
            return _all_of(period)
        return Covered(period, tuple(ids), tuple(gaps))

    def task_sums(self, covered: Covered, groups: Sequence[str], where: Where) -> Rows:
        """Rows of the groups, each with its sums over measured tasks; see tables/tallies.py."""
        return _or_of_measures(covered, lambda of: self._sums(_TASKS, of, groups, where))

    def instance_sums(self, covered: Covered, groups: Sequence[str], where: Where) -> Rows:
        """The same over measured instances."""
        return _or_of_measures(covered, lambda of: self._sums(_INSTANCES, of, groups, where))

    def _sums(self, summed: _Summed, covered: Covered, groups: Sequence[str], where: Where) -> Rows:
        parts = [_measured(summed, gap, groups, where) for gap in covered.gaps]
        if covered.span_ids:
            parts.append(_tallied(summed, covered, groups, where))
        if not parts:
            return []
        found = union_all(*parts).subquery()
        sums = [_total(found.c[name]).label(name) for name in summed.figures]
        keys = [found.c[name] for name in groups]
        with readable("a row of measured time"):
            rows = self._all(select(*keys, *sums).group_by(*keys))
            if any(None in row[len(keys) :] for row in rows):
                raise ValueError("expected a sum, found none")
        return rows

    def task_spreads(self, covered: Covered, of: Where) -> Spreads:
        """How the times of tasks are spread that were not cancelled."""
        return _or_of_measures(covered, lambda parts: self._task_spreads(parts, of))

    def instance_spreads(self, covered: Covered, of: Where) -> Spreads:
        """How the times of completed instances are spread."""
        return _or_of_measures(covered, lambda parts: self._instance_spreads(parts, of))

    def _task_spreads(self, covered: Covered, of: Where) -> Spreads:
        found = self._kept_spreads(covered, of, spread_tally.c.activity_id != "")
        of_each = (_T.definition_key, _T.activity_id)
        for gap in covered.gaps:
            tasks = [*of(task_time), *within(_T.ended_at, gap), _IS_DONE]
            rows = self._numbers(_TASKS.lead, [*of_each, _T.waiting, _T.working], tasks)
            for (key, activity_id, waiting, working), number in rows.items():
                with readable("a measured time"):
                    found[key, activity_id, "waiting"].add(waiting, number)
                    found[key, activity_id, "working"].add(working, number)
        return found

    def _instance_spreads(self, covered: Covered, of: Where) -> Spreads:
        found = self._kept_spreads(covered, of, spread_tally.c.activity_id == "")
        for gap in covered.gaps:
            instances = [*of(instance_time), *within(_I.ended_at, gap), _IS_COMPLETED]
            rows = self._numbers(_INSTANCES.lead, [_I.definition_key, _I.elapsed], instances)
            for (key, elapsed), number in rows.items():
                with readable("a measured time"):
                    found[key, "", "elapsed"].add(elapsed, number)
        return found

    def _kept_spreads(self, covered: Covered, of: Where, which: ColumnElement[bool]) -> Spreads:
        found: Spreads = defaultdict(Buckets)
        columns = spread_tally.c
        if covered.span_ids:
            kept = [columns.span_id.in_(covered.span_ids), *of(spread_tally), which]
            with readable("a row of spread_tally"):
                for row in self._all(select(spread_tally).where(*kept)):
                    found[row.definition_key, row.activity_id, row.measure].join(row.buckets)
        return found

    def _numbers(
        self, lead: Lead, columns: list[ColumnElement[Any]], conditions: Conditions
    ) -> Counter[Any]:
        """The rows, times as milliseconds, and how often each is there."""
        # Of a busy day there are many: durations would take longer than all the rest.
        asked = [type_coerce(c, BigInteger) if isinstance(c.type, Duration) else c for c in columns]
        return Counter(map(tuple, self._all(lead.of(select(*asked).where(*conditions)))))

    def unmeasured(self, table: Table) -> Conditions:
        """That what has ended is not measured yet, of tasks or instances."""
        of_table = table.c
        is_left = [~of_table.is_measured]
        if self._connection.dialect.name == "postgresql":
            # Its statistics are of a time when much was not, and it would read all that has ended.
            ids = select(of_table.instance_id).where(*is_left, of_table.ended_at.is_not(None))
            is_left += among(of_table.instance_id, self._few_ids(ids.order_by(of_table.ended_at)))
        return is_left

    # ------------------------------------------------------------------- keeping

    def tallied_spans(self) -> list[Period]:
        """Every span that is tallied."""
        rows = select(_S.since, _S.until).order_by(_S.since, _S.until)
        return self._listed(rows, _span, _S.span_id)

    def first_measured_end(self) -> datetime | None:
        """When the first of all that is measured ended."""
        keys = select(process_definition.c.key).distinct().subquery()
        firsts = [
            select(func.min(table.c.ended_at))
            .where(table.c.definition_key == keys.c.key)
            .scalar_subquery()
            for table in (task_time, instance_time)
        ]
        rows = self._all(select(*firsts).select_from(keys))
        return min((each for row in rows for each in row if each is not None), default=None)

    def tally(self, span: Period) -> bool:
        """Add up the span, from the shorter ones that are tallied in it; whether it was not yet.

        Who measures meanwhile waits.
        """
        self._hold_spans("SHARE ROW EXCLUSIVE")
        known = select(_S.span_id).where(_S.since == span.since, _S.until == span.until)
        if self._first(known) is not None:
            return False
        found = self._figures(self.covered(span))
        values = {"since": span.since, "until": span.until}
        [kept] = self._all(insert(tallied_span).values(values).returning(_S.span_id))
        for table, rows in found.items():
            of_span = [{"span_id": kept.span_id, **row} for row in rows]
            if of_span:
                self._write(insert(table), of_span)
        return True

    def is_tallied_right(self, span: Period) -> bool:
        """Whether the tally of the span, if it has one, is what its measures come to.

        Raises DamagedRow.
        """
        known = select(_S.span_id).where(_S.since == span.since, _S.until == span.until)
        row = self._first(known)
        if row is None:
            return True
        with readable("a row of a tally"):
            return self._figures(Covered(span, (row.span_id,), ())) == self._figures(_all_of(span))

    def _figures(self, covered: Covered) -> dict[Table, list[dict[str, Any]]]:
        """What tallies say of it, as rows of each table without their span. Raises DamagedRow."""
        of = of_key(None)
        tasks = self._sums(_TASKS, covered, _TASK_GROUPS, of)
        instances = self._sums(_INSTANCES, covered, _INSTANCE_GROUPS, of)
        spreads = {**self._task_spreads(covered, of), **self._instance_spreads(covered, of)}
        names = ("definition_key", "activity_id", "measure")
        rows = sorted((dict(row._mapping) for row in tasks), key=str)
        return {
            task_tally: [{"place": place, **row} for place, row in enumerate(rows)],
            instance_tally: sorted((dict(row._mapping) for row in instances), key=str),
            spread_tally: [
                {**dict(zip(names, name, strict=True)), "buckets": spreads[name].rows()}
                for name in sorted(spreads)
            ],
        }

    def untally(self, moments: Collection[datetime]) -> None:
        """No span that has one of these moments is tallied, nor any between them."""
        if moments:
            self._hold_spans("ROW EXCLUSIVE")
            covers = (_S.since <= max(moments), _S.until > min(moments))
            self._write(delete(tallied_span).where(*covers))

    def forget_tallies(self) -> None:
        """Nothing is tallied: the worker does it anew."""
        self._hold_spans("ROW EXCLUSIVE")
        self._write(delete(tallied_span))

    def _hold_spans(self, mode: str) -> None:
        """Whoever tallies, and whoever writes measures, wait for each other on PostgreSQL.

        On SQLite there is one writer.
        """
        self._must_write()
        if self._connection.dialect.name == "postgresql":
            self._write(text(f"LOCK TABLE tallied_span IN {mode} MODE"))


@of_table(tallied_span)
def _span(row: Row[Any]) -> Period:
    return Period(row.since, row.until)


def within(moment: ColumnElement[Any], period: Period) -> Conditions:
    """That the moment is one of the period."""
    return [moment >= period.since, moment < period.until]


def _or_of_measures(covered: Covered, ask: Callable[[Covered], T]) -> T:
    """The answer of the period; of its measures alone, when a tally cannot be read."""
    try:
        return ask(covered)
    except DamagedRow:
        if not covered.span_ids:
            raise
        return ask(_all_of(covered.period))


def _all_of(period: Period) -> Covered:
    return Covered(period, (), (period,))


def of_key(definition_key: str | None) -> Where:
    """Of one SOP; or of each, one after the other, since that leads to a period in each index."""
    if definition_key is None:
        return lambda table: [table.c.definition_key.in_(select(process_definition.c.key))]
    return lambda table: [table.c.definition_key == definition_key]


def _measured(summed: _Summed, gap: Period, groups: Iterable[str], where: Where) -> Select[Any]:
    columns = summed.measures.c
    keys = [columns[name] for name in groups]
    return summed.lead.of(
        select(*keys, *(each.label(name) for name, each in summed.figures.items()))
        .where(*where(summed.measures), *within(columns.ended_at, gap))
        .group_by(*keys)
    )


def _tallied(summed: _Summed, covered: Covered, groups: Iterable[str], where: Where) -> Select[Any]:
    columns = summed.tally.c
    keys = [columns[name] for name in groups]
    return (
        select(*keys, *(_total(columns[name]).label(name) for name in summed.figures))
        .where(columns.span_id.in_(covered.span_ids), *where(summed.tally))
        .group_by(*keys)
    )


def _total(column: ColumnElement[Any]) -> ColumnElement[Any]:
    # PostgreSQL adds up whole numbers to a decimal one.
    return type_coerce(cast(func.sum(column), BigInteger), column.type)
