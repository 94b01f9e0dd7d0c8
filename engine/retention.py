"""Retention: which ended instances have outlived the class of their SOP's records (JRA).

It lists them for the office's decision, and deletes nothing: histories are append-only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.bpmn.elements import ProcessModel
from engine.bpmn.retention_terms import Retention, RetentionError, retention_in
from engine.definitions import Definitions
from engine.model import Actor, InstanceState, ProcessDefinition, Role
from engine.permissions import require_role
from engine.queries import DefinitionQuery, InstanceQuery, Page, SortOrder
from engine.sources import Clock
from engine.spreadsheets import csv_text
from engine.store import Store

_ENDED = frozenset({InstanceState.COMPLETED, InstanceState.CANCELLED})
_OLDEST_FIRST = (("ended_at", SortOrder.ASC),)
#: Instances read at a time.
_BATCH = 500
#: Months and years differ in length: what ends so close to the limit is counted by its own day.
_MARGIN = timedelta(days=12)
_FIRST_DAY = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """An SOP and its class; None when its diagram names none."""

    definition: ProcessDefinition
    retention: Retention | None


@dataclass(frozen=True, slots=True)
class Outlived:
    """An instance whose retention is over."""

    instance_id: str
    business_key: str | None
    definition_key: str
    name: str
    code: str
    ended_on: date
    inactive_on: date
    over_on: date
    #: "musnah", "permanen" or "dinilai".
    fate: str


class RetentionSchedule:
    """What the office's retention schedule says of instances; for auditors and admins."""

    def __init__(
        self, store: Store, definitions: Definitions, clock: Clock, zone: ZoneInfo
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._clock = clock
        self._zone = zone

    def classes(self, *, actor: Actor) -> list[RetentionClass]:
        """The newest version of every SOP with its class, by key: it counts for older ones too.

        One whose file is damaged is left out.
        Raises Forbidden.
        """
        _require_reader(actor)
        query = DefinitionQuery(is_latest=True)
        found = self._definitions.models(query, actor=actor)
        return sorted(
            (RetentionClass(each, _class_of(model)) for each, model in found),
            key=lambda each: each.definition.key,
        )

    def outlived(self, *, actor: Actor) -> list[Outlived]:
        """The ended instances whose retention is over today, the longest over first.

        Retention counts from the day on which the instance ended. Raises Forbidden.
        """
        today = self.today()
        found = [
            row
            for each in self.classes(actor=actor)
            if each.retention is not None
            for row in self._of_class(each.definition, each.retention, today)
        ]
        return sorted(found, key=lambda row: (row.over_on, row.definition_key, row.instance_id))

    def today(self) -> date:
        """The day that it is at the office."""
        return self._clock.now().astimezone(self._zone).date()

    def _of_class(
        self, definition: ProcessDefinition, retention: Retention, today: date
    ) -> Iterator[Outlived]:
        query = InstanceQuery(
            definition_key=definition.key,
            states=_ENDED,
            ended_before=self._latest_end(retention, today),
        )
        with self._store.reading() as tx:
            total = tx.count_instances(query)
        # To the end by number: what cannot be read is left out, so that any page may be short.
        for first in range(0, total, _BATCH):
            with self._store.reading() as tx:
                batch = tx.instances(query, Page(first, _BATCH, _OLDEST_FIRST))
            for each in batch:
                ended_on = self._day(each.ended_at)
                if retention.over_on(ended_on) <= today:
                    yield Outlived(
                        instance_id=each.instance_id,
                        business_key=each.business_key,
                        definition_key=definition.key,
                        name=definition.name,
                        code=retention.code,
                        ended_on=ended_on,
                        inactive_on=retention.inactive_on(ended_on),
                        over_on=retention.over_on(ended_on),
                        fate=retention.fate,
                    )

    def _latest_end(self, retention: Retention, today: date) -> datetime:
        """No instance that ended after this has outlived the class."""
        length = retention.over_on(today) - today
        earliest = max(today - date.min - length, timedelta(0))
        day = date.min + min(earliest + _MARGIN, date.max - date.min)
        return datetime.combine(max(day, _FIRST_DAY), time.min, self._zone)

    def _day(self, moment: datetime | None) -> date:
        assert moment is not None  # noqa: S101 - an ended instance has an end
        return moment.astimezone(self._zone).date()


def _class_of(model: ProcessModel) -> Retention | None:
    try:
        return retention_in(model.properties)
    except RetentionError:
        return None  # deployed before such properties were checked


def _require_reader(actor: Actor) -> None:
    require_role(actor, "see what has outlived its retention", Role.AUDITOR, Role.ADMIN)


_HEADINGS = (
    "Kode JRA",
    "SOP",
    "Kunci berkas",
    "Berkas proses",
    "Selesai",
    "Inaktif sejak",
    "Retensi berakhir",
    "Nasib akhir",
)


def csv_of(rows: Iterable[Outlived]) -> str:
    """The rows for a spreadsheet (RFC 4180), with Indonesian headings."""
    return csv_text([_HEADINGS, *map(_cells, rows)])


def _cells(row: Outlived) -> tuple[str, ...]:
    days = (row.ended_on, row.inactive_on, row.over_on)
    texts = (row.code, row.name, row.business_key or "", row.instance_id)
    return (*texts, *map(date.isoformat, days), row.fate)
