"""Messages and signals: which activities wait for them, and which messages wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Row,
    Select,
    exists,
    func,
    insert,
    or_,
    select,
    type_coerce,
    update,
)

from engine.errors import NotFound
from engine.model import EventSubscription, InstanceState, KeptMessage, KeptState
from engine.queries import EventSubscriptionQuery, KeptMessageQuery, Page
from engine.store.filters import Conditions, equal
from engine.store.kept_rows import of_table
from engine.store.tables import deployment, event_subscription, kept_message, process_instance
from engine.store.transaction import Transaction, paged

_FIRST_PAGE = Page()
_COLUMNS = event_subscription.c
_SORTING = {"created_at": _COLUMNS.created_at}
_KEPT_SORTING = {"received_at": kept_message.c.received_at, "name": kept_message.c.name}


class Messages(Transaction):
    """Questions about what waits for messages and signals."""

    def subscriptions(
        self, query: EventSubscriptionQuery, page: Page = _FIRST_PAGE
    ) -> list[EventSubscription]:
        """The subscriptions that match."""
        statement = paged(
            _of_instances(select(event_subscription), query),
            page,
            _SORTING,
            _COLUMNS.created_at,
            _COLUMNS.subscription_id,
        )
        return self._listed(
            statement, _subscription, _COLUMNS.instance_id, _COLUMNS.subscription_id
        )

    def count_subscriptions(self, query: EventSubscriptionQuery) -> int:
        """How many subscriptions match."""
        counting = select(func.count()).select_from(event_subscription)
        return self._number(_of_instances(counting, query))

    # ------------------------------------------------------------------ kept messages

    def kept_message(self, kept_id: str, *, for_change: bool = False) -> KeptMessage:
        """The kept message of that id, or NotFound.

        for_change: others who would change it wait until this transaction ends.
        """
        statement = select(kept_message).where(kept_message.c.kept_id == kept_id)
        if for_change:
            self._must_write()
            statement = statement.with_for_update()
        row = self._first(statement)
        if row is None:
            raise NotFound("kept message", kept_id)
        return _kept(row)

    def kept_messages(self, query: KeptMessageQuery, page: Page = _FIRST_PAGE) -> list[KeptMessage]:
        """The kept messages that match."""
        statement = paged(
            select(kept_message).where(*_kept_conditions(query)),
            page,
            _KEPT_SORTING,
            kept_message.c.received_at,
            kept_message.c.kept_id,
        )
        return self._listed(statement, _kept, kept_message.c.kept_id)

    def count_kept_messages(self, query: KeptMessageQuery) -> int:
        """How many match."""
        return self._number(
            select(func.count()).select_from(kept_message).where(*_kept_conditions(query))
        )

    def kept_to_look_at(
        self, *, before: datetime, slowest_step: timedelta, limit: int
    ) -> list[str]:
        """Ids of kept messages that wait and were last looked at before that moment.

        Or before something began to wait for the name, or before something was deployed. What a
        step writes can be seen only when it has ended: `slowest_step` after it began at most.
        """
        columns, slack = kept_message.c, slowest_step // timedelta(milliseconds=1)
        looked_at = type_coerce(columns.looked_at, BigInteger) - slack
        is_awaited = exists().where(
            _COLUMNS.kind == "message",
            _COLUMNS.name == columns.name,
            type_coerce(_COLUMNS.created_at, BigInteger) >= looked_at,
        )
        is_deployed = exists().where(type_coerce(deployment.c.deployed_at, BigInteger) >= looked_at)
        wanted = (
            select(columns.kept_id)
            .where(
                columns.state == KeptState.WAITING.value,
                or_(columns.looked_at < before, is_awaited, is_deployed),
            )
            .order_by(columns.received_at, columns.kept_id)
            .limit(limit)
        )
        return self._ids(wanted, columns.kept_id)

    def add_kept_message(self, kept: KeptMessage) -> None:
        """Keep a message."""
        self._write(insert(kept_message), [_kept_values(kept)])

    def put_kept_message(self, kept: KeptMessage) -> None:
        """Write how a kept message stands now."""
        self._write(
            update(kept_message)
            .where(kept_message.c.kept_id == kept.kept_id)
            .values(**_kept_values(kept))
        )


@of_table(event_subscription)
def _subscription(row: Row[Any]) -> EventSubscription:
    return EventSubscription(**row._mapping)


@of_table(kept_message)
def _kept(row: Row[Any]) -> KeptMessage:
    values = {**row._mapping, "state": KeptState(row.state), "documents": tuple(row.documents)}
    return KeptMessage(**values)


def _kept_values(kept: KeptMessage) -> dict[str, Any]:
    values = {column.name: getattr(kept, column.name) for column in kept_message.c}
    return {**values, "state": kept.state.value, "documents": list(kept.documents)}


def _kept_conditions(query: KeptMessageQuery) -> Conditions:
    state = query.state.value if query.state else None
    return [*equal(kept_message.c.name, query.name), *equal(kept_message.c.state, state)]


def _of_instances(statement: Select[Any], query: EventSubscriptionQuery) -> Select[Any]:
    if query.business_key is not None:
        statement = statement.join(
            process_instance, process_instance.c.instance_id == _COLUMNS.instance_id
        ).where(
            process_instance.c.business_key == query.business_key,
            process_instance.c.state == InstanceState.ACTIVE,
        )
    return statement.where(*_conditions(query))


def _conditions(query: EventSubscriptionQuery) -> Conditions:
    return [
        *equal(_COLUMNS.subscription_id, query.subscription_id),
        *equal(_COLUMNS.kind, query.kind),
        *equal(_COLUMNS.name, query.name),
        *equal(_COLUMNS.instance_id, query.instance_id),
        *equal(_COLUMNS.activity_id, query.activity_id),
    ]
