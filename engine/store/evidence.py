"""Packages of evidence: ordered, in whose hands, made; and the instances of a period."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, or_, select, update

from engine.errors import NotFound
from engine.model import EvidencePackage, ListedInstance, PackageState, Period
from engine.store.instances import INSTANCE_COLUMNS, instance_of
from engine.store.kept_rows import of_table
from engine.store.tables import evidence_package, listed_head, process_instance
from engine.store.transaction import Transaction

_P = evidence_package.c
_I = process_instance.c
#: All but the content, and whose hands it is in.
_COLUMNS = tuple(each for each in _P if each.name not in {"content", "held_by", "held_until"})


class Evidence(Transaction):
    """Questions about packages of evidence."""

    def add_package(self, new: EvidencePackage) -> None:
        """It is ordered."""
        self._write(
            insert(evidence_package),
            [
                {
                    "package_id": new.package_id,
                    "since": new.period.since,
                    "until": new.period.until,
                    "label": new.label,
                    "verifies": new.verifies,
                    "ordered_by": new.ordered_by,
                    "ordered_at": new.ordered_at,
                    "state": new.state.value,
                    "done": new.done,
                    "total": new.total,
                }
            ],
        )

    def package(self, package_id: str) -> EvidencePackage:
        """The package of that id. Raises NotFound."""
        row = self._first(select(*_COLUMNS).where(_P.package_id == package_id))
        if row is None:
            raise NotFound("evidence package", package_id)
        return _package_of(row)

    def packages(self, limit: int | None) -> list[EvidencePackage]:
        """The newest ones; None: all."""
        newest = select(*_COLUMNS).order_by(_P.ordered_at.desc(), _P.package_id)
        return self._listed(newest.limit(limit), _package_of, _P.package_id)

    def package_content(self, package_id: str) -> bytes | None:
        """The file; None before it is made, and when it could not be."""
        row = self._first(select(_P.content).where(_P.package_id == package_id))
        return None if row is None or row.content is None else bytes(row.content)

    def drop_packages(self, *, before: datetime) -> int:
        """Drop those that were ordered before that moment; how many."""
        return self._write(delete(evidence_package).where(_P.ordered_at < before))

    # --------------------------------------------------------------------- making

    def waiting_package(self, now: datetime) -> str | None:
        """The oldest one that is in nobody's hands; its id."""
        wanted = select(_P.package_id).where(_is_free(now)).order_by(_P.ordered_at)
        return next(iter(self._ids(wanted.limit(self._beyond_damaged(1)), _P.package_id)), None)

    def take_package(self, package_id: str, holder: str, *, now: datetime, until: datetime) -> bool:
        """It is in the holder's hands until then; False when somebody else was faster."""
        values = {
            "state": PackageState.MAKING.value,
            "held_by": holder,
            "held_until": until,
            "tries": _P.tries + 1,
        }
        return bool(
            self._write(
                update(evidence_package)
                .where(_P.package_id == package_id, _is_free(now))
                .values(**values)
            )
        )

    def note_package(
        self, package_id: str, holder: str, *, done: int, total: int, until: datetime
    ) -> bool:
        """So far it is; False when it is in the holder's hands no more."""
        return self._change(package_id, holder, done=done, total=total, held_until=until)

    def release_package(self, package_id: str, holder: str) -> bool:
        """It waits for another maker, as if it had not been begun; False when it was in the
        holder's hands no more.
        """
        return self._change(
            package_id,
            holder,
            state=PackageState.ORDERED.value,
            held_by=None,
            held_until=None,
            tries=_P.tries - 1,
        )

    def rest_package(self, package_id: str, holder: str, fault: str, *, until: datetime) -> bool:
        """It waits from then on; False when it was in the holder's hands no more."""
        state = PackageState.ORDERED.value
        return self._change(
            package_id, holder, state=state, held_by=None, held_until=until, fault=fault
        )

    def order_package_again(self, package_id: str, at: datetime) -> bool:
        """It failed and is ordered anew; False when it has not failed."""
        has_failed = _P.state == PackageState.FAILED.value
        values = {
            "state": PackageState.ORDERED.value,
            "ordered_at": at,
            "done": 0,
            "total": 0,
            "tries": 0,
            "finished_at": None,
            "fault": None,
        }
        statement = update(evidence_package).where(_P.package_id == package_id, has_failed)
        return bool(self._write(statement.values(**values)))

    def finish_package(
        self, package_id: str, holder: str, content: bytes, *, sha256: str, at: datetime
    ) -> bool:
        """It is made; False when it was in the holder's hands no more."""
        return self._change(
            package_id,
            holder,
            state=PackageState.DONE.value,
            content=content,
            size=len(content),
            sha256=sha256,
            finished_at=at,
            fault=None,
            held_by=None,
            held_until=None,
        )

    def fail_package(self, package_id: str, holder: str, fault: str, *, at: datetime) -> bool:
        """It cannot be made; False when it was in the holder's hands no more."""
        return self._change(
            package_id,
            holder,
            state=PackageState.FAILED.value,
            fault=fault,
            finished_at=at,
            held_by=None,
            held_until=None,
        )

    def _change(self, package_id: str, holder: str, **values: Any) -> bool:
        return bool(
            self._write(
                update(evidence_package)
                .where(_P.package_id == package_id, _P.held_by == holder)
                .values(**values)
            )
        )

    # ------------------------------------------------------------------ its instances

    def count_period_instances(self, period: Period, definition_keys: Collection[str]) -> int:
        """How many instances of these SOPs ran within the period, if only for a moment."""
        return self._number(
            select(func.count())
            .select_from(process_instance)
            .where(_ran_within(period, definition_keys))
        )

    def period_instances(
        self, period: Period, definition_keys: Collection[str], *, after: str, limit: int
    ) -> list[ListedInstance]:
        """Those after that id, by id, with the newest checkpoint that lists each."""
        rows = self._all(
            select(
                *INSTANCE_COLUMNS,
                listed_head.c.number.label("listed_in"),
                listed_head.c.sequence.label("listed_sequence"),
            )
            .select_from(
                process_instance.outerjoin(listed_head, listed_head.c.instance_id == _I.instance_id)
            )
            .where(_ran_within(period, definition_keys), _I.instance_id > after)
            .order_by(_I.instance_id)
            .limit(limit)
        )
        return [ListedInstance(instance_of(r), r.listed_in, r.listed_sequence) for r in rows]


def _is_free(now: datetime) -> ColumnElement[bool]:
    is_waiting = _P.state == PackageState.ORDERED.value
    return or_(
        and_(is_waiting, or_(_P.held_until.is_(None), _P.held_until <= now)),
        and_(_P.state == PackageState.MAKING.value, _P.held_until < now),
    )


def _ran_within(period: Period, definition_keys: Collection[str]) -> ColumnElement[bool]:
    return and_(
        _I.definition_key.in_(sorted(definition_keys)),
        _I.started_at < period.until,
        or_(_I.ended_at.is_(None), _I.ended_at >= period.since),
    )


@of_table(evidence_package)
def _package_of(row: Row[Any]) -> EvidencePackage:
    return EvidencePackage(
        package_id=row.package_id,
        period=Period(row.since, row.until),
        label=row.label,
        verifies=row.verifies,
        ordered_by=row.ordered_by,
        ordered_at=row.ordered_at,
        state=PackageState(row.state),
        done=row.done,
        total=row.total,
        finished_at=row.finished_at,
        size=row.size,
        sha256=row.sha256,
        fault=row.fault,
        tries=row.tries,
    )
