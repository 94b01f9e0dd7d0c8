"""Deliveries: what is on its way to whom, in whose hands it is, and the log of attempts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, or_, select, update

from engine.errors import DamagedRow, NotFound
from engine.model import (
    AnnouncementKind,
    Channel,
    Delivery,
    DeliveryAttempt,
    DeliveryFailure,
    DeliveryState,
)
from engine.queries import DeliveryQuery, Page
from engine.store.filters import Conditions, equal
from engine.store.kept_rows import of_table, readable
from engine.store.tables import delivery, delivery_attempt
from engine.store.transaction import Transaction, paged

_FIRST_PAGE = Page()
_C, _A = delivery.c, delivery_attempt.c
_SORTING = {name: _C[name] for name in ("delivery_id", "created_at", "due_at", "ended_at")}

#: All e-mail goes to one server, and so does all to the gateway: each counts as one receiver.
_RECEIVER = func.coalesce(_C.subscription_id, _C.channel)


class Deliveries(Transaction):
    """Questions about deliveries."""

    def add_deliveries(self, new: Sequence[Delivery]) -> None:
        """Put them on their way."""
        if new:
            self._write(insert(delivery), [_values(each) for each in new])

    def delivery(self, delivery_id: str, *, for_change: bool = False) -> Delivery:
        """The delivery of that id, or NotFound."""
        statement = select(delivery).where(_C.delivery_id == delivery_id)
        if for_change:
            self._must_write()
            statement = statement.with_for_update()
        with readable(f"the row of delivery {delivery_id}"):
            row = self._first(statement)
            if row is None:
                raise NotFound("delivery", delivery_id)
            return _delivery(row)

    def deliveries(self, query: DeliveryQuery, page: Page = _FIRST_PAGE) -> list[Delivery]:
        """The deliveries that match; the newest first unless the page wishes otherwise."""
        statement = select(delivery).where(*_conditions(query))
        order = (_C.created_at.desc(), _C.delivery_id)
        return self._listed(paged(statement, page, _SORTING, *order), _delivery, _C.delivery_id)

    def count_deliveries(self, query: DeliveryQuery) -> int:
        """How many deliveries match."""
        return self._number(select(func.count()).select_from(delivery).where(*_conditions(query)))

    def attempts(self, delivery_ids: Collection[str]) -> list[DeliveryAttempt]:
        """The attempts of these deliveries, in their order."""
        statement = (
            select(delivery_attempt)
            .where(_A.delivery_id.in_(sorted(delivery_ids)))
            .order_by(_A.delivery_id, _A.number)
        )
        return self._listed(statement, _attempt, _A.delivery_id, _A.number)

    # --------------------------------------------------------------- on the way

    def due_deliveries(
        self, now: datetime, limit: int, *, except_to: Collection[str] = ()
    ) -> list[tuple[str, str]]:
        """(id, receiver) of what may be sent now: of each receiver the one that waits longest.

        except_to: receivers that are being told something already.
        """
        turn = func.row_number().over(
            partition_by=_RECEIVER, order_by=(_C.due_at, _C.created_at, _C.sequence, _C.delivery_id)
        )
        free = (
            select(_C.delivery_id, _RECEIVER.label("receiver"), _C.due_at, turn.label("turn"))
            .where(_is_free(now), _RECEIVER.not_in(sorted(except_to)))
            .subquery()
        )
        first = (
            select(free.c.delivery_id, free.c.receiver)
            .where(free.c.turn == 1)
            .order_by(free.c.due_at, free.c.delivery_id)
            .limit(self._beyond_damaged(limit))
        )
        found = self._listed(first, lambda row: (row.delivery_id, row.receiver), free.c.delivery_id)
        return found[:limit]

    def take_delivery(
        self, delivery_id: str, *, now: datetime, until: datetime
    ) -> tuple[Delivery, DeliveryAttempt] | None:
        """Hold the delivery until then, and begin an attempt; None when it is not free any more.

        One that cannot be read is left alone until then.
        """
        self._must_write()
        statement = (
            select(delivery)
            .where(_C.delivery_id == delivery_id, _is_free(now))
            .with_for_update(skip_locked=True)
        )
        held = update(delivery).where(_C.delivery_id == delivery_id)
        try:
            with readable():
                row = self._first(statement)
                if row is None:
                    return None
                number = row.attempts + 1
                changes = {"attempts": number, "tries": row.tries + 1, "locked_until": until}
                taken = _delivery(row, **changes)
        except DamagedRow as error:
            # Left alone for as long as an attempt, it lets the next one to this receiver pass.
            self._write(held.values(locked_until=until))
            self._quarantine.take(f"a row of delivery (delivery_id {delivery_id})", str(error))
            return None
        self._write(held.values(**changes))
        attempt = DeliveryAttempt(delivery_id, number, now)
        self._write(insert(delivery_attempt), [_attempt_values(attempt)])
        return taken, attempt

    def update_attempt(self, told: DeliveryAttempt) -> None:
        """Write what became of an attempt."""
        self._write(
            update(delivery_attempt)
            .where(_A.delivery_id == told.delivery_id, _A.number == told.number)
            .values(**_attempt_values(told))
        )

    def update_delivery(self, changed: Delivery) -> None:
        """Keep the delivery as it is now."""
        of_id = _C.delivery_id == changed.delivery_id
        self._write(update(delivery).where(of_id).values(**_values(changed)))

    def drop_deliveries_to(self, subscription_id: str, now: datetime) -> int:
        """Nobody waits any more for what is on its way there; how many there were."""
        return self._write(
            update(delivery)
            .where(_C.subscription_id == subscription_id, _C.state == DeliveryState.PENDING.value)
            .values(state=DeliveryState.DROPPED.value, ended_at=now, locked_until=None)
        )

    def forget_deliveries(self, ended_before: datetime) -> int:
        """Delete what ended before then, with its attempts; how many deliveries."""
        old = _C.ended_at < ended_before
        its = select(_C.delivery_id).where(old)
        self._write(delete(delivery_attempt).where(_A.delivery_id.in_(its)))
        return self._write(delete(delivery).where(old))


def _is_free(now: datetime) -> ColumnElement[bool]:
    return and_(
        _C.state == DeliveryState.PENDING.value,
        _C.due_at <= now,
        or_(_C.locked_until.is_(None), _C.locked_until <= now),
    )


def _conditions(query: DeliveryQuery) -> Conditions:
    return [
        *equal(_C.delivery_id, query.delivery_id),
        *equal(_C.subscription_id, query.subscription_id),
        *equal(_C.channel, query.channel and query.channel.value),
        *equal(_C.state, query.state and query.state.value),
        *equal(_C.instance_id, query.instance_id),
    ]


@of_table(delivery)
def _delivery(row: Row[Any], **changes: Any) -> Delivery:
    return Delivery(
        **{
            **row._mapping,
            "channel": Channel(row.channel),
            "kind": AnnouncementKind(row.kind),
            "state": DeliveryState(row.state),
            **changes,
        }
    )


@of_table(delivery_attempt)
def _attempt(row: Row[Any]) -> DeliveryAttempt:
    failure = None if row.failure is None else DeliveryFailure(row.failure)
    return DeliveryAttempt(**{**row._mapping, "failure": failure})


def _values(each: Delivery) -> dict[str, Any]:
    values = {column.name: getattr(each, column.name) for column in _C}
    enums = {"channel": each.channel.value, "kind": each.kind.value, "state": each.state.value}
    return {**values, **enums, "facts": dict(each.facts)}


def _attempt_values(attempt: DeliveryAttempt) -> dict[str, Any]:
    values = {column.name: getattr(attempt, column.name) for column in _A}
    return {**values, "failure": attempt.failure and attempt.failure.value}
